"""The conventions of the OCI REST API, each in one place."""
