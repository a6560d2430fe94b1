"""The door: answers predictions by itself, from replicas it finds in the routes, and hands the rest to the service."""
