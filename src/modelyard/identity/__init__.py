"""Who and where: the user, tenancy, compartment and region of an installation."""
