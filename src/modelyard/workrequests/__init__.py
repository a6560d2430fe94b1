"""Work requests: what goes on after an operation was answered."""
