"""Search over the resources of every kind."""
