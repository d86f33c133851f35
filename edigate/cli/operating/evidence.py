"""`edigate verify --config FILE` for a whole store, and `edigate head`: evidence of the store, and
what anchors it."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from edigate import __version__
from edigate.actions import proving
from edigate.cli.operating.on_store import add_options, settings_of, store_of, who
from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.resources import template, toml
from edigate.service.sealing import heads
from edigate.service.sealing.heads import Head
from edigate.store import Problem

_LABEL = 14
_SHOWN = 200
"""Problems shown on a terminal; a store that lost a table has as many as it had rows."""


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `head`."""
    add_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the head; keep it where this machine's administrators cannot write."""
    settings = settings_of(options)
    with store_of(settings) as store:
        head = proving.head(store, settings)
    if options.json:
        print(json.dumps(heads.as_json(head), ensure_ascii=False, indent=1))
    else:
        sys.stdout.write(heads.as_text(head))
    return 0


def add_store_options(command: argparse.ArgumentParser) -> None:
    """Options of `verify` that are about the store."""
    what = "a head printed or mailed before, to compare the chain with; may be repeated"
    command.add_argument(
        "--head", metavar="FILE", type=Path, action="append", default=[], help=what
    )
    command.add_argument(
        "--data", metavar="DIR", type=Path, help="a copy of the data folder; it is only read"
    )
    command.add_argument(
        "--read-only", action="store_true", help="write nothing into the store, not even the event"
    )


def prove(settings: Settings, options: argparse.Namespace) -> int:
    """Prove the whole store; what was found is recorded in its own chain, unless it is only
    read."""
    if options.data is not None:
        settings = settings.model_copy(update={"data": options.data})
    given = [heads.read(_bytes(file), str(file)) for file in options.head]
    copy = options.data is not None
    bar = Progress(console=Console(stderr=True), transient=True, disable=options.json)
    with proving.opened(settings, copy=copy, read_only=options.read_only) as store, bar:
        task = bar.add_task(_word("working", options.lang), total=None)
        evidence = proving.prove(
            store,
            settings,
            who(options),
            given,
            lambda seen, total: bar.update(task, completed=seen, total=total),
        )
    if options.json:
        _print_json(evidence)
    else:
        _print_text(evidence, given, options.lang)
    return 0 if evidence.intact else 1


def sentence(found: Problem, language: str) -> str:
    """A problem for people. language: `de` or `en`."""
    values = {"subject": found.subject, **dict(found.values)}
    if table := values.get("table"):
        values["thing"] = _texts()["thing"][table][language]
    if found.subject == "chain head":
        values["subject"] = ""
    elif language == "de" and found.subject.startswith("event "):
        values["subject"] = found.subject.replace("event", "Ereignis", 1)
    text = _texts()["problem"][found.why][language].format_map(
        {k: printable(v) for k, v in values.items()}
    )
    if found.code in ("SETTINGS", "SCHEMA"):  # begins with the name of a file or table
        return text
    return text[:1].upper() + text[1:]


def _word(key: str, language: str, **values: object) -> str:
    return _texts()["word"][key][language].format_map(values)


@cache
def _texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return toml(template("evidence.toml"))


def _print_json(evidence: proving.Evidence) -> None:
    store = {
        "intact": evidence.intact,
        "events": evidence.events,
        "head": evidence.head,
        "problems": [_as_json(p) for p in evidence.found],
        "notes": [_as_json(p) for p in evidence.notes],
    }
    print(json.dumps({"edigate": __version__, "store": store}, ensure_ascii=False, indent=1))


def _as_json(found: Problem) -> Mapping[str, Any]:
    texts = {language: sentence(found, language) for language in ("de", "en")}
    return {"code": found.code, "subject": found.subject, "message": texts}


def _print_text(evidence: proving.Evidence, given: Sequence[Head], lang: str) -> None:
    found = evidence.found
    console = Console(highlight=False)
    store = _word("store", lang)
    if found:
        _line(console, store, _word("broken", lang, count=len(found)), "bold red")
    else:
        _line(
            console,
            store,
            _word("intact", lang, events=str(evidence.events), head=evidence.head),
            "bold green",
        )
    for one in islice(found, _SHOWN):
        _line(console, "", f"{one.code}: {sentence(one, lang)}")
    if len(found) > _SHOWN:
        _line(console, "", _word("more", lang, count=len(found) - _SHOWN))
    for head in given if not any(p.code == "HEAD" for p in found) else ():
        said = {"seq": head.anchor.seq, "at": head.anchor.at}
        _line(console, _word("head", lang), _word("head_holds", lang, **said), "green")
    for one in evidence.notes:
        _line(console, _word("note", lang), sentence(one, lang), "yellow")


def _line(console: Console, label: str, text: str, style: str = "") -> None:
    console.print(
        Text(f"  {label:<{_LABEL}} ").append(printable(text), style=style), soft_wrap=True
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None
