"""Figures of the EDIFACT reader: envelope in MB/s at three sizes, whole messages per second, memory
of a stream."""

import io
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Message
from edigate.edifact.syntax.stream import stream

_LINE = (
    "LIN+{n}++4399901234569:SRV'PIA+1+4711-{n}:SA'IMD+F++:::Lötkolben 40 W, Standfuß?: "
    "grau'QTY+47:{n}:PCE'"
    "MOA+203:{n}00.50'PRI+AAA:100.50::::PCE'TAX+7+VAT+++:::19.00+S'MOA+124:19.10'ALC+A+++1+DI:::Rabatt'PCD+1:2'"
    "MOA+8:2.05'RFF+ON:B{n}+x'DTM+171:20261001:102'"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str


def message(reference: int, lines: int = 10) -> bytes:
    """An INVOIC of 19 + 13 x lines segments in ISO 8859-1."""
    head = (
        f"UNH+{reference}+INVOIC:D:96A:UN:EAN008'BGM+380+RE-{reference}+9'DTM+137:20261015:102'DTM+35:20261014:102'"
        "FTX+AAI+++Vielen Dank für Ihren Auftrag'RFF+DQ:LS-77'RFF+ON:B-99'"
        "NAD+SU+4399990000017::9++Werkzeug Müller GmbH+Am Sägewerk "
        "3+Grünstadt++67269+DE'RFF+VA:DE123456788'"
        "NAD+BY+4319990000028::9++Baumarkt Süd AG+Marktstraße "
        "1+Köln++50667+DE'CUX+2:EUR:4'PAT+3'DTM+13:20261114:102'"
    )
    body = "".join(_LINE.format(n=n) for n in range(1, lines + 1))
    foot = "UNS+S'MOA+79:1005.00'MOA+124:190.95'MOA+77:1195.95'TAX+7+VAT+++:::19+S'"
    return f"{head}{body}{foot}UNT+{19 + 13 * lines}+{reference}'".encode("latin-1")


def interchange(size: int) -> bytes:
    """An interchange of about `size` bytes with ten-line messages."""
    count = max(1, size // len(message(100_000)))
    parts = [b"UNA:+.? '", b"UNB+UNOC:3+4399990000017:14+4319990000028:14+261015:0930+IC1'"]
    parts += [message(n) for n in range(100_000, 100_000 + count)]
    return b"".join((*parts, b"UNZ+%d+IC1'" % count))


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, so that a busy machine does not change the figure."""
    start = time.process_time()
    work()
    return time.process_time() - start


def envelope(megabytes: int) -> Figure:
    """MB/s of reading the envelope: every message with its span, counts and references checked."""
    data = interchange(megabytes * 1_000_000)
    seconds = _seconds(lambda: read(data, only=frozenset()))
    return Figure(f"EDIFACT envelope, {megabytes} MB", len(data) / 1e6 / seconds, "MB/s")


def messages(count: int = 500) -> Figure:
    """Ten-line messages (149 segments) per second, all segments with spans and decoded values."""
    data = interchange(count * len(message(100_000)))
    seconds = _seconds(lambda: read(data))
    return Figure("EDIFACT messages of 149 segments", count / seconds, "1/s")


class _Endless(io.RawIOBase):
    """An interchange of the wanted size that is never held in memory."""

    def __init__(self, size: int) -> None:
        self.size, self.made, self.count, self.rest = (
            size,
            0,
            0,
            b"UNB+UNOC:3+A:14+B:14+261015:0930+IC1'",
        )

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while len(self.rest) < size and self.made < self.size:
            made = b"".join(message(100_000 + self.count + n) for n in range(100))
            self.count += 100
            self.made += len(made)
            self.rest += made
            if self.made >= self.size:
                self.rest += b"UNZ+%d+IC1'" % self.count
        chunk, self.rest = self.rest[:size], self.rest[size:]
        return chunk


def stream_memory(
    megabytes: int = 500, *, only: frozenset[str] | None = frozenset()
) -> tuple[Figure, Figure]:
    """MB/s of a stream of `megabytes`, and the peak memory of this process afterwards."""
    source = cast(BinaryIO, _Endless(megabytes * 1_000_000))
    read_messages = 0

    def work() -> None:
        nonlocal read_messages
        read_messages = sum(1 for event in stream(source, only=only) if isinstance(event, Message))

    seconds = _seconds(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 if sys.platform == "darwin" else 1024
    )
    return (
        Figure(
            f"EDIFACT stream, {megabytes} MB, {read_messages} messages", megabytes / seconds, "MB/s"
        ),
        Figure(f"Peak memory after a stream of {megabytes} MB", peak, "MB"),
    )


def figures(*, quick: bool = False) -> list[Figure]:
    """All figures; `quick` leaves out what takes more than a few seconds."""
    found = [envelope(1), envelope(10), messages()]
    if not quick:
        found += [*stream_memory(), envelope(100)]
    return found


if __name__ == "__main__":
    for figure in figures(quick="--quick" in sys.argv):
        print(f"{figure.name}: {figure.value:,.1f} {figure.unit}")
