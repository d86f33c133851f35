"""Hostile and odd values in every field of a letter, through to the mail: text stays text, and
sizes stay sane."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parser
from rich.cells import cell_len
from rich.console import Console

from edigate.checks.verdict import Report, State
from edigate.config import Settings, Tenant
from edigate.findings import Finding, Place, Severity, catalogue, finding
from edigate.mail.compose import MailFile
from edigate.report import as_terminal
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.blocks import Letter
from edigate.report.digest import DigestEntry, digest
from edigate.report.letter import Circumstance, held, unreadable
from edigate.report.presentation import Identity, InputVerdict, InterchangeVerdict, Verdict
from edigate.service.letters.notices import to_tenant

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ATTACKS = {
    "line ends": "a\r\nBcc: thief@evil.example\r\n\r\nbody",
    "unicode line ends": "a\u2028Bcc: x\u2029y\x85z\x0b\x0c\x1c",
    "script": "</script><script>alert(1)</script>",
    "attribute": "\"'><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "template": "{{ 7*7 }}{% raw %}{number}{0}",
    "style": "</style></td></tr></table><h1>paid</h1><!-- ",
    "encoded word": "=?utf-8?q?a=0D=0ABcc:_thief=40evil.example?=",
    "right to left": "\u202egnp.exe\u202c\u2066x\u2069\u200f",
    "zero width": "Far\u200bben\u200dwerk\ufeff\u2060\u00ad",
    "controls": "\x00\x07\x08\x1b[31m\x7f\x9b31m",
    "terminal link": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "markup of the terminal": "[bold red]x[/][link=https://evil.example]y[/link]",
    "emoji": "🧾💶👩\u200d🚀🇩🇪",
    "wide": "株式会社テスト電機" * 6,
    "combining": "a" + "\u0301" * 200,
    "surrogate": "\ud800x",
    "long": "N" * 10_000,
    "long words": "ä ö " * 4_000,
}
_SEGMENTS = ("UNH+1+INVOIC:D:96A:UN:EAN008'", "BGM+380+RE-1+9'", "MOA+203:45'", "UNT+4+1'")


def _filled(rule: str, value: str) -> Finding:
    names = re.findall(r"\{([a-z_]+)(?::edi)?\}", str(catalogue()[rule]))
    given: dict[str, Any] = dict.fromkeys(names, value)
    place = Place(3, "MOA", f"MOA+203:{value}'", 0, 9)
    return finding(
        rule,
        place=place,
        line=value,
        missing=f"MOA+203:{value}'" if rule == "UST-04" else None,
        **given,
    )


def _verdict(value: str) -> Verdict:
    identity = Identity(**{f.name: value for f in fields(Identity)})
    found = tuple(
        _filled(rule, value) for rule in ("MAP-02", "UST-04", "UST-12", "FX-SCH-CODE", "UST-16")
    )
    segments = (*_SEGMENTS[:2], f"MOA+203:{value}'", _SEGMENTS[3])
    return Verdict(
        value, value, identity, Report(State.INVALID, found, {"schematron": "1"}), segments
    )


def _way(value: str) -> Circumstance:
    return Circumstance(
        document_id="01a1fc6db76AXRC13TQ2729S0J",
        control_reference=value,
        sender=value,
        recipient=value,
        file=value,
        mail_from=value,
        mail_subject=value,
        mail_id=value,
        received_at=NOW,
        missing_partners=("gln,name", f"4012345000009,{value}".splitlines()[0]),
        tenant=value,
        attached=("in.edi", "report.json"),
    )


@cache
def _settings() -> Settings:
    tenant = Tenant(account="2800001946", name="Baumarkt", notify=("accounting@tenant.example",))
    return Settings(
        domain="gw.example", hostname="gw.example", data=Path("unused"), tenant=(tenant,)
    )


def _letters(value: str) -> list[Letter]:
    verdict, way = _verdict(value), _way(value)
    entry = DigestEntry(
        "01a1fc6db76AXRC13TQ2729001", "in", verdict.identity, ("UST-04", value), value
    )
    return [
        *(held(verdict, way, language) for language in ("de", "en")),
        held(verdict, replace(way, full=False, attached=()), "de"),
        unreadable((_filled("EDI-02", value),), way, {}, "de"),
        digest(
            [entry, replace(entry, document_id="01a1fc6db76AXRC13TQ2729002")], way, "de", "held"
        ),
    ]


def _mailed(letter: Letter, value: str) -> EmailMessage:
    original = MailFile(value, b"UNB'", "application/EDIFACT")
    settings = _settings()
    made = to_tenant(
        letter, settings.tenant[0], settings, about="x", at=NOW, attachments=(original,)
    )
    assert made is not None
    content = bytes(made.mail.content)
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    mail = BytesParser(policy=default).parsebytes(content)
    assert not mail.defects
    return mail


@pytest.mark.parametrize("name", ATTACKS)
def test_text_stays_text_in_every_field(name: str) -> None:
    for letter in _letters(ATTACKS[name]):
        page = html([letter])
        parsed = parser.fromstring(page)
        assert [
            e.tag
            for e in parsed.iter("script", "img", "svg", "a", "iframe", "object", "link", "form")
        ] == []
        assert len(parsed.findall(".//h1")) == 1
        assert not [
            n
            for e in parsed.iter()
            for n in map(str, e.attrib)
            if n.startswith("on") or n in ("href", "src")
        ]
        for shown in (letter.subject, text(letter), page):
            assert not re.search(
                (
                    "[^\n\\S "
                    "]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202f\u2060-\u206f\u200b-\u200f\ufeff]"
                ),
                shown,
            )
        assert "49" not in letter.subject
        assert not re.search(r"^Bcc", text(letter), re.MULTILINE)


@pytest.mark.parametrize("name", ATTACKS)
def test_mail_has_its_headers_and_parts_and_no_others(name: str) -> None:
    value = ATTACKS[name]
    for letter in _letters(value):
        mail = _mailed(letter, value)
        assert sorted(mail.keys()) == [
            "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
            "Subject", "To",
        ]  # fmt: skip
        assert mail["To"] == "accounting@tenant.example"
        assert mail["Auto-Submitted"] == "auto-generated"
        leaves = [part for part in mail.walk() if not part.is_multipart()]
        assert [leaf.get_content_type() for leaf in leaves] == [
            "text/plain",
            "text/html",
            "application/edifact",
        ]
        attached = str(leaves[-1].get_filename() or "")
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", attached), attached
        assert attached[:1] != "."
        assert attached.count(".") <= 1
        body = leaves[0].get_content()
        assert "‹U+00A0›" not in leaves[1].get_content()
        assert body.replace("\r\n", "\n").strip() == text(letter).strip()


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("width", [80, 40])
def test_a_terminal_gets_no_control_of_it(name: str, width: int) -> None:
    verdict = _verdict(ATTACKS[name])
    value = ATTACKS[name]
    shown = InputVerdict(value, True, (InterchangeVerdict(value, value, value, False, (verdict,)),))
    out = StringIO()
    as_terminal.show(
        Console(file=out, width=width, force_terminal=False, color_system=None), shown, "de"
    )
    written = out.getvalue()
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\u200b-\u200f\ufeff]", written
    )
    for line in written.splitlines():
        assert cell_len(line.rstrip()) <= width, line


def test_a_letter_with_1500_findings_is_readable_and_small() -> None:
    many = tuple(
        replace(_filled("MAP-02", f"{n}.000,00"), line=str(n), severity=Severity.ERROR)
        for n in range(1, 1501)
    )
    segments = tuple(f"MOA+203:{n}.000,00'" for n in range(4000))
    verdict = replace(_verdict("RE-1"), report=Report(State.INVALID, many, {}), segments=segments)
    for language in ("de", "en"):
        letter = held(verdict, _way("in.edi"), language)
        plain, page = text(letter), html([letter])
        assert len(plain) < 30_000
        assert len(page) < 60_000
        assert re.search(r"1[.,]?500 (?:Fehler|errors)", letter.subject)
        assert "1437" in plain


def test_endless_values_in_many_findings_do_not_add_up() -> None:
    endless = "N" * 10_000
    many = tuple(replace(_filled("UST-04", endless), line=str(n)) for n in range(200))
    verdict = replace(_verdict(endless), report=Report(State.INVALID, many, {}))
    letter = held(verdict, _way(endless), "de")
    assert len(letter.subject) < 300
    assert len(text(letter)) < 60_000
    assert len(html([letter])) < 120_000


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        ("IMD+F++:::Müßig:Öl'", "Öl"),
        ("NAD+SU+1++株式会社+東京'", "東京"),
        ("FTX+AAI+++a\u0301e\u0301:ö\u0308'", "ö\u0308"),
    ],
)
def test_the_carets_stand_under_the_value_whatever_the_letters(segment: str, value: str) -> None:
    given = replace(
        _filled("MAP-02", "x"),
        place=Place(3, segment[:3], segment, 0, 9),
        values=(("value", value),),
    )
    verdict = replace(_verdict("RE-1"), report=Report(State.INVALID, (given,), {}))
    out = StringIO()
    terminal = Console(file=out, width=80, force_terminal=False, color_system=None)
    as_terminal.show(
        terminal,
        InputVerdict("f", True, (InterchangeVerdict("i", "a", "b", False, (verdict,)),)),
        "de",
    )
    for shown in (text(held(verdict, _way("x"), "de")), out.getvalue()):
        lines = shown.splitlines()
        carets = next(n for n, line in enumerate(lines) if line.strip().startswith("^"))
        under = lines[carets - 1]
        column = cell_len(under[: under.index(value)])
        assert cell_len(lines[carets].rstrip()) - lines[carets].count("^") == column
        assert lines[carets].count("^") == cell_len(value)
