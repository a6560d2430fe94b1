"""Deployments: what is wanted, what runs, and the loop that makes the one out of the other."""
