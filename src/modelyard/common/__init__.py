"""What the reference keeps under ``common``: who talks to the service."""
