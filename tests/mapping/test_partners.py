"""The partner file: what it accepts, and how it says what is wrong."""

import pytest

from edigate.errors import Rejected
from edigate.masterdata import Partner, PartnerDirectory, csv_header, csv_line, is_gln, read_csv
from tests.mapping.edi import BUYER_GLN, SELLER_GLN

LINE = f"{SELLER_GLN},Nordlicht Werkzeug GmbH,Hafenweg 3,24103,Kiel,de,DE 136 695 976,"


def test_comma_semicolon_and_bom() -> None:
    by_comma = read_csv("\ufeff" + csv_header() + "\r\n" + LINE + "\r\n\r\n")
    by_semicolon = read_csv((csv_header() + "\n" + LINE).replace(",", ";"))
    assert by_comma[SELLER_GLN] == by_semicolon[SELLER_GLN]
    assert by_comma[SELLER_GLN] == Partner(
        SELLER_GLN, "Nordlicht Werkzeug GmbH", "Hafenweg 3", "24103", "Kiel", "DE", "DE136695976"
    )
    assert by_comma.version == by_semicolon.version


def test_quoted_fields_hold_commas() -> None:
    found = read_csv(f'{csv_header()}\n{BUYER_GLN},"Heimbau Süd, AG",Weg 1,86150,Augsburg,DE,,')
    assert found[BUYER_GLN].name == "Heimbau Süd, AG"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "header"),
        ("gln;nom\n", 1, "header"),
        (csv_header() + "\n" + "4000001000006" + LINE[13:], 2, "check digit"),
        (csv_header() + "\n" + LINE + ",x", 2, "fields"),
        (csv_header() + "\n" + csv_line(SELLER_GLN), 2, "placeholders"),
        (csv_header() + "\n" + LINE.replace("Kiel", ""), 2, "city"),
        (csv_header() + "\n" + LINE.replace(",de,", ",Deutschland,"), 2, "two letters"),
        (csv_header() + "\n" + LINE + "\n" + LINE.replace("Kiel", "Bonn"), 3, "twice"),
        (csv_header() + '\n"' + LINE, 2, "quotation"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_cure(text: str, line: int, says: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_csv(text)
    assert f"line {line}:" in caught.value.message
    assert says in caught.value.message or (
        says == "header" and csv_header() in caught.value.message
    )


def test_directories_are_joined_and_versioned() -> None:
    one = read_csv(csv_header() + "\n" + LINE)
    two = PartnerDirectory({BUYER_GLN: Partner(BUYER_GLN, "Heimbau Süd AG")})
    both = one.merged(two)
    assert set(both) == {SELLER_GLN, BUYER_GLN}
    assert both.version not in {one.version, two.version}


def test_check_digit() -> None:
    assert is_gln(SELLER_GLN)
    assert not is_gln("4000001000006")
    assert not is_gln("400000100000")
