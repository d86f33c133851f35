"""Findings of one cause -> the finding that leads, with the others beside it. This module must not
know why they have one cause."""

from collections.abc import Sequence
from dataclasses import replace

from edigate.findings import Finding, Source

OFFICIAL = (Source.XSD, Source.SCHEMATRON)


def merged_into(lead: Finding, others: Sequence[Finding]) -> Finding:
    """The finding with the rules of `others` beside it, the first official text (a rule of the
    standard tells more than the XML schema), and the law where it has none."""
    if not others:
        return lead
    rules = dict.fromkeys((*lead.also, *(r for o in others for r in (o.rule, *o.also))))
    rules.pop(lead.rule, None)
    official = lead.official or _official_text(others)
    return replace(lead, also=tuple(rules), official=official, basis=_basis(lead, others))


def _official_text(others: Sequence[Finding]) -> str | None:
    texts = sorted((o for o in others if o.official), key=lambda o: o.source is Source.XSD)
    return next((o.official for o in texts), None)


def _basis(lead: Finding, others: Sequence[Finding]) -> str:
    if lead.source not in OFFICIAL:
        return lead.basis
    law = next((o.basis for o in others if o.source is Source.USTG), None)
    return lead.basis if law is None or law in lead.basis else f"{lead.basis}; {law}"
