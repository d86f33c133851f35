"""Every rule of the catalogue in a letter, every word of the letters in both languages, and letters
of odd sizes."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html as parser

from edigate.checks.verdict import Report, State
from edigate.findings import (
    Finding,
    FindingClass,
    Place,
    Severity,
    Source,
    Texts,
    catalogue,
    finding,
)
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.blocks import (
    Block,
    FindingBlock,
    Heading,
    Letter,
    Paragraph,
    Quote,
    Remarks,
    Steps,
)
from edigate.report.digest import DigestEntry, digest
from edigate.report.letter import Circumstance, held, unreadable
from edigate.report.presentation import Identity, Verdict
from edigate.resources import template

_LANGUAGES = ("de", "en")
_SEGMENTS = ("UNH+1+INVOIC:D:96A:UN:EAN008'", "BGM+380+RE-1+9'", "MOA+203:45A.60'", "UNT+4+1'")
_PLACE = Place(3, "MOA", _SEGMENTS[2], 0, 16)
_WHO = Identity(
    "RE-1",
    "380",
    "2026-10-15",
    "EUR",
    "100.00",
    "19.00",
    "119.00",
    "Farbenwerk GmbH",
    "4012345000009",
)
_WAY = Circumstance(
    document_id="01a1fc6db76AXRC13TQ2729S0J",
    sender="4012345000009",
    control_reference="IC1",
    received_at=datetime(2026, 10, 16, 8, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")),
    tenant="Baumarkt Süd AG",
    attached=("in.edi", "report.json"),
)


def _fields(rule: str) -> dict[str, str]:
    """A value for every field of a rule's texts."""
    entry = catalogue()[rule]
    texts = [
        t for t in (entry.title, entry.message, entry.meaning, entry.expected, entry.partner) if t
    ]
    names = {
        n
        for t in texts
        for side in (t.de, t.en)
        for _, n, _, _ in string.Formatter().parse(side)
        if n
    }
    return {name: f"W{name}" for name in names}


def _ellipses(rule: str) -> int:
    entry = catalogue()[rule]
    texts = [
        t for t in (entry.title, entry.message, entry.meaning, entry.expected, entry.partner) if t
    ]
    return 2 * sum((t.de + t.en).count("…") for t in texts)


def _found(rule: str, **given: object) -> Finding:
    values: dict[str, Any] = _fields(rule) | given
    return finding(rule, place=_PLACE, **values)


def _verdict(*findings: Finding, state: State = State.INVALID, who: Identity = _WHO) -> Verdict:
    ordered = tuple(sorted(findings, key=lambda f: f.severity.rank))
    return Verdict("1", "D:96A:UN:EAN008", who, Report(state, ordered, {}), _SEGMENTS)


def _shown(letter: Letter) -> str:
    """What a mail program shows of the HTML part."""
    body = parser.fromstring(html([letter])).find("body")
    assert body is not None
    return "".join(str(part) for part in body.itertext())


def _blocks(letter: Letter, kind: type[Block]) -> list[Block]:
    return [block for block in letter.blocks if isinstance(block, kind)]


@pytest.mark.parametrize("rule", sorted(catalogue()))
def test_every_rule_stands_in_a_letter_without_gaps(rule: str) -> None:
    given = _found(rule)
    for language in _LANGUAGES:
        letter = held(_verdict(given, _found("UST-04")), _WAY, language)
        for rendering in (text(letter), _shown(letter)):
            assert rendering.count("…") <= _ellipses(rule)  # an example may hold one
            assert not re.search(r"[{}]", rendering)
            assert rule in rendering
        for quote in _blocks(letter, Quote):
            assert isinstance(quote, Quote)
            assert not re.search(
                r"\b(?:UST|MAP|SUM|FRM|EDI|MAIL|TEN|SEV|CHK)-\d|\bBR-|\bB[TG]-\d", quote.text
            ), rule
            assert _WAY.document_id not in quote.text
            assert quote.text.endswith("Baumarkt Süd AG")


