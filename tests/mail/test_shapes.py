"""Every mail is accounted for: its invoice is found, or somebody is told, or there plainly is
none."""

import pytest

from edigate.edifact.syntax.reader import read
from edigate.mail.message import Fate, search
from tests.generate import interchange, invoice
from tests.mail.every_shape import INVOICES, NOTHING, TOLD

EDI = interchange([invoice(2, "RE-1")])


FILES_OF_THEIR_OWN = (
    *(
        "mbox",
        ".eml as octet-stream",
        "mail in zip",
        "forwarded in base64",
        "behind two megabytes of header",
    ),
    *(
        "multipart without a boundary",
        "multipart with another boundary",
        "a part behind a megabyte of header",
    ),
)
"""What is opened as a mail, and not only found as base64 in a text."""


def letters(content: bytes) -> str:
    """The text without its line ends, which mail programs change, in whatever of the two charsets
    it is."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return "".join(text.splitlines())


@pytest.mark.parametrize("shape", INVOICES)
def test_the_invoice_is_found_once_and_whole(shape: str) -> None:
    parts = search(INVOICES[shape](EDI))
    found = [part.edi for part in parts if part.edi is not None]
    assert [(part.problem, part.kind) for part in found] == [("", "")], parts
    transmission = read(found[0].content)
    ((_, message),) = transmission.messages()
    assert transmission.readable
    assert message.readable
    if shape in FILES_OF_THEIR_OWN:
        assert found[0].undone == ()
    content = found[0].content.strip(b"\0\x02\x03\xff \t\r\n")
    if set(found[0].undone) <= {"plain", "base64"}:
        assert content in (EDI.strip(), EDI.strip().replace(b"\n", b""))
    else:
        assert content.startswith(b"UNA")
        assert letters(content).startswith(letters(EDI))


@pytest.mark.parametrize("shape", TOLD)
def test_what_may_be_an_invoice_is_told_once(shape: str) -> None:
    told = [part for part in search(TOLD[shape](EDI)) if part.edi is not None]
    assert len(told) == 1, told
    assert told[0].said.de
    assert told[0].said.en
    if told[0].fate is Fate.EDIFACT:
        assert not read(told[0].edi.content).readable  # type: ignore[union-attr]


@pytest.mark.parametrize("shape", NOTHING)
def test_a_plain_mail_has_nothing_to_check_and_says_of_each_part_why(shape: str) -> None:
    parts = search(NOTHING[shape](EDI))
    assert parts
    assert {part.fate for part in parts} <= {Fate.NOTHING, Fate.OPENED}
    assert all(part.said.de and part.said.en for part in parts)


def test_there_are_enough_of_them() -> None:
    assert len(INVOICES) + len(TOLD) + len(NOTHING) >= 210
