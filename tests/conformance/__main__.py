"""Every package edigate can make, before every validator there is; the last word is a table, exit 1
on any failure.

    python -m tests.conformance [--quick] [--mutations N]

veraPDF, Mustang and the CEN rules come from Maven Central at the first run. What cannot be had is
skipped, loudly.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance import documents, independent, mustang, verapdf
from tests.conformance.documents import Specimen
from tests.conformance.maven import Unavailable

MUTATIONS = 10_000
_SHOWN = 5
"""Complaints printed of each check."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a validator says. judged: how many files; complaints: by what they are about; skipped:
    why it is silent."""

    name: str
    judged: int = 0
    complaints: tuple[str, ...] = ()
    note: str = ""
    skipped: str = ""
    seconds: float = 0.0

    @property
    def word(self) -> str:
        """The outcome in one word."""
        return (
            "SKIPPED"
            if self.skipped
            else "FAILED"
            if self.complaints or not self.judged
            else "passed"
        )


@dataclass(frozen=True, slots=True)
class Check:
    """A validator: ask it and it answers with the number of files judged, the complaints, and a
    remark."""

    name: str
    ask: Callable[[], tuple[int, Sequence[str], str]]

    def opinion(self) -> Opinion:
        """Ask."""
        start = time.monotonic()
        try:
            judged, complaints, note = self.ask()
        except Unavailable as reason:
            return Opinion(self.name, skipped=str(reason), seconds=time.monotonic() - start)
        return Opinion(self.name, judged, tuple(complaints), note, seconds=time.monotonic() - start)


def checks(specimens: Sequence[Specimen], folder: Path, mutations: int) -> list[Check]:
    """All of them, for these packages; the longest first."""
    packages = [s.path for s in specimens]
    lawful = [s for s in specimens if s.valid]
    xmls = independent.extracted((s for s in lawful if not s.sealed), folder)

    def pdf(flavour: str) -> tuple[int, Sequence[str], str]:
        return _all(verapdf.validate(packages, flavour))

    def by_mustang() -> tuple[int, Sequence[str], str]:
        found = mustang.validate([s.path for s in lawful])
        return _tolerant({s.path: found[s.path] for s in lawful}, {s.path: s.xml for s in lawful})

    def by_rules(stylesheet: Callable[[], Path]) -> tuple[int, Sequence[str], str]:
        return _tolerant(
            independent.rules(stylesheet(), list(xmls)), {path: path.read_bytes() for path in xmls}
        )

    def by_schema() -> tuple[int, Sequence[str], str]:
        return _all(
            {s.path: independent.schema(s.xml) for s in specimens if s.schema and not s.sealed}
        )

    return [
        Check("fast engine = official engine", lambda: equality(mutations)),
        Check(f"Mustang {mustang.VERSION}", by_mustang),
        *(
            Check(f"veraPDF {verapdf.VERSION}, {flavour}", lambda flavour=flavour: pdf(flavour))  # type: ignore[misc]
            for flavour in verapdf.FLAVOURS
        ),
        Check("official Schematron, as shipped", lambda: by_rules(independent.official_sheet)),
        Check(
            f"CEN EN 16931 CII {independent.CEN}",
            lambda: by_rules(lambda: independent.cen_sheet(folder)),
        ),
        Check("official XSD", by_schema),
        Check("embedded files", lambda: _all({s.path: independent.embedded(s) for s in specimens})),
    ]


def equality(mutations: int) -> tuple[int, Sequence[str], str]:
    """Both engines on mutated invoices, in a process of their own: an engine can abort it."""
    command = [
        sys.executable,
        "-m",
        "tests.conformance.schematron_equality",
        "--mutations",
        str(mutations),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    said = run.stdout.splitlines()
    if run.returncode == 0 and said:
        return mutations, (), said[-1].partition(": ")[2]
    return mutations, said or [f"ended with {run.returncode}: {run.stderr[-500:]}"], ""


def _all(found: Mapping[Path, Sequence[str]]) -> tuple[int, Sequence[str], str]:
    return (
        len(found),
        [f"{path.name}: {said}" for path, complaints in found.items() for said in complaints],
        "",
    )


def _tolerant(
    found: Mapping[Path, Sequence[str]], xmls: Mapping[Path, bytes]
) -> tuple[int, Sequence[str], str]:
    """As `_all`, without the warning that no invoice without a delivery can avoid."""
    left = {
        path: independent.nothing_to_say(xmls[path], complaints)
        for path, complaints in found.items()
    }
    avoided = sum(len(found[path]) - len(left[path]) for path in found)
    judged, complaints, _ = _all(left)
    note = (
        f"{avoided} times PEPPOL-EN16931-R008: the XSD demands an empty delivery" if avoided else ""
    )
    return judged, complaints, note


def table(opinions: Iterable[Opinion]) -> Table:
    """The last word."""
    shown = Table(title="Conformance", title_justify="left")
    for heading, justify in (
        ("check", "left"),
        ("judged", "right"),
        ("complaints", "right"),
        ("s", "right"),
    ):
        shown.add_column(heading, justify=justify)  # type: ignore[arg-type]
    shown.add_column("outcome")
    shown.add_column("remark", overflow="fold")
    colours = {"passed": "green", "FAILED": "red", "SKIPPED": "yellow"}
    for o in opinions:
        word = f"[{colours[o.word]}]{o.word}[/]"
        shown.add_row(
            o.name, str(o.judged), str(len(o.complaints)), f"{o.seconds:.1f}", word, o.note
        )
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, ask, print; 0 when nobody complains."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument(
        "--mutations",
        type=int,
        default=MUTATIONS,
        help="documents for the comparison of the engines",
    )
    parser.add_argument("--quick", action="store_true", help="a few packages and 200 mutations")
    options = parser.parse_args(arguments)
    mutations = min(options.mutations, 200) if options.quick else options.mutations
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        specimens = documents.made(folder, quick=options.quick)
        kinds = (
            f"{sum(s.valid for s in specimens)} of valid invoices, "
            f"{sum(s.sealed for s in specimens)} sealed"
        )
        console.print(f"{len(specimens)} packages made, {kinds}")
        with ThreadPoolExecutor(2) as both:  # each check is a process of its own: one for each core
            opinions = list(both.map(Check.opinion, checks(specimens, folder, mutations)))
    for opinion in opinions:
        for complaint in opinion.complaints[:_SHOWN]:
            console.print(f"{opinion.name}: {complaint}", markup=False)
        if len(opinion.complaints) > _SHOWN:
            console.print(f"{opinion.name}: and {len(opinion.complaints) - _SHOWN} more")
    console.print(table(opinions))
    for opinion in opinions:
        if opinion.skipped:
            console.print(
                f"SKIPPED {opinion.name}: {opinion.skipped}", markup=False, style="bold yellow"
            )
    return 1 if any(opinion.word == "FAILED" for opinion in opinions) else 0


if __name__ == "__main__":
    sys.exit(main())