@pytest.mark.parametrize("rule", sorted(r for r, entry in catalogue().items() if entry.partner))
def test_what_the_partner_reads_are_sentences(rule: str) -> None:
    given = replace(_found(rule), severity=Severity.ERROR)
    letter = held(_verdict(given), _WAY, "de")
    quotes = [q.text for q in _blocks(letter, Quote) if isinstance(q, Quote)]
    assert len(quotes) == 2
    for quote, greeting in zip(quotes, ("Sehr geehrte", "Dear"), strict=True):
        paragraphs = quote.split("\n\n")
        assert paragraphs[0].startswith(greeting)
        assert paragraphs[1].endswith(":")
        for written in paragraphs[2:-1]:
            paragraph, *below = written.split("\n")
            labels = "Stelle|Übertragung|Interchange|Richtig|Beispiel|Place|Right|Example"
            assert all(re.match(rf"(?:{labels}): \S", line) for line in below), below
            assert re.match(r"[A-ZÄÖÜ„“(W]", paragraph), paragraph
            assert paragraph.endswith((".", "!", "?")), paragraph


def _letters_toml() -> dict[str, dict[str, object]]:
    return tomllib.loads(template("letters.toml").read_text("utf-8"))


def test_both_languages_have_every_word_with_the_same_fields() -> None:
    words = _letters_toml()
    german, english = words["de"], words["en"]
    assert set(german) == {k for k in english if not k.startswith("alarm_")}
    for key, entry in german.items():
        other = english[key]
        if isinstance(entry, list):
            assert isinstance(other, list)
            assert len(entry) == len(other), key
            continue
        fields = [
            sorted(n for _, n, _, _ in string.Formatter().parse(str(e)) if n)
            for e in (entry, other)
        ]
        assert fields[0] == fields[1], key


def test_every_word_is_used() -> None:
    patterns = list(_key_patterns())
    for key in _letters_toml()["en"]:
        assert any(p.fullmatch(key) for p in patterns), f"{key} of letters.toml is used nowhere"


def _key_patterns() -> Iterator[re.Pattern[str]]:
    """What string literals and f-strings of the renderings can be; a field of an f-string is
    anything."""
    package = Path(__file__).parent.parent.parent / "edigate"
    files = [
        *(package / "report").rglob("*.py"),
        *(package / "cli").rglob("*.py"),
        *(package / "service").rglob("*.py"),
    ]
    kinds = "unreadable|unopened|held|held_master_data|not_an_invoice|warned|checked"
    alarms = "not_checked|worker|integrity|unverified|head|undeliverable|undelivered"
    kinds += "|digest_held|digest_warned|digest_tested|test|test_passed"
    named = {
        "counted": "[a-z_]+",
        "kind": f"(?:{kinds}|{alarms}|.*stamp.*|.*seal.*|.*disk.*)",
        "minimal": "(?:_minimal)?",
        "manner": "(?:_no_invoice|_test)?",
    }
    yield re.compile("|".join(Severity))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z0-9_-]+", node.value)
            ):
                yield re.compile(re.escape(node.value) + "(?:_minimal)?")
            if isinstance(node, ast.JoinedStr):
                parts = []
                for value in node.values:
                    if isinstance(value, ast.Constant):
                        parts.append(re.escape(str(value.value)))
                    elif isinstance(value, ast.FormattedValue):
                        name = value.value.id if isinstance(value.value, ast.Name) else ""
                        parts.append(named.get(name, "[a-z-]+"))
                if any("_" in p for p in parts):
                    yield re.compile("".join(parts) + "(?:_minimal)?")
            if (
                isinstance(node, ast.BinOp)
                and isinstance(node.left, ast.Constant)
                and "_" in str(node.left.value)
            ):
                yield re.compile(re.escape(str(node.left.value)) + "[a-z-]+")


def test_many_findings_stay_readable_and_none_is_lost() -> None:
    many = [replace(_found("MAP-02", value=f"V{n}"), line=str(n)) for n in range(1, 124)]
    more = [_found(f"UST-{n:02}") for n in (1, 2, 4, 5, 8, 12, 13, 16)]
    letter = held(_verdict(*many, *more), _WAY, "de")
    blocks = [b for b in _blocks(letter, FindingBlock) if isinstance(b, FindingBlock)]
    assert [b.number for b in blocks] == [1, 2, 3, *range(124, 131)]
    plain = text(letter)
    assert all(f"„V{n}“" in plain for n in range(1, 64))
    assert "61 weitere" in plain
    assert len(plain) < 30_000
    assert plain.replace("\n", " ").count("Zahlen bestehen aus Ziffern") == 1
    for quote in _blocks(letter, Quote):
        assert isinstance(quote, Quote)
        assert len(quote.text.split("\n")) < 60


