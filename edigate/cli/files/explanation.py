"""`edigate explain`: a rule's law, meaning and example, or where a term of an invoice came from."""

import argparse
import json
from dataclasses import asdict
from importlib import import_module

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edigate.checks.explain import Explanation, explain
from edigate.cli.options import add_conditions
from edigate.invoice.terms import name
from edigate.report.sentences import Sentences


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `explain`."""
    command.add_argument("what", metavar="RULE|FILE")
    command.add_argument(
        "--term", metavar="BT", help="a business term of FILE, e.g. BT-31, or a group, e.g. BG-4"
    )
    add_conditions(command)
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain."""
    console = Console(highlight=False)
    if options.term is None:
        told = explain(options.what, options.lang)
        if options.json:
            print(json.dumps(asdict(told), ensure_ascii=False, indent=1))
        else:
            _rule(console, told, options.lang)
        return 0
    # only here, because a rule is explained without reading messages, which takes longer to load
    status: int = import_module("edigate.cli.files.provenance").run(options)
    return status


def _rule(console: Console, told: Explanation, language: str) -> None:
    words = Sentences(language)
    console.print(Text(f"{told.rule}  {told.title}", style="bold"))
    weight = words.say(told.severity.value)
    if told.least is not told.severity:
        weight += f" ({words.say('least')}: {words.say(told.least.value)})"
    rows = (
        (words.say("law"), told.law),
        (words.say("weight"), f"{weight}, {words.say('class_' + told.category.value)}"),
        (words.say("terms"), ", ".join(f"{t} {name(t, language)}" for t in told.terms)),
        (words.say("meaning"), told.meaning),
        (words.say("expected"), told.example),
        (words.say("curable"), told.curable),
        (words.say("partner"), told.partner),
    )
    for label, value in rows:
        if value:
            console.print(
                Padding(Text(f"{label}: ", style="dim").append(value, style="none"), (0, 0, 0, 2))
            )
