"""Logs: groups of them, their entries, the search in these, and what collects them."""
