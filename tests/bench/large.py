"""`edigate check` of a large file: time, CPU and the largest memory of the process.

    python -m tests.bench.large [--megabytes N] [--invoices PERCENT] [--quick] [-- OPTION ...]

Invoices of 10 to 150 lines, every tenth held, between orders; OPTION goes to `edigate check`
(absent: --json).
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.table import table
from tests.generate import BUYER, SELLER, invoice


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds, CPU seconds and peak RSS in MiB (Linux) of one check."""

    invoices: int
    messages: int
    seconds: float
    cpu: float
    peak: float


def orders(lines: int, reference: str) -> bytes:
    """A message that is no invoice."""
    body = "".join(
        f"LIN+{n}++4012345000009:EN'\nQTY+21:{n}:PCE'\nPRI+AAA:{n}.50'\n"
        for n in range(1, lines + 1)
    )
    text = (
        f"UNH+{reference}+ORDERS:D:96A:UN:EAN008'\nBGM+220+B-{reference}+9'\n"
        f"DTM+137:20261015:102'\n{body}UNS+S'\n"
    )
    return f"{text}UNT+{text.count(chr(39)) + 1}+{reference}'\n".encode("ascii")


def write(file: Path, size: int, share: int) -> tuple[int, int]:
    """An interchange of at least `size` bytes, `share` percent of its messages invoices; how many
    of them, and all."""
    chance = random.Random(4)
    invoices = messages = 0
    with file.open("wb") as out:
        out.write(
            f"UNA:+.? '\nUNB+UNOC:3+{SELLER}:14+{BUYER}:14+261015:0930+IC1'\n".encode("ascii")
        )
        while out.tell() < size:
            messages += 1
            lines, name = chance.randint(10, 150), str(messages)
            if chance.randrange(100) < share:
                invoices += 1
                out.write(invoice(lines, f"RE-{name}", reference=name, tax_id=invoices % 10 != 0))
            else:
                out.write(orders(lines, name))
        out.write(f"UNZ+{messages}+IC1'\n".encode("ascii"))
    return invoices, messages


def run(megabytes: int, share: int, options: Sequence[str]) -> Run:
    """Write the file, check it, remove it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.edi"
        invoices, messages = write(file, megabytes * 1_000_000, share)
        start = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "edigate",
            "check",
            str(file),
            "--today",
            "2026-10-15",
            *options,
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise RuntimeError(f"edigate ended with {process.returncode}")
        seconds = time.perf_counter() - start
        return Run(
            invoices, messages, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.large")
    parser.add_argument("--megabytes", type=int, nargs="+")
    parser.add_argument("--invoices", type=int, default=100, metavar="PERCENT")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("options", nargs="*")
    given = parser.parse_args(arguments)
    rows = []
    for megabytes in given.megabytes or ((2,) if given.quick else (10, 38)):
        found = run(megabytes, given.invoices, given.options or ["--json"])
        rows.append(
            (megabytes, found.messages, found.invoices, found.seconds, found.cpu, found.peak)
        )
    headings = ("MB", "messages", "invoices", "s", "CPU s", "peak MiB")
    print(table("edigate check of large files", headings, rows))


if __name__ == "__main__":
    main()
