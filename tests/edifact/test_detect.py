"""EDIFACT is known by its content."""

import pytest

from edigate.edifact.syntax.detect import looks_like_edifact


@pytest.mark.parametrize(
    "data",
    [b"UNA:+.? 'UNB+UNOC:3+A+B+261015:0930+1'", b"\xef\xbb\xbf\r\n UNB+UNOA:2+A",
    b"UNA^*.? ~\r\nUNB*UNOA^1*A",
     b"UNA:+.? '\nUNH+1+INVOIC:D:96A:UN'", b"\x00UNB+UNOC:3"],
)  # fmt: skip
def test_edifact(data: bytes) -> None:
    assert looks_like_edifact(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"UNBELIEVABLE offer", b"UNA is a town", b"Dear all,\nUNB+UNOC:3+A", b"%PDF-1.7",
    b"PK\x03\x04", b"UNB",
     b"UNAVAILABLE until Monday UNB"],
)  # fmt: skip
def test_anything_else(data: bytes) -> None:
    assert not looks_like_edifact(data)
