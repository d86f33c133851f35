"""What a hunt for EDIFACT begins with: our fixtures, and the samples where `EDIGATE_SAMPLES` names
them."""

import os
from functools import cache
from pathlib import Path

from tests.fixtures.cases import FOLDER

_SAMPLES = os.environ.get("EDIGATE_SAMPLES", "")
_LONGEST = 12_000


@cache
def interchanges() -> tuple[bytes, ...]:
    """Every input of at most 12 kB; samples without an envelope get one."""
    paths = sorted(FOLDER.glob("*/in.edi"))
    if _SAMPLES:
        folders = [Path(_SAMPLES) / name for name in ("invoic", "en16931-binding")]
        paths += sorted(
            p for folder in folders for p in folder.glob("*") if p.suffix != ".xml" and p.is_file()
        )
    found = (_enveloped(path.read_bytes()) for path in paths)
    return tuple(data for data in found if len(data) <= _LONGEST)


def _enveloped(data: bytes) -> bytes:
    start = data.find(b"UNH+")
    if b"UNB+" in data or start < 0:
        return data
    head = b"UNB+UNOY:4+SENDER+RECIPIENT+261016:1200+IC1'"
    return data[:start] + head + data[start:] + b"\nUNZ+%d+IC1'" % data.count(b"UNH+")
