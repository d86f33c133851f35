"""Options that several commands share; light, because every command loads it before it knows what
it has to do."""

import argparse
from pathlib import Path

GREATEST = 10**18
"""No number from the command line goes beyond it to a database, which holds 64 bits."""


def add_conditions(command: argparse.ArgumentParser) -> None:
    """The options that say under which conditions messages are read and judged."""
    command.add_argument("--partners", metavar="CSV", type=Path, help="master data by GLN")
    command.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="judge as this gateway would for its tenant (see --tenant)",
    )
    command.add_argument(
        "--tenant", metavar="ACCOUNT", help="which tenant of --config; needed where it has several"
    )


def row_number(text: str) -> int:
    """The number of a delivery, a job or a version; what no database can hold is refused."""
    number = int(text)
    if abs(number) > GREATEST:
        raise argparse.ArgumentTypeError(f"there is no number {text}")
    return number
