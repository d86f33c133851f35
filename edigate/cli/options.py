"""Options that several commands share; light, because every command loads it before it knows what
it has to do."""

import argparse
from pathlib import Path


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