def test_lines_with_one_cause_are_counted() -> None:
    merged = replace(_found("BR-22"), line="3", count=13)
    assert "Position 3 und 12 weitere" in _said(held(_verdict(merged), _WAY, "de"))
    assert "line 3 and 12 more" in _said(held(_verdict(merged), _WAY, "en"))


@pytest.mark.parametrize("language", _LANGUAGES)
def test_endless_values_do_not_make_endless_mails(language: str) -> None:
    endless = "Ä<&>\u202e" * 2500
    who = replace(
        _WHO, number=endless, seller=endless, buyer=endless, gross=endless, currency=endless
    )
    place = Place(3, "MOA", f"MOA+203:{endless}'", 0, 10_000)
    found = [
        replace(_found(r, value=endless, seller=endless, number=endless), place=place)
        for r in ("MAP-02", "UST-04")
    ]
    way = replace(
        _WAY, file=endless, mail_subject=endless, mail_from=endless, mail_id=endless, tenant=endless
    )
    letter = held(_verdict(*found, who=who), way, language)
    assert len(letter.subject) < 300
    assert len(text(letter)) < 15_000
    assert len(html([letter])) < 40_000
    assert "\u202e" not in html([letter])


def test_a_wrong_value_is_pointed_at() -> None:
    plain = text(held(_verdict(_found("MAP-02", value="45A.60")), _WAY, "de"))
    assert "   >    3  MOA+203:45A.60'\n" + " " * 19 + "^^^^^^\n" in plain
    page = parser.fromstring(html([held(_verdict(_found("MAP-02", value="45A.60")), _WAY, "de")]))
    assert [m.text for m in page.iter("mark")] == ["45A.60"]


def test_a_value_that_stands_twice_is_not_pointed_at() -> None:
    twice = replace(_found("MAP-02", value="7"), place=Place(3, "MOA", "MOA+7:7'", 0, 8))
    assert "^" not in text(held(_verdict(twice), _WAY, "de"))


def _said(letter: Letter) -> str:
    """The whole letter as one line."""
    return " ".join(text(letter).replace("\n| ", " ").split())


def test_the_reason_stands_in_the_first_sentences() -> None:
    opening = held(_verdict(_found("UST-04")), _WAY, "de").blocks[1]
    assert isinstance(opening, Paragraph)
    assert (
        "wurde angehalten und nicht archiviert. Grund: Steuernummer oder USt-IdNr." in opening.text
    )


def test_what_follows_is_said_only_where_it_is_true() -> None:
    def risk(*rules: str, way: Circumstance = _WAY, who: Identity = _WHO) -> str:
        return _said(held(_verdict(*map(_found, rules), who=who), way, "de"))

    retro, core, own, theirs = (
        "kann auf die erste",
        "eine der Kernangaben (Punkt 1)",
        "ist Ihr Vorsteuerabzug",
        "Ihres Kunden",
    )
    assert own in risk("UST-04")
    assert retro in risk("UST-04")
    assert core in risk("UST-01")
    assert retro not in risk("UST-01", "UST-04")
    assert theirs in risk("UST-04", way=replace(_WAY, direction="out"))
    self_billed = replace(_WHO, type_code="389")
    assert own in risk("UST-04", way=replace(_WAY, direction="out"), who=self_billed)
    assert theirs in risk("UST-04", who=self_billed)
    for silent in (risk("BR-CO-15"), risk("UST-04", who=replace(_WHO, tax="0.00")), risk("UST-12")):
        assert own not in silent
        assert "Kernangaben" not in silent
    assert own not in risk("UST-04", who=replace(_WHO, type_code="381"))
    assert "lässt sich nachträglich nicht heilen" in risk("UST-34")


def test_unknown_gln_asks_for_one_line_of_master_data() -> None:
    lines = ("gln,name,street", "4319876000004,NAME,STREET")
    way = replace(_WAY, missing_partners=lines)
    said = held(_verdict(_found("MAP-04")), way, "de")
    assert "4319876000004,NAME,STREET" in [
        line.removeprefix("| ") for line in text(said).split("\n")
    ]
    assert "weil Name oder Anschrift eines Geschäftspartners weder in der Nachricht noch" in _said(
        said
    )
    assert not _blocks(said, Steps)
    both = held(_verdict(_found("MAP-04"), _found("UST-04")), way, "de")
    assert _blocks(both, Steps)
    assert "4319876000004,NAME,STREET" in text(both)
    minimal = held(_verdict(_found("MAP-04")), replace(way, full=False, attached=()), "de")
    assert "4319876000004" not in text(minimal)
    assert "edigate partners missing" in text(minimal)


