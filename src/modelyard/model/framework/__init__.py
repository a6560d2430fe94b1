"""One module for each framework: what it saves with, and what it can tell of a model."""
