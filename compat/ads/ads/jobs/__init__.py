"""Modules of modelyard, as `ads.jobs`."""
