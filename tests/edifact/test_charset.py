"""No character is replaced, none is dropped: charsets as declared, as sent, and as they cannot
be."""

import pytest

from edigate.edifact.syntax.reader import read
from edigate.errors import Misconfigured
from tests.edifact.account import errors_of, rules_of
from tests.edifact.test_reader import UNB, message, one, only_message


def written(text: str, identifier: str, codec: str) -> bytes:
    head = UNB.replace("UNOC", identifier)
    return (head + message(body=f"FTX+AAI+++{text}'") + "UNZ+1+IC4711'").encode(codec)


@pytest.mark.parametrize(
    ("identifier", "codec", "text"),
    [
        ("UNOC", "latin-1", "Grünstraße 5, Façade"),
        ("UNOD", "iso8859-2", "Łódź, Škoda, Győr"),
        ("UNOE", "iso8859-5", "Счёт №5"),
        ("UNOF", "iso8859-7", "Αθήνα"),
        ("UNOG", "iso8859-3", "Ħal Għaxaq"),
        ("UNOH", "iso8859-4", "Rīga, Šķūnis"),
        ("UNOI", "iso8859-6", "فاتورة"),
        ("UNOJ", "iso8859-8", "חשבון"),
        ("UNOK", "iso8859-9", "İstanbul Şişli"),
        ("UNOL", "iso8859-15", "5 € für Œuvre"),
        ("UNOW", "utf-8", "5 € für Łódź 漢字"),
        ("UNOX", "utf-8", "5 €"),
        ("UNOY", "utf-8", "5 €"),
    ],
)
def test_declared_charsets(identifier: str, codec: str, text: str) -> None:
    transmission = read(written(text, identifier, codec))
    assert only_message(transmission).segments[1].value(4) == text
    assert not rules_of(transmission)


@pytest.mark.parametrize("identifier", ["UNOA", "UNOB", "UNOC"])
def test_utf8_under_another_name_is_read_and_told(identifier: str) -> None:
    transmission = read(written("Müller €", identifier, "utf-8"))
    assert only_message(transmission).segments[1].value(4) == "Müller €"
    assert rules_of(transmission) == {"EDI-09"}
    assert transmission.interchanges[0].charset == only_message(transmission).charset == "utf-8"


def test_umlauts_under_unoa_are_tolerated() -> None:
    transmission = read(written("Müller", "UNOA", "latin-1"))
    assert only_message(transmission).segments[1].value(4) == "Müller"
    assert rules_of(transmission) == {"EDI-08"}


@pytest.mark.parametrize(
    ("identifier", "wrong"),
    [("UNOC", b"\x80"), ("UNOC", b"\x00"), ("UNOD", b"\x9f"), ("UNOI", b"\xa1"), ("UNOW", b"\xe4"),
    ("ZZZZ", b"\xe4"),
     ("UNOW", b"\xc2\x85"), ("UNOA", b"\x84x\x93"), ("UNOC", b"\x1b")],
)  # fmt: skip
def test_wrong_byte_is_found_with_its_offset_and_nothing_is_replaced(
    identifier: str, wrong: bytes
) -> None:
    data = written("Preis 5 # ab Lager", identifier, "ascii").replace(b"#", wrong)
    transmission = read(data)
    found = only_message(transmission)
    assert not found.readable
    assert transmission.readable
    values = dict(one(transmission, "FRM-08").values)
    assert int(values["offset"]) == data.index(wrong)
    assert values["byte"] == f"0x{wrong[0]:02X}"
    assert "\ufffd" not in found.segments[1].value(4)


def test_wrong_byte_leaves_the_neighbours_alone() -> None:
    parts = [message("A"), message("B", body="FTX+AAI+++#'"), message("C")]
    data = (UNB + "".join(parts) + "UNZ+3+IC4711'").encode().replace(b"#", b"\x93")
    assert [m.readable for _, m in read(data).messages()] == [True, False, True]


def test_a_tenant_may_declare_what_a_sender_really_sends() -> None:
    data = written("5 € „ab Lager“", "UNOC", "cp1252")
    assert errors_of(read(data)) == {"FRM-08"}
    transmission = read(data, charsets={"4399990000017": "cp1252"})
    assert only_message(transmission).segments[1].value(4) == "5 € „ab Lager“"
    assert not rules_of(transmission)
    with pytest.raises(Misconfigured):
        read(data, charsets={"4399990000017": "klingon-1"})


def test_a_character_lost_before_sending_is_told() -> None:
    transmission = read(written("M\ufffdller", "UNOW", "utf-8"))
    assert only_message(transmission).readable
    assert rules_of(transmission) == {"EDI-24"}


def test_unknown_syntax_identifier() -> None:
    assert rules_of(read(written("x", "IATA", "ascii"))) == {"EDI-10"}


def test_utf16_is_named() -> None:
    data = written("Müller", "UNOY", "utf-16")
    assert errors_of(read(data)) == {"EDI-01", "EDI-25"}


def test_wrap_inside_a_multibyte_character() -> None:
    text = "ä" * 200
    flat = written(text, "UNOW", "utf-8")
    data = b"\r\n".join(flat[n : n + 81] for n in range(0, len(flat), 81))
    found = only_message(read(data))
    assert found.segments[1].value(4) == text
