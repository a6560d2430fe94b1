"""Run the command line: ``python -m modelyard``."""

from __future__ import annotations

import sys

from modelyard.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
