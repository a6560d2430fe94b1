"""The service over HTTP: one method for each REST operation, and what waits for those that take long."""
