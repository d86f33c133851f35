"""A long text costs what its length costs, whatever it is made of: no field of a message can hold a
worker up.

Compared are processor seconds of one process with those of ordinary words of the same length; a
text that seems dear is measured again, so that a busy machine changes nothing.
"""

import pytest

from edigate.checks.law.de.dates_in_words import gives_time, same_day
from edigate.checks.law.de.description import is_group, is_link
from edigate.invoice.clauses import stance
from edigate.invoice.wording import LONGEST, Wording, statements
from tests.fuzz.growth import shortest
from tests.fuzz.hostile import FIELDS, LENGTH, ORDINARY, seconds, texts

TIMES = 4.0
"""A hostile text may cost so many times what an ordinary one of its length costs. The worst
measured is 2.7, on a machine with nothing else to do."""


@pytest.mark.parametrize("field", FIELDS)
def test_hostile_texts_cost_about_what_ordinary_ones_cost(field: str) -> None:
    words = (ORDINARY * LENGTH)[:LENGTH]
    ordinary = seconds(field, words, 5)
    for text in texts():
        taken = seconds(field, text, 1)
        for _ in range(4):
            if taken < TIMES * ordinary:
                break
            taken = min(taken, seconds(field, text, 2))
        assert taken < TIMES * ordinary, (text[:12], text[-6:], taken, ordinary)


def _everything_asked_of(text: str) -> None:
    is_group(text), is_link(text), same_day(text), gives_time(text)
    wording = Wording([text])
    for statement in statements():
        wording.says(statement)
        stance(text, statement)


@pytest.mark.parametrize("text", [*texts(), *(f * LENGTH for f in ("\u0301", "\u0316\u0301", "ﷺ",
    "\U0001d15e"))],
                         ids=lambda t: ascii(t[:8] + t[-4:]))  # fmt: skip
def test_twice_the_text_is_twice_the_work(text: str) -> None:
    half, whole = text[: LONGEST // 2], (text * 2)[:LONGEST]
    for _ in range(4):
        few, many = (shortest(lambda t=t: _everything_asked_of(t)) for t in (half, whole))  # type: ignore[misc]
        if many < 3 * few:
            return
    assert many < 3 * few, (few, many)


def test_what_stands_beyond_the_limit_is_not_judged() -> None:
    words = "Steuerschuldnerschaft des Leistungsempfängers"
    assert Wording(["x " * 100 + words]).says("reverse-charge")
    assert not Wording(["x" * LONGEST + words]).says("reverse-charge")
