"""Weights, bases, terms and words of the ways a rule is broken are data; code names the case."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import edigate
from edigate.checks.law.de.time_of_supply import Shown
from edigate.checks.law.rules import RULES, WITH_THE_STORE
from edigate.errors import Misconfigured
from edigate.findings import (
    Rule,
    Severity,
    Texts,
    as_missing,
    catalogue,
    catalogue_of,
    finding,
    joined,
    part,
    qualified,
    unnamed,
)
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins
from tests.checks.law import CIRCUMSTANCES, judged

CHECKS = Path(edigate.__file__).parent / "checks"
SOURCES = sorted(CHECKS.rglob("*.py"))
NAMED = {
    node.value
    for path in sorted((CHECKS / "law").rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
} | {shown.value for shown in Shown}
OF_LAW = [catalogue()[rule] for rule in (*RULES, *WITH_THE_STORE)]
SEGMENT = re.compile(
    r"\b(UN[ABHSTZ]|BGM|DTM|FTX|RFF|NAD|CUX|PAT|PCD|MOA|TAX|ALC|LIN|PIA|IMD|QTY|PRI|CNT|LOC|FII)\b"
)
GERMAN = re.compile(r"[äöüß„]|\b(der|die|das|und|ist|fehlt|nicht)\b")


@pytest.mark.parametrize("rule", [r for r in OF_LAW if r.cases or r.missing], ids=lambda r: r.id)
def test_every_case_and_every_missing_term_is_named_by_the_code(rule: Rule) -> None:
    assert set(rule.cases) <= NAMED
    assert set(rule.missing) <= NAMED | {""}


@pytest.mark.parametrize("rule", [r for r in OF_LAW if r.cases], ids=lambda r: r.id)
def test_the_words_of_a_case_fill_a_field_of_the_rule_or_a_list(rule: Rule) -> None:
    texts = (rule.message, rule.partner, rule.expected, rule.meaning, rule.title)
    fields = {name for text in texts if text for _, name, _, _ in Formatter().parse(text.de)}
    for case in rule.cases.values():
        assert {f"{name}_de" for name in case.words} <= fields
        assert (
            case.term is None or case.term in rule.terms or re.fullmatch("B[GT]-[0-9]+", case.term)
        )


def test_cases_weigh_in_their_order_and_speak_each_language() -> None:
    both = finding("UST-32", cases=("no-buyer-id", "for-recipient"))
    assert (both.severity, both.term) == (Severity.WARNING, "BT-48")
    assert "USt-IdNr. des Erwerbers fehlt" in both.message.de
    assert "the buyer's VAT id is missing" in both.message.en
    assert finding("UST-32", cases=("no-buyer-id",)).severity is Severity.ERROR
    with_id = finding("UST-01", cases=("not-named",))
    assert with_id.basis == "§ 14 Abs. 4 Satz 1 Nr. 1 und 2 UStG"
    assert joined([part("UST-01", "name"), part("UST-01", "city")]).en == "the name and the city"


def test_a_misspelt_weight_of_a_case_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        '[A-01]\nseverity = "error"\nclass = "content"\nsource = "ustg"\nbasis = "x"\n'
        'title = {de = "a", en = "b"}\nmessage = {de = "a", en = "b"}\n'
        '[A-01.cases]\nmild = {severity = "warnin"}\n',
        "utf-8",
    )
    with pytest.raises(Misconfigured, match="did you mean 'warning'"):
        catalogue_of([file])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_check_speaks_of_segments_or_in_german(path: Path) -> None:
    """Segments are the syntax's, words for people the catalogue's; docstrings may quote the law."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    said = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
    ]
    assert not [text for text in said if SEGMENT.search(text)]
    if path.name not in RECOGNISED:
        assert not [text for text in said if GERMAN.search(text)]


RECOGNISED = {"dates_in_words.py", "self_billing.py"}
"""They read German words in invoices; they say none."""


@pytest.mark.parametrize(
    "rule",
    [
        r
        for r in catalogue("another").values()
        if r.id in RULES or r.source in ("schematron", "xsd")
    ],
    ids=lambda r: r.id,
)
def test_the_catalogue_itself_knows_no_segment(rule: Rule) -> None:
    texts = (rule.title, rule.message, rule.meaning, rule.expected, rule.partner)
    words = [text for case in rule.cases.values() for text in case.words.values()]
    for text in (*texts, *words):
        assert text is None or not SEGMENT.search(text.de + text.en)
    assert not rule.missing
    assert not rule.samples


def test_a_message_of_another_syntax_is_told_in_no_words_of_edifact() -> None:
    ours = judged(Invoice(), Facts(), CIRCUMSTANCES, Origins({}))
    others = judged(Invoice(), Facts(), CIRCUMSTANCES, Origins({}, "another"))
    assert [f.rule for f in ours] == [f.rule for f in others]
    assert any(f.missing for f in ours)
    for found in others:
        told = [found.message, found.expected, found.partner]
        assert found.missing is None
        assert not [t for t in told if t and SEGMENT.search(t.de + t.en)]


def test_what_is_missing_reads_as_the_syntax_writes_it() -> None:
    rule = catalogue()["UST-33"]
    assert as_missing(rule, "BT-48") == "RFF+VA:ATU12345675'"
    assert as_missing(rule, "BT-1") is None
    assert as_missing(catalogue()["UST-04"], "BT-31") == "RFF+VA:DE123456788'"
    assert as_missing(catalogue("another")["UST-04"]) is None
    assert unnamed("seller") == "NAD+SU"
    assert unnamed("seller", "another") == "–"
    assert "RFF" in qualified()
    assert not qualified("another")


def test_words_that_may_be_left_out_stand_between_blanks() -> None:
    """`in line 2` or nothing: no blank too many, none too few."""
    line = finding("UST-21", cases=("in-line",), number="R", position="2").message
    whole = finding("UST-21", cases=("everywhere",), number="R").message
    assert line.de.endswith("Der Steuersatz fehlt in Position 2.")
    assert line.en.endswith("the tax rate is missing in line 2.")
    assert whole.de.endswith("Der Steuersatz fehlt.")
    plain, full = _line_sum("each", "plain"), _line_sum("per", "adjusted", base="4")
    assert "2 × 3 ergibt 6" in plain.de
    assert "2 × 3 je 4 mit Nachlässen und Zuschlägen ergibt 6" in full.de
    assert "2 × 3 per 4 with allowances and charges gives 6" in full.en


def _line_sum(*cases: str, base: str | None = None) -> Texts:
    shown = finding(
        "SUM-06",
        cases=cases,
        base=base,
        position="1",
        quantity="2",
        price="3",
        computed="6",
        stated="7",
    )
    return shown.message
