"""All figures of edigate, each part in a process of its own, as plain tables to be pasted into a
note.

python -m tests.bench [--quick] [PART ...]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from tests.bench.table import machine


@dataclass(frozen=True, slots=True)
class Part:
    """One program of this folder; quick: what it takes to be short, whole: what it takes
    otherwise."""

    about: str
    quick: tuple[str, ...] = ("--quick",)
    whole: tuple[str, ...] = ()


PARTS = {
    "stages": Part("CPU of every stage of an invoice"),
    "throughput": Part("invoices per second from SMTP to POP3, memory under load"),
    "memory": Part("memory of an idle gateway"),
    "large": Part("edigate check of large files"),
    "edifact": Part("the EDIFACT reader: envelope, messages, streams"),
    "validation": Part("XSD and both Schematron engines", ("--seconds", "0.2")),
    "page": Part(
        "the page and the PDF/A-3", ("--without-others", "--rounds", "5"), ("--without-others",)
    ),
    "seal": Part("the seal", ()),
    "store": Part("accepting, converting, fetching", ("--count", "400")),
    "mail": Part("SMTP and POP3 without a store", ()),
    "anchors": Part("what others take for a page"),
}


def run(name: str, *, quick: bool) -> int:
    """Run one part; its exit status, 0 also when the part is not there (which is said)."""
    part = PARTS[name]
    print(f"\n== {name}: {part.about}", flush=True)
    if find_spec(f"tests.bench.{name}") is None:
        print(f"SKIPPED {name}: there is no such program here")
        return 0
    start = time.monotonic()
    arguments = part.quick if quick else part.whole
    status = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{name}", *arguments], check=False
    ).returncode
    print(f"({name}: {'FAILED' if status else 'ok'}, {time.monotonic() - start:.0f} s)", flush=True)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 when a part failed."""
    listed = "\n".join(f"  {name:12}{part.about}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=f"{__doc__}\nparts:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", metavar="PART", help="absent: all")
    parser.add_argument("--quick", action="store_true", help="shorter runs, less exact")
    options = parser.parse_args(arguments)
    if unknown := set(options.part) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(machine())
    failed = [name for name in options.part or PARTS if run(name, quick=options.quick)]
    print(f"\n{machine()}")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
