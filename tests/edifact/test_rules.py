"""Every rule of the reader is complete, and every finding it makes fills its texts."""

import re
from pathlib import Path

from edigate.edifact.syntax.reader import read
from edigate.findings import Severity, catalogue
from edigate.resources import schema
from tests.edifact.account import all_findings
from tests.fuzz.reader import mutated, seeds

_ROOM = Path(__file__).parents[2] / "edigate" / "edifact" / "syntax"


def test_rules_used_are_rules_known() -> None:
    used = {
        m
        for path in _ROOM.glob("*.py")
        for m in re.findall(r'"((?:EDI|SUM|FRM)-\d\d)"', path.read_text("utf-8"))
    }
    known = set(
        re.findall(
            r"^\[([A-Z]+-\d\d)\]", schema("rules/edifact.toml").read_text("utf-8"), re.MULTILINE
        )
    )
    assert used == known


def test_errors_and_warnings_name_the_cure() -> None:
    for rule in catalogue().values():
        if (
            rule.id.startswith("EDI")
            and rule.severity is not Severity.INFORMATION
            and rule.id != "EDI-23"
        ):
            assert rule.expected is not None, rule.id
            assert rule.partner is not None, rule.id


def test_findings_leave_no_field_of_their_texts_empty() -> None:
    import random

    random_ = random.Random(7)
    seen = set()
    for _ in range(600):
        data = mutated(random_.choice(seeds()), random_)
        for finding in all_findings(read(data)):
            seen.add(finding.rule)
            own = "…" in "".join(value for _, value in finding.values)
            for texts in (finding.message, finding.expected, finding.partner):
                assert (
                    texts is None
                    or own
                    or "…" not in texts.de + texts.en.replace("UNH+…", "")
                    or "+…'" in texts.de
                )
    assert len(seen) > 12
