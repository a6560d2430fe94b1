"""Measurements: what modelyard costs, as ratios against named peers. Nothing here passes or fails."""
