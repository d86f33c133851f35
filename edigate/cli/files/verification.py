"""`edigate verify`: the integrity of packages, taken out of any archive, or of the whole store.

0 everything is intact, 1 something is broken, not proven or sealed by somebody else, 2 wrong usage,
3 not a package of edigate.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from edigate import __version__, config
from edigate.cli.files.packages import add_options, proofs
from edigate.cli.files.proofs import ProofWords, as_json, show
from edigate.cli.operating import evidence
from edigate.cli.operating.on_store import settings_file
from edigate.errors import Misconfigured


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `verify`."""
    command.add_argument("files", nargs="*", metavar="FILE.pdf", type=Path)
    command.add_argument(
        "--config", metavar="FILE", type=Path, help="this gateway's certificates; alone: its store"
    )
    add_options(command)
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of the texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    evidence.add_store_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify everything named and return the highest status."""
    if not options.files:
        options.config = settings_file(options)
        if options.config is None:
            raise Misconfigured("USAGE", ProofWords(options.lang).say("nothing_named"))
    words = ProofWords(options.lang)
    console = Console(highlight=False)
    settings = config.load(options.config) if options.config is not None else None
    if not options.files and settings is not None:
        return evidence.prove(settings, options)
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


def _print(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=1))
