"""Run a gateway: ``python -m modelyard.gateway``."""

from modelyard.gateway.main import main

if __name__ == "__main__":
    main()
