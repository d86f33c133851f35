"""The command line."""

import sys


def main() -> int:
    """Entry point of `edigate`."""
    sys.stderr.write("edigate is being built\n")
    return 4