def test_a_used_number_is_not_to_be_paid_twice() -> None:
    assert "Bezahlen Sie nicht beide" in _said(held(_verdict(_found("UST-12")), _WAY, "de"))
    assert "neue Nummer" in _said(
        held(_verdict(_found("UST-12")), replace(_WAY, direction="out"), "de")
    )


def test_no_invoice_is_no_blame() -> None:
    found = _found("MAP-07", code="325", de="Proforma-Rechnung")
    letter = held(
        _verdict(found, state=State.NOT_AN_INVOICE, who=replace(_WHO, type_code="325")), _WAY, "de"
    )
    assert letter.subject.startswith("NICHT ARCHIVIERT")
    assert "War keine Rechnung gemeint, ist nichts zu tun" in _said(letter)
    assert "§ 14b" not in text(letter)


def test_a_gateway_s_own_failure_is_not_put_to_the_partner() -> None:
    letter = held(_verdict(_found("XSD-OTHER")), _WAY, "de")
    assert not _blocks(letter, Quote)
    assert "an den Betreiber Ihres Gateways" in _said(letter)


def test_outgoing_documents_are_the_tenant_s_to_mend() -> None:
    letter = held(_verdict(_found("UST-04")), replace(_WAY, direction="out"), "de")
    assert not _blocks(letter, Quote)
    assert "Berichtigen Sie die Rechnung in Ihrem System" in _said(letter)
    assert "an den Empfänger weitergeleitet" in _said(letter)


def test_minimal_letters_point_to_the_document_id() -> None:
    for language, state in product(_LANGUAGES, (State.INVALID, State.NOT_AN_INVOICE, State.VALID)):
        rule = "UST-10" if state is State.VALID else "UST-04"
        way = replace(_WAY, full=False, attached=())
        letter = held(_verdict(_found(rule), state=state), way, language)
        for rendering in (letter.subject, text(letter), html([letter])):
            assert way.document_id in rendering
            assert not re.search(r"RE-1\b|Farbenwerk|119[.,]00|4012345000009", rendering)
        assert "Senden Sie den Text oben" not in text(letter)
        held_words = ("ANGEHALTEN", "HELD")
        assert any(w in letter.subject for w in held_words) == (state is State.INVALID)


def test_information_is_one_short_list() -> None:
    letter = held(
        _verdict(_found("UST-04"), _found("UST-03", gln="1"), _found("UST-03", gln="2")), _WAY, "de"
    )
    (notes,) = _blocks(letter, Remarks)
    assert isinstance(notes, Remarks)
    assert len(notes.items) == 2
    assert Heading("Zur Kenntnis") in letter.blocks


def test_a_check_says_nothing_of_mailboxes_and_attachments() -> None:
    way = Circumstance(file="in.edi")
    for state, word in ((State.INVALID, "ungültig"), (State.VALID, "gültig"), (State.TEST, "Test")):
        letter = held(
            _verdict(*([_found("UST-04")] if state is State.INVALID else []), state=state),
            way,
            "de",
        )
        assert word in letter.subject
        assert not re.search(
            "Hauptpostfach|Anlage|archivpostfach|Was ist zu tun", text(letter), re.IGNORECASE
        )
    unread = unreadable((_found("EDI-02"),), way, {}, "de")
    assert "Hauptpostfach" not in text(unread)


def test_an_original_too_large_is_named_with_its_place() -> None:
    way = replace(_WAY, attached=("report.json",), oversize=12_345_678)
    said = _said(held(_verdict(_found("UST-04")), way, "de"))
    assert "12,3 MB" in said
    assert f"edigate log {_WAY.document_id}" in said
    assert "Anlage: der Prüfbericht" in said


@pytest.mark.parametrize(
    "rule", [r for r, rule in catalogue().items() if r.startswith("MAIL-") and rule.partner]
)
def test_attachments_that_cannot_be_read(rule: str) -> None:
    for language, way in product(
        _LANGUAGES, (_WAY, replace(_WAY, direction="out"), replace(_WAY, full=False))
    ):
        letter = unreadable(
            (_found(rule),), replace(way, control_reference="", file="a.zip"), {}, language
        )
        title = catalogue()[rule].title.in_language(language)
        assert title in _said(letter)
        assert bool(_blocks(letter, Quote)) == (way.direction == "in" and way.full)
        assert ("a.zip" in text(letter)) == way.full


