"""`python -m pixelwise`."""

from __future__ import annotations

from pixelwise.cli import main

if __name__ == "__main__":
    main()
