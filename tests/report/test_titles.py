"""One name for a document type, wherever it stands: table, letter, terminal, JSON, page, subject
and header."""

import io
from dataclasses import replace
from email import policy
from email.parser import BytesParser

import pytest
from rich.console import Console

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.edifact.invoic.record.code_tables import document_types
from edigate.invoice import codes
from edigate.invoice.codes import CREDIT_NOTES, SELF_BILLED
from edigate.mail.compose import archive_mail
from edigate.pdf.page.words import words as page_words
from edigate.report import as_json, as_terminal
from edigate.report.as_text import text
from edigate.report.letter import Circumstance, held
from edigate.report.sentences import Sentences
from edigate.resources import schema, table
from tests.fixtures.cases import engines
from tests.fixtures.messages import TODAY, Case, bgm
from tests.mail.test_compose import NOW, PACKAGE
from tests.mapping.edi import PARTNERS

ROWS = {
    row["code"]: row for row in table(schema("titles.tsv"), ("code", "kind", "sign", "de", "en"))
}
CONDITIONS = pipeline.Conditions(Circumstances(today=TODAY), PARTNERS, {}, {})
KINDS = {
    "invoice",
    "partial",
    "prepayment",
    "correction",
    "credit",
    "debit",
    "self-billed",
    "other",
}


def test_every_type_that_is_accepted_or_mapped_has_a_name() -> None:
    assert codes.members("document") | document_types().keys() <= ROWS.keys()


def test_kind_and_sign_agree_with_what_is_decided_by_them() -> None:
    assert {row["kind"] for row in ROWS.values()} == KINDS
    assert {row["sign"] for row in ROWS.values()} == {"+", "-"}
    reducing = {code for code, kind in document_types().items() if kind.credit}
    assert reducing == {c for c, r in ROWS.items() if r["sign"] == "-" and c in document_types()}
    assert reducing >= CREDIT_NOTES
    assert {c for c, r in ROWS.items() if r["kind"] == "self-billed"} >= SELF_BILLED
    others = {code for code, kind in document_types().items() if kind.kind == "not-an-invoice"}
    assert others == {c for c, r in ROWS.items() if r["kind"] == "other" and c in document_types()}


@pytest.mark.parametrize("code", ROWS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_all_renderings_say_the_same(code: str, language: str) -> None:
    title = codes.title(code, language)
    assert title.casefold() == ROWS[code][language].casefold()
    page = page_words(language)
    assert page.title(code) == title
    assert page.type_name(code) == f"{title} ({code})"
    said = Sentences(language)
    assert said.document_word(code).casefold() == title.casefold()
    assert said.document_type(code).casefold() == f"{title} ({code})".casefold()
    package = replace(PACKAGE, type_code=code, title=title)
    octets = archive_mail(
        package, b"%PDF", sender="archive@edi.example", to="1.111@edi.example",
        hostname="edi.example",
        created_at=NOW, language=language,
    )  # fmt: skip
    mail = BytesParser(policy=policy.default).parsebytes(octets)
    assert mail["Subject"].startswith(f"[INVOIC] {title} {package.invoice_number} |")
    assert (mail["X-Edigate-Type"], mail["X-Edigate-Title"]) == (code, title)
    body = mail.get_body()
    assert body is not None
    assert f"Title: {title}" in body.get_content()


@pytest.mark.parametrize(
    "code", [c for c, kind in document_types().items() if kind.kind == "invoice"]
)
def test_letter_terminal_and_json_of_a_message_say_the_same(code: str) -> None:
    document = Case("", head=bgm(code)).examined()
    verdict = pipeline.verdict_of(document, b"", "")
    typed = verdict.identity.type_code
    title = codes.title(typed, "de")
    letter = held(verdict, Circumstance(document_id="X-1", tenant="T"), "de")
    assert f"{title} ({typed})" in text(letter).replace("\n", " ")
    told = as_json.message_json(verdict)["invoice"]
    assert told["title"] == {"de": title, "en": codes.title(typed, "en")}
    out = io.StringIO()
    examination = pipeline.examine(Case("", head=bgm(code)).data, engines(), CONDITIONS)
    as_terminal.show(Console(file=out, width=200), pipeline.input_verdict(examination, "x"), "de")
    assert title in out.getvalue()
