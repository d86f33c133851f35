"""The command line: arguments -> one function per command -> exit status.

0 fine, 1 an INVOIC is not valid, 2 wrong usage or settings, 3 an input cannot be read as EDIFACT, 4 internal error.
"""

import argparse
import sys
from collections.abc import Sequence

from edigate import __version__
from edigate.cli import (
    check,
    configuration,
    demonstration,
    explanation,
    health,
    operation,
    partners,
    serving,
    verification,
)
from edigate.errors import EdigateError

_COMMANDS = (check, serving, demonstration, operation, partners, explanation, configuration, health, verification)


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="edigate", description="EDIFACT invoices -> validated, archivable ZUGFeRD / Factur-X PDF/A-3 packages."
    )
    top.add_argument("--version", action="version", version=f"edigate {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        options = parser().parse_args(arguments)
    except SystemExit as leaving:  # argparse has said why; its 2 is ours too
        return int(leaving.code or 0)
    try:
        return int(options.run(options))
    except EdigateError as error:
        print(f"edigate: {error.message}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing to say to anybody
        return 4
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001  (one command; a defect must not end with 1, which says "not valid")
        sys.excepthook(*sys.exc_info())
        return 4
