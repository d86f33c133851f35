"""`edigate reload`: have the daemon of a data folder read its settings again, with who asked and
why in the chain."""

import argparse

from edigate.actions.rereading import reload
from edigate.cli.operating.on_store import add_options, add_reason, settings_of, show, store_of, who


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `reload`."""
    add_reason(command)
    add_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, and say what came of it: 0 taken, 2 refused (the old settings stay in force)."""
    settings = settings_of(options)
    with store_of(settings) as store:
        done = reload(store, settings.data, who(options))
    detail = dict(done.detail)
    show(
        options,
        ("pid", "result", "changed"),
        [(detail["pid"], detail["result"], detail.get("changed", ""))],
    )
    return 0 if detail["result"] == "taken" else 2
