"""The page of the rules lists what the catalogue holds and the code does, no more and no less."""

import re

from edigate.checks.law.rules import RULES, WITH_THE_STORE
from edigate.findings import catalogue
from tests.docs.rules import PAGE, page


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.docs.rules --write"


def test_page_catalogue_and_code_hold_the_same_rules() -> None:
    listed = re.findall(r"^\| `([A-Z0-9-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == set(catalogue())
    assert set(RULES) | set(WITH_THE_STORE) <= set(listed)
    demanded = {f"UST-{n:02}" for n in range(1, 46)} | {f"SUM-{n:02}" for n in range(1, 8)}
    assert demanded | {f"FRM-{n:02}" for n in range(1, 13)} <= set(listed)
