"""Tables and rules: complete, sourced, and within the official lists."""

import re
from pathlib import Path

import pytest

from edigate import findings
from edigate.edifact.invoic.record import code_tables
from edigate.invoice import codes
from edigate.resources import schema

_PACKAGE = Path(code_tables.__file__).parents[1]


@pytest.mark.parametrize("path", sorted(schema("mapping").glob("*.tsv")), ids=lambda p: p.stem)
def test_every_row_has_a_source_and_stands_once(path: Path) -> None:
    rows = code_tables.rows(path.stem)
    assert rows
    assert all(row["source"] for row in rows)
    columns = [c for c in ("tag", "qualifier", "element", "subject", "code") if c in rows[0]]
    keys = [tuple(row[c] for c in columns) for row in rows]
    assert len(set(keys)) == len(keys)


def test_conversions_end_in_the_official_lists() -> None:
    assert all(codes.accepts("unit", unit) for unit in code_tables.units().values())
    assert not any(
        codes.accepts("unit", code) for code in code_tables.units() if code in ("PCE", "ST", "CT")
    )
    assert all(codes.accepts("vat", c) for c in code_tables.vat_categories().values())
    assert all(codes.accepts("icd", c) for c in code_tables.identifier_schemes().values() if c)
    for kind in code_tables.document_types().values():
        if kind.kind != "not-an-invoice":
            assert codes.accepts("document", kind.type_code), kind.code
    for code, reason in code_tables.reasons().items():
        assert not reason.allowance or codes.accepts("allowance", reason.allowance), code
        assert not reason.charge or codes.accepts("charge", reason.charge), code


def test_a_broken_table_is_named() -> None:
    with pytest.raises(KeyError, match="no-such-table"):
        code_tables.rows("no-such-table")


def test_every_shipped_table_is_known() -> None:
    assert {path.stem for path in schema("mapping").glob("*.tsv")} == set(code_tables._COLUMNS)


def test_every_rule_is_used_and_every_used_rule_exists() -> None:
    used = set()
    for module in _PACKAGE.rglob("*.py"):
        used |= set(re.findall(r"MAP-[0-9]{2}", module.read_text("utf-8")))
    known = {rule for rule in findings.catalogue() if rule.startswith("MAP-")}
    assert used == known


def test_rules_speak_both_languages() -> None:
    for identifier, rule in findings.catalogue().items():
        if identifier.startswith("MAP-"):
            for texts in (rule.title, rule.message, rule.meaning, rule.expected, rule.partner):
                assert texts is not None, identifier
                assert texts.de, identifier
                assert texts.en, identifier
                assert texts.de != texts.en or texts is rule.expected, identifier
