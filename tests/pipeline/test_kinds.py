"""What may be an INVOIC: a type with a slip, a type nobody can read; and what rules one out for
certain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.edifact.invoic.recognition import WANTED, may_be_invoice
from edigate.edifact.invoic.record.code_tables import rows
from edigate.edifact.syntax.reader import read
from tests.edifact.test_reader import UNB

_KNOWN = sorted({row["code"] for row in rows("0065")} - {"INVOIC"})
_LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abc")


def _judged(unh: str, bgm: str = "BGM+380+RE-1+9'", unb: str = UNB) -> bool:
    data = (unb + unh + bgm + "UNT+3+1'UNZ+1+IC4711'").encode("latin-1")
    ((interchange, unit),) = read(data, only=WANTED).units()
    return may_be_invoice(interchange, unit)


@given(st.integers(0, 6), st.integers(0, 2), st.lists(_LETTERS, max_size=2))
def test_invoic_with_a_slip_or_two_may_be_one(at: int, gone: int, put: list[str]) -> None:
    kind = "INVOIC"[:at] + "".join(put) + "INVOIC"[at + gone :]
    assert _judged(f"UNH+1+{kind}:D:96A:UN'", bgm="")
    assert _judged(f"UNH+1+{kind.lower()}:D:96A:UN'", bgm="BGM+220+1'")


@pytest.mark.parametrize("kind", ["I", "IN", "INV", "inv", "INVO"])
def test_invoic_cut_off_may_be_one(kind: str) -> None:
    assert _judged(f"UNH+1+{kind}:D:96A:UN'", bgm="BGM+220+1'")


@pytest.mark.parametrize("kind", _KNOWN)
def test_a_type_that_can_be_read_is_none(kind: str) -> None:
    assert not _judged(f"UNH+1+{kind}:D:96A:UN'")
    assert not _judged(f"UNH+{kind}:D:96A:UN'")
    assert not _judged(f"UNH+1+{kind}:D:96A:UN'", unb=UNB[:-1] + "++INVOIC'")
    assert kind not in WANTED


@pytest.mark.parametrize("unh", ["UNH'", "UNH+1'", "UNH+1+'", "UNH+1+17:D'", "", "UNX+1+?:D'"])
@pytest.mark.parametrize(
    ("bgm", "application", "expected"),
    [
        ("BGM+380+1'", "", True),
        ("BGM+Z99+1'", "", True),
        ("", "", True),
        ("BGM+220+1'", "", False),
        ("BGM+351+1'", "", False),
        ("BGM+220+1'", "INVOIC", True),
        ("BGM+380+1'", "ORDERS", True),
        ("DTM+137:20261015:102'", "ORDERS", False),
        ("DTM+137:20261015:102'", "EANCOM", True),
    ],
)
def test_what_no_type_says_is_asked_of_bgm_and_unb(
    unh: str, bgm: str, application: str, expected: bool
) -> None:
    assert _judged(unh, bgm or "FTX+AAI'", UNB[:-1] + f"++{application}'") is expected


@pytest.mark.parametrize(
    ("kind", "bgm", "expected"), [("SLGA", "FKT+01'", False), ("RECHNG", "BGM+380+1'", True)]
)
def test_a_type_of_somebodys_own_is_none_unless_it_is_an_invoice_by_bgm(
    kind: str, bgm: str, expected: bool
) -> None:
    assert _judged(f"UNH+1+{kind}:1:0'", bgm) is expected
