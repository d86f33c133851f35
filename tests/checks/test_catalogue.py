"""Catalogue and code, complete against each other."""

import re
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

import edigate
from edigate.checks.explain import explain
from edigate.checks.law.rules import RULES, WITH_THE_STORE
from edigate.errors import Misconfigured
from edigate.findings import Rule, Severity, Source, Texts, catalogue

ELSEWHERE = {"SUM-07", "FRM-08", "FRM-09"}
"""Rules of the reader, in `schemas/rules/edifact.toml`."""

OURS = tuple(
    rule
    for rule in catalogue().values()
    if rule.id.split("-")[0] in ("UST", "SUM", "FRM", "SEV") and rule.id not in ELSEWHERE
)

_USED = re.compile(r"(?:finding|hit)\(\s*\"([A-Z]{2,}-[A-Z0-9-]+)\"")
_RESERVED = {"place", "term", "missing", "line", "severity", "basis", "official", "location"}


def test_every_rule_used_in_the_code_is_in_the_catalogue() -> None:
    root = Path(edigate.__file__).parent
    used = {
        (found, path.name)
        for path in sorted(root.rglob("*.py"))
        for found in _USED.findall(path.read_text("utf-8"))
    }
    assert len(used) > 60
    assert {(rule, name) for rule, name in used if rule not in catalogue()} == set()


def test_every_entry_of_ours_has_a_function() -> None:
    implemented = set(RULES) | set(WITH_THE_STORE)
    listed = {rule.id for rule in OURS if not rule.id.startswith("SEV")}
    assert listed == implemented


def test_the_list_is_whole() -> None:
    ids = {f"UST-{n:02}" for n in range(1, 46)} | {f"SUM-{n:02}" for n in range(1, 7)}
    ids |= {f"FRM-{n:02}" for n in range(1, 13)} - ELSEWHERE
    assert ids - {rule.id for rule in OURS} == set()


@pytest.mark.parametrize("function", RULES.values(), ids=RULES.keys())
def test_every_function_says_its_law(function: object) -> None:
    assert function.__doc__


@pytest.mark.parametrize("rule", OURS, ids=lambda r: r.id)
def test_entry_is_complete(rule: Rule) -> None:
    texts = (rule.title, rule.message, rule.meaning, rule.expected, rule.partner)
    for text in texts:
        assert text is not None
        assert len(text.de) > 3
        assert len(text.en) > 3
        assert {f.removesuffix("_de") for f in fields(text.de)} == {
            f.removesuffix("_en") for f in fields(text.en)
        }
        assert not (fields(text.de) | fields(text.en)) & _RESERVED
        assert not any(f.endswith("_en") for f in fields(text.de))
        assert not any(f.endswith("_de") for f in fields(text.en))
    assert rule.meaning is not None
    assert rule.title.de != rule.title.en
    assert rule.meaning.de != rule.meaning.en
    assert rule.basis
    assert rule.curable in ("core", "retro", "never", "")
    if rule.downgrade is not None:
        assert rule.downgrade.rank > rule.severity.rank
    if rule.source is Source.USTG:
        assert "§" in rule.basis or "MwStSystRL" in rule.basis
        if rule.severity is Severity.ERROR:
            assert rule.curable
            assert rule.downgrade is Severity.WARNING


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("rule", [r for r in OURS if r.id.startswith("UST")], ids=lambda r: r.id)
def test_expected_shows_a_segment(rule: Rule) -> None:
    assert isinstance(rule.expected, Texts)
    assert re.search(r"\b[A-Z]{3}\+|DTM\+|DTM\b", rule.expected.de)


def test_explain_in_both_languages() -> None:
    german, english = explain("UST-16", "de"), explain("ust-16", "en")
    assert german.law == english.law == "§ 14 Abs. 4 Satz 1 Nr. 6 UStG"
    assert "Kalendermonat" in german.meaning
    assert "calendar month" in english.meaning
    assert "DTM+35" in german.example
    assert (german.severity, german.least) == (Severity.ERROR, Severity.WARNING)
    assert "berichtigt" in german.curable


def test_explain_shows_no_open_fields() -> None:
    for rule, language in product(catalogue(), ("de", "en")):
        told = explain(rule, language)
        assert not re.search(r"[{}]|\bNone\b", told.example + told.partner + told.meaning), rule
    assert "MOA+77:1190.00'" in explain("BR-CO-15", "de").example
    assert "1.190,00" in explain("BR-CO-15", "de").partner
    assert "1,190.00" in explain("BR-CO-15", "en").partner


def test_explain_names_the_nearest_rules() -> None:
    with pytest.raises(Misconfigured, match=r"unknown rule UST-61; did you mean UST-\d\d"):
        explain("UST-61", "de")
