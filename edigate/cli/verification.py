"""`edigate verify`: the integrity of packages, taken out of any archive, or of the whole store.

0 everything is intact, 1 something is broken, not proven or sealed by somebody else, 2 wrong usage, 3 not a package of
edigate.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from edigate import __version__, config
from edigate.cli.on_store import settings_file
from edigate.cli.packages import add_options, proofs
from edigate.cli.proofs import Words, as_json, line, show
from edigate.cli.who import actor
from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.store import EventKind, NewEvent, Store


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `verify`."""
    command.add_argument("files", nargs="*", metavar="FILE.pdf", type=Path)
    command.add_argument("--config", metavar="FILE", type=Path, help="this gateway's certificates; alone: its store")
    add_options(command)
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of the texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify everything named and return the highest status."""
    if not options.files:
        options.config = settings_file(options)
        if options.config is None:
            raise Misconfigured("USAGE", Words(options.lang).say("nothing_named"))
    words = Words(options.lang)
    console = Console(highlight=False)
    settings = config.load(options.config) if options.config is not None else None
    if not options.files and settings is not None:
        return _store(settings, options, words, console)
    status, shown = 0, []
    for proof in proofs(options, settings, words):
        status = max(status, proof.status(unsealed=options.unsealed))
        if options.json:
            shown.append(as_json(proof, unsealed=options.unsealed))
        else:
            show(proof, console, words, unsealed=options.unsealed)
    if options.json:
        _print({"edigate": __version__, "packages": shown})
    return status


def _store(settings: Settings, options: argparse.Namespace, words: Words, console: Console) -> int:
    """The whole store; what was found is recorded in its own chain."""
    if not settings.store.database and not (settings.data / "edigate.sqlite3").exists():
        raise Misconfigured("STORE", f"{settings.data} holds no store; is `data` in {options.config} right?")
    with (
        Store.open(settings.store.database or None, settings.data) as store,
        Progress(console=Console(stderr=True), transient=True, disable=options.json) as bar,
    ):
        task = bar.add_task(words.say("working"), total=None)
        found = list(store.verify(lambda seen, total: bar.update(task, completed=seen, total=total)))
        events, head = store.chain_head()
        kind = EventKind.INTEGRITY_VIOLATED if found else EventKind.VERIFIED
        subjects = tuple((f.code.lower(), f.subject) for f in found[:20])
        detail = (("by", actor()), ("problems", str(len(found))), ("head", head), *subjects)
        store.record(NewEvent(kind, detail=detail))
    if options.json:
        listed = [{"code": f.code, "subject": f.subject, "message": f.message} for f in found]
        _print(
            {"edigate": __version__, "store": {"intact": not found, "events": events, "head": head, "problems": listed}}
        )
    elif found:
        line(console, words.say("store"), words.say("store_broken", count=len(found)), "bold red")
        for one in found:
            line(console, "", f"{one.code}: {one.message}")
    else:
        line(console, words.say("store"), words.say("store_intact", events=events, head=head), "bold green")
    return 1 if found else 0


def _print(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=1))
