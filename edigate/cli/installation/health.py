"""`edigate doctor` and `edigate selftest`: what is wrong before it hurts, and proof that the
program works."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.text import Text

from edigate import config
from edigate.cli.installation.configuration import deeper
from edigate.cli.operating.on_store import add_options, settings_file
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.pipeline import Engines
from edigate.service.health.diagnosis import Diagnosis, Level, fail, ok, warn
from edigate.service.health.doctor import deployment, program
from edigate.service.health.selftest import selftest

_STYLE = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of `doctor` and `selftest`."""
    if name == "doctor":
        add_options(command)
    else:
        command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_doctor if name == "doctor" else _selftest)


def _doctor(options: argparse.Namespace) -> int:
    return 2 if Level.FAIL in _show(_diagnoses(settings_file(options)), options.json) else 0


def _selftest(options: argparse.Namespace) -> int:
    return 4 if Level.FAIL in _show(selftest(Engines.start()), options.json) else 0


def _diagnoses(file: Path | None) -> Iterator[Diagnosis]:
    if file is None:
        yield ok(
            "config", "none given: only the program is looked at; `--config FILE` looks at the rest"
        )
        yield from program()
        return
    try:
        settings = config.load(file)
    except Misconfigured as error:
        for line in error.message.splitlines():
            yield fail("config", line, "`edigate config example` shows every key")
        yield from program()
        return
    problems = deeper(settings)
    for problem in problems:
        yield fail("config", problem, "mend it; `edigate config check` looks again")
    for warning in config.warnings(settings):
        yield warn("config", warning, "mend it if it is not meant so")
    if not problems:
        yield ok("config", f"{file}: {len(settings.tenant)} tenant(s)")
    yield from chain(
        program(settings.validation.engine, settings.validation.allow_unknown_artefacts),
        deployment(settings),
    )


def _show(diagnoses: Iterable[Diagnosis], as_json: bool) -> set[Level]:
    """Print one line each as they come (or all as JSON); which levels there were."""
    seen: list[Diagnosis] = []
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    for diagnosis in diagnoses:
        seen.append(diagnosis)
        if not as_json:
            line = Text(f"{diagnosis.level.value:<5}", style=_STYLE[diagnosis.level])
            line.append(f"{diagnosis.topic}: {printable(diagnosis.message)}", style="none")
            if diagnosis.cure:
                line.append(f" → {printable(diagnosis.cure)}", style="dim")
            console.print(line, soft_wrap=True)
    levels = {d.level for d in seen}
    if as_json:
        worst = max(levels, key=list(Level).index, default=Level.OK)
        print(
            json.dumps(
                {"result": worst, "diagnoses": [asdict(d) for d in seen]},
                ensure_ascii=False,
                indent=1,
            )
        )
    return levels
