"""The nouns both sides of the wire speak, as frozen records."""
