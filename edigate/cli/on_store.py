"""What the commands on a store have in common: the store, who does it, how rows are shown."""

import argparse
import getpass
import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from edigate import config
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.store import Store


def opened_store(options: argparse.Namespace) -> Store:
    """The store of the settings; it must be there, for a mistyped folder would look like an empty gateway."""
    settings = config.load(options.config)
    if not settings.store.database and not (settings.data / "edigate.sqlite3").exists():
        raise Misconfigured("NO-STORE", f"no store in {settings.data}; `data` is wrong, or edigate was never started")
    return Store.open(settings.store.database or None, settings.data)


def actor() -> str:
    """Who does it, for the audit chain: the login name, or the user number where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def show(options: argparse.Namespace, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people, or with --json an array of objects."""
    shown = [[_plain(cell) for cell in row] for row in rows]
    if options.json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in shown], ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in shown:
        table.add_row(*(printable(cell).replace("[", r"\[") for cell in row))
    Console(highlight=False).print(table)


def _plain(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return "" if cell is None else str(cell)
