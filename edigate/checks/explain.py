"""A rule's id -> what `edigate explain RULE` shows: law, meaning, how it would be right, weight and
its limits."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from edigate.checks.severity import rule_of
from edigate.findings import FindingClass, Rule, Severity, Texts, finding, part, word


@dataclass(frozen=True, slots=True)
class Explanation:
    """One rule in one language. least: the least severity a tenant's settings may give it (equal to
    `severity` when it is fixed). curable says whether an invoice with this defect can be corrected
    later, in words; empty if no question.
    """

    rule: str
    title: str
    law: str
    meaning: str
    example: str
    partner: str
    severity: Severity
    least: Severity
    category: FindingClass
    curable: str
    terms: tuple[str, ...]


_SAMPLES: dict[str, Any] = {
    "number": "RE-2026-0815",
    "position": "3",
    "reference": "IC4711",
    "gln": "4012345500004",
    "role": "SU",
    "currency": "USD",
    "invoice": "EUR",
    "category": "AE",
    "rate": Decimal(19),
    "base": Decimal("1000.00"),
    "tax": Decimal("200.00"),
    "expected": Decimal("190.00"),
    "stated": Decimal("1290.00"),
    "computed": Decimal("1190.00"),
    "amount": Decimal("12.345"),
    "gross": Decimal("119.00"),
    "total": Decimal("190.00"),
    "quantity": Decimal(12),
    "price": Decimal("9.95"),
    "id": "DE123456789",
    "code": "XYZ",
    "value": "45A.60",
    "issue_date_de": "15.10.2026",
    "issue_date_en": date(2026, 10, 15).isoformat(),
}
"""Values for the fields of a rule's texts where no invoice gives them; a field without one shows as
an ellipsis."""


def curability(rule: Rule, language: str) -> str:
    """Whether the defect can be corrected later, in words; empty when the question does not
    arise."""
    return word(f"curable-{rule.curable}").in_language(language) if rule.curable else ""


def explain(rule_id: str, language: str) -> Explanation:
    """The explanation of a rule in `de` or `en`.

    Raises: Misconfigured for an unknown rule, naming the nearest known ones.
    """
    rule = rule_of(rule_id)
    lacking = part("UST-01", "address")
    shown = finding(rule.id, **_SAMPLES, what_de=lacking.de, what_en=lacking.en)

    def words(texts: Texts | None) -> str:
        return texts.in_language(language) if texts else ""

    return Explanation(
        rule=rule.id,
        title=words(rule.title),
        law=rule.basis,
        meaning=words(rule.meaning),
        example=words(shown.expected),
        partner=words(shown.partner),
        severity=rule.severity,
        least=rule.downgrade or rule.severity,
        category=rule.category,
        curable=curability(rule, language),
        terms=rule.terms,
    )
