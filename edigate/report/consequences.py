"""A verdict -> what follows for the deduction of input tax and whether a correction helps, in two
or three sentences.

Said only where it is true: of missing or wrong items of § 14 Abs. 4 UStG in an invoice that shows
tax. Sources: § 15 Abs. 1 Satz 1 Nr. 1 UStG; BMF letter of 18.9.2020 (retroactive effect needs the
five core items).
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from edigate.findings import Finding, FindingClass, Severity, catalogue
from edigate.report.presentation import Verdict
from edigate.report.sentences import Sentences

_MANDATORY = "§ 14 Abs. 4"
_CREDITS = frozenset(
    ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532")
)  # fmt: skip
"""Document types that give money back: their recipient deducts nothing from them."""


def consequences(words: Sentences, verdict: Verdict, *, own: bool) -> str:
    """The sentences, or "" when nothing can be said. own: the tenant is the one who deducts the
    input tax."""
    return " ".join(_sentences(words, verdict, own=own))


def _sentences(words: Sentences, verdict: Verdict, *, own: bool) -> Iterator[str]:
    errors = {
        n: f for n, f in enumerate(verdict.report.findings, 1) if f.severity is Severity.ERROR
    }
    never = [n for n, f in errors.items() if _curable(f) == "never"]
    mandatory = {n: f for n, f in errors.items() if _is_mandatory(f)}
    if mandatory and _shows_tax(verdict):
        yield words.say("at_risk_own" if own else "at_risk_theirs")
        yield from _cure(words, mandatory, hopeless=bool(never))
    if never:
        yield words.counted("cure_never", len(never), numbers=words.numbers(never))


def _cure(words: Sentences, mandatory: dict[int, Finding], *, hopeless: bool) -> Iterator[str]:
    """Whether a correction reaches back; nothing where that depends."""
    core = [n for n, f in mandatory.items() if _curable(f) == "core"]
    if core:
        yield words.counted("cure_core", len(core), numbers=words.numbers(core))
    elif not hopeless and {_curable(f) for f in mandatory.values()} == {"retro"}:
        yield words.say("cure_retro")


def _is_mandatory(finding: Finding) -> bool:
    return finding.category is FindingClass.CONTENT and finding.basis.startswith(_MANDATORY)


def _curable(finding: Finding) -> str:
    rule = catalogue().get(finding.rule)
    return rule.curable if rule else ""


def _shows_tax(verdict: Verdict) -> bool:
    identity = verdict.identity
    if identity.type_code in _CREDITS:
        return False
    try:
        return Decimal(identity.tax) > 0
    except InvalidOperation:
        return False
