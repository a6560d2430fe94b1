"""Modules of modelyard, as `ads.common`."""
