"""The type: every character of the EDIFACT repertoires that runs from left to right has a glyph,
codes are safe."""

import pytest

from edigate.pdf.typesetting.fonts import font_pages, regular, semibold, visible

REPERTOIRES = {
    "UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4", "UNOK": "iso8859-9", "Euro": "iso8859-15", "Romanian": "iso8859-16",
    "Windows": "cp1252",
}  # fmt: skip


@pytest.mark.parametrize("charset", REPERTOIRES.values(), ids=REPERTOIRES.keys())
def test_repertoire_has_glyphs(charset: str) -> None:
    characters = "".join(chr(c) for c in range(32, 0x2200) if chr(c).encode(charset, "ignore"))
    printable = [c for c in characters if c.isprintable() or c in "\u00a0\u00ad"]
    assert len(printable) > 150
    assert [c for c in printable if not regular().knows(c)] == []


def test_codes_need_no_escape_in_a_string() -> None:
    for page in font_pages().values():
        for code in (0, 10, 13, *b"()\\"):
            assert page.characters[code] == 0, page.name


def test_a_character_stands_on_one_page_of_a_face() -> None:
    for letters in ("RY", "SY"):
        seen = [
            u for p in font_pages().values() if p.resource[0] in letters for u in p.characters if u
        ]
        assert len(seen) == len(set(seen))


def test_figures_are_aligned() -> None:
    for face in (regular(), semibold()):
        assert len({face.width(digit) for digit in "0123456789"}) == 1


def test_width_is_the_sum_of_its_characters() -> None:
    sample = "Größe 12,50 € (Łódź) – Ωмега"
    for face in (regular(), semibold()):
        assert face.set(sample)[1] == sum(face.width(c) for c in sample)
        assert len(face.set("plain (text)")[0]) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a\u0308", "ä"), ("\u05d0", "‹U+05D0›"), ("a\tb\nc", "a b c"), ("\U0001f600", "‹U+1F600›"),
     ("\u202e", "‹U+202E›"), ("\x00", "‹U+0000›"), ("\ud800", "‹U+D800›"), ("", "")],
)  # fmt: skip
def test_what_has_no_glyph_is_its_code_point(value: str, shown: str) -> None:
    assert visible(value) == shown
    assert regular().set(value)[1] == sum(regular().width(c) for c in shown)
