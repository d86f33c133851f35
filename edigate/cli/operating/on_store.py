"""What the commands on a store have in common: which settings and store, who does it and why."""

import argparse
import sys
from pathlib import Path

from edigate import config
from edigate.actions.acting import Who
from edigate.actions.scope import Scope
from edigate.cli import columns
from edigate.cli.columns import show
from edigate.cli.operating.who import actor
from edigate.config import Settings, Whereabouts
from edigate.config.places import USUAL, VARIABLE
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.store import Store

__all__ = [
    "SCOPE",
    "add_list_options",
    "add_options",
    "add_reason",
    "name_settings",
    "opened_store",
    "settings_file",
    "settings_of",
    "show",
    "store_of",
    "who",
]

SCOPE = Scope.everything()
"""Who may read the store's files sees all of it anyway."""


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of every command on a running store: which settings, and JSON instead of text."""
    _add_settings(command)
    command.add_argument("--json", action="store_true", help="print JSON")


def add_list_options(command: argparse.ArgumentParser, limit: int | None = columns.MOST) -> None:
    """The same of those that print a list: which settings, how it is shown and how much of it."""
    _add_settings(command)
    columns.add_list_options(command, limit)


def _add_settings(command: argparse.ArgumentParser) -> None:
    usual = ", ".join(str(file) for file in USUAL)
    command.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"the gateway's settings; absent: ${VARIABLE}, {usual}",
    )


def add_reason(command: argparse.ArgumentParser) -> None:
    """Why it is done; which acts need it is the store's to say."""
    command.add_argument(
        "--reason", default="", help="why; recorded in the audit chain with who does it"
    )


def who(options: argparse.Namespace) -> Who:
    """Who acts, as the kernel knows it, and the reason given."""
    return Who(actor(), getattr(options, "reason", ""))


def settings_file(options: argparse.Namespace) -> Path | None:
    """The settings that the command is about, named on standard error unless `--config` did; None:
    there are none."""
    found = config.whereabouts(options.config)
    if found is None:
        return None
    name_settings(found)
    return found.file


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the command is about. Raises: Misconfigured, also where there are none."""
    file = settings_file(options)
    if file is None:
        usual = " nor ".join(str(place) for place in USUAL)
        raise Misconfigured(
            "CONFIG",
            f"name the settings with --config FILE or {VARIABLE}: there is neither {usual}",
        )
    return config.load(file)


def name_settings(found: Whereabouts) -> None:
    """Say on standard error which settings are used, unless the caller named them."""
    if not found.said:
        print(f"edigate: settings of {printable(str(found.file))} ({found.why})", file=sys.stderr)


def opened_store(options: argparse.Namespace) -> Store:
    """The store of the command's settings; Raises: Misconfigured like `settings_of` and
    `store_of`."""
    return store_of(settings_of(options))


def store_of(settings: Settings) -> Store:
    """The store of the settings; it must be there, for a mistyped folder would look like an empty
    gateway."""
    if not settings.store.database and not (settings.data / "edigate.sqlite3").exists():
        raise Misconfigured(
            "NO-STORE",
            f"no store in {settings.data}; `data` is wrong, or edigate was never started",
        )
    return Store.open(settings.store.database or None, settings.data)
