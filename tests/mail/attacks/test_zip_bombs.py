"""Archives that unpack to far more than they are."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from edigate.mail.message import EdiPart, interchanges

EDI = b"UNA:+.? 'UNB+UNOC:3+A+B+261120:1200+1'UNZ+0+1'"


def mail(content: bytes, name: str = "x.zip") -> bytes:
    message = EmailMessage(policy=SMTP)
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def read(content: bytes, name: str = "x.zip") -> tuple[EdiPart, ...]:
    tracemalloc.start()
    found = interchanges(mail(content, name), max_unpacked=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20
    return found


def test_edifact_that_unpacks_to_hundreds_of_megabytes() -> None:
    huge = EDI + b" " * 200_000_000
    assert [part.problem for part in read(zipped(("a.edi", huge)))] == ["too-large"]
    assert [part.problem for part in read(gzip.compress(huge, 1), "a.edi.gz")] == ["too-large"]


def test_zeros_are_told_as_too_large() -> None:
    zeros = zipped(*((f"{n}.bin", b"\0" * 10_000_000) for n in range(20)))
    assert [part.problem for part in read(zeros)] == ["too-large"]
    for packed in (gzip.compress, bz2.compress, lzma.compress):
        assert [part.problem for part in read(packed(b"\0" * 100_000_000))] == ["too-large"]


def test_members_share_one_budget() -> None:
    found = read(zipped(*((f"{n}.edi", EDI + b" " * 400_000) for n in range(5))))
    assert [part.problem for part in found] == ["", "", "too-large"]


def test_archives_share_one_budget() -> None:
    message = EmailMessage(policy=SMTP)
    for n in range(5):
        packed = zipped((f"{n}.edi", EDI + b" " * 400_000))
        message.add_attachment(packed, maintype="application", subtype="zip", filename=f"{n}.zip")
    found = interchanges(message.as_bytes(), max_unpacked=2**20)
    assert [part.problem for part in found] == ["", "", "too-large", "too-large", "too-large"]


def test_ten_thousand_members() -> None:
    found = read(zipped(*((f"{n}", b"x") for n in range(10_000))))
    assert [part.problem for part in found] == ["too-large"]


def test_size_in_the_directory_is_not_believed() -> None:
    packed = bytearray(zipped(("a.edi", EDI + b" " * 50_000_000)))
    directory = packed.rindex(b"PK\x01\x02")
    packed[directory + 24 : directory + 28] = (100).to_bytes(4, "little")  # uncompressed size
    assert [part.problem for part in read(bytes(packed))] in (["too-large"], ["broken-archive"])


@pytest.mark.parametrize("depth", range(1, 7))
def test_archives_in_archives_are_opened_three_deep(depth: int) -> None:
    content, name = EDI, "a.edi"
    for _ in range(depth):
        content, name = zipped((name, content)), "a.zip"
    (found,) = read(content)
    assert (
        (found.content, found.problem) == (EDI, "") if depth <= 3 else found.problem == "too-deep"
    )


def test_a_hundred_thousand_pieces_cost_no_more_than_their_bytes() -> None:
    piece = gzip.compress(b"", 1)
    assert read(piece * (2_000_000 // len(piece))) == ()


def test_broken_archives_are_reported() -> None:
    whole = zipped(("a.edi", EDI * 100))
    assert [part.problem for part in read(whole[:60])] == ["broken-archive"]
    assert [part.problem for part in read(gzip.compress(EDI * 100)[:40])] == ["broken-archive"]
    damaged = bytearray(whole)
    damaged[50] ^= 0xFF
    assert [part.problem for part in read(bytes(damaged))] == ["broken-archive"]


def test_names_out_of_the_archive_are_only_names() -> None:
    found = read(zipped(("../../etc/cron.d/a.edi", EDI), ("C:\\x\\b\r\nBcc: c.edi", EDI)))
    assert [part.file_name for part in found] == ["a.edi", "b‹U+000D›‹U+000A›Bcc: c.edi"]
    assert all(part.content == EDI for part in found)