def _entry(
    number: int, rule: str = "UST-04", seller: str = "Farbenwerk GmbH", **fields: str
) -> DigestEntry:
    who = replace(_WHO, number=f"RE-{number}", seller=seller)
    return DigestEntry(
        f"01a1fc6db76AXRC13TQ2729{number:03}",
        fields.get("direction", "in"),
        who,
        (rule, "UST-03"),
        "edi@p.example",
    )


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_digest_names_every_document_once_and_counts_by_rule(language: str) -> None:
    entries = [*(_entry(n) for n in range(1, 40)), _entry(40, "UST-16", "Molkerei eG")]
    letter = digest(entries, _WAY, language, "held")
    for rendering in (text(letter), _shown(letter)):
        assert all(rendering.count(e.document_id) == 1 for e in entries)
        assert "UST-03" not in rendering
    assert re.search(r"^ +39 ×  .*\[UST-04\]$", text(letter), re.MULTILINE)
    assert "40" in letter.subject
    assert len(_blocks(letter, Quote)) == 4  # two partners, two languages
    assert "Farbenwerk" in digest(entries[:39], _WAY, language, "held").subject


def test_a_minimal_digest_holds_no_invoice_data() -> None:
    letter = digest([_entry(1), _entry(2)], replace(_WAY, full=False, attached=()), "de", "held")
    for rendering in (letter.subject, text(letter), html([letter])):
        assert not re.search(r"RE-\d|Farbenwerk|119|edi@p", rendering)
    assert _entry(2).document_id in text(letter)


def test_a_digest_of_warnings_blames_nobody() -> None:
    letter = digest([_entry(1, "UST-10"), _entry(2, "UST-10")], _WAY, "de", "warned")
    assert not _blocks(letter, Quote)
    assert letter.subject.startswith("Mit Hinweisen archiviert")
    assert "[UST-10]" in text(letter)


def test_a_digest_of_hostile_values_is_text() -> None:
    bad = "<script>alert(1)</script>\r\nBcc: x@evil.example\u202e"
    entry = DigestEntry(
        "01a1fc6db76AXRC13TQ2729001",
        "in",
        Identity(number=bad, seller=bad, gross=bad, currency=bad),
        (bad,),
        bad,
    )
    letter = digest([entry, _entry(2)], _WAY, "de", "held")
    assert "<script" not in html([letter])
    assert not re.search(r"^Bcc", text(letter) + letter.subject, re.MULTILINE)
    assert "\u202e" not in text(letter) + html([letter]) + letter.subject


def test_a_rule_the_catalogue_does_not_know_is_shown_all_the_same() -> None:
    unknown = Finding(
        "BR-NEW-99",
        Severity.ERROR,
        FindingClass.BUSINESS_RULE,
        Source.SCHEMATRON,
        Texts("neu", "new"),
        "EN 16931",
    )
    assert "BR-NEW-99" in text(held(_verdict(unknown), _WAY, "de"))


def test_one_is_not_many() -> None:
    core = _said(held(_verdict(_found("UST-01")), _WAY, "de"))
    assert "Betroffen ist eine der Kernangaben (Punkt 1)" in core
    both = _said(held(_verdict(_found("UST-01"), _found("UST-02")), _WAY, "de"))
    assert "Betroffen sind Kernangaben (Punkte 1 und 2)" in both
    assert "Dazu kommt ein weiterer Fehler" in _said(
        held(
            _verdict(*(_found(f"UST-{n:02}") for n in (1, 2, 4, 5, 8, 11, 13, 14, 16, 19, 21))),
            _WAY,
            "de",
        )
    )
    four = _said(held(_verdict(*map(_found, ("UST-01", "UST-02", "UST-04", "UST-08"))), _WAY, "de"))
    assert "und ein weiterer Befund." in four
    for warned, language in product((False, True), _LANGUAGES):
        letter = digest([_entry(1, "UST-10")], _WAY, language, "warned" if warned else "held")
        assert not re.search(
            r"\b1 (?:Belege|documents)\b|Belege wurden|documents were",
            letter.subject + text(letter),
        )
