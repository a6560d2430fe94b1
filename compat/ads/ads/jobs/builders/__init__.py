"""Modules of modelyard, as `ads.jobs.builders`."""
