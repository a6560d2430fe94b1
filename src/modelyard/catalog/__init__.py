"""The catalog: projects, models, their provenance and their artifacts."""
