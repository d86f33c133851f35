"""Public samples (folder in EDIGATE_SAMPLES): read without harm, every byte accounted for, both
readers of one mind."""

import os
from pathlib import Path

import pytest

from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.second import compare
from tests.edifact.account import unaccounted

_FOLDER = os.environ.get("EDIGATE_SAMPLES")
_FILES = sorted(
    p
    for p in Path(_FOLDER or "/nonexistent").rglob("*")
    if p.suffix not in {".xml", ".tsv"} and p.is_file()
)

pytestmark = pytest.mark.skipif(not _FILES, reason="EDIGATE_SAMPLES names no folder with samples")


@pytest.mark.parametrize("path", _FILES, ids=lambda p: p.name)
def test_sample(path: Path) -> None:
    data = path.read_bytes()
    transmission = read(data)
    assert unaccounted(data, transmission) == []
    assert transmission.readable == (b"UNB" in data)
    for interchange, message in transmission.messages():
        assert message.readable
        assert compare(data, interchange, message).differences == ()
        alone = single_message(data, interchange, message)
        ((_, copy),) = read(alone).messages()
        assert [s[:3] for s in copy.segments] == [s[:3] for s in message.segments]
