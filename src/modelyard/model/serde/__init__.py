"""Serializers by name, and of one's own: how models become files, and how data is sent."""
