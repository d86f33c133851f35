"""Findings: what is wrong, how bad it is, where it stands and under which rule. A foundation of
every room.

A rule's words and weight are data in `schemas/rules/*.toml` (the catalogue); code only says that a
rule is broken, where, and with which values. Mails, JSON, terminal and page are renderings of the
findings made here. This module must not know what an invoice or an EDIFACT message is.
"""

from edigate.findings.kinds import FindingClass, Place, Severity, Source, Texts
from edigate.findings.making import Finding, finding
from edigate.findings.rule_catalogue import (
    SYNTAX,
    Rule,
    RuleCase,
    as_missing,
    catalogue,
    catalogue_of,
    part,
    qualified,
    unnamed,
)
from edigate.findings.shown import joined, printable, word, written

__all__ = [
    "SYNTAX",
    "Finding",
    "FindingClass",
    "Place",
    "Rule",
    "RuleCase",
    "Severity",
    "Source",
    "Texts",
    "as_missing",
    "catalogue",
    "catalogue_of",
    "finding",
    "joined",
    "part",
    "printable",
    "qualified",
    "unnamed",
    "word",
    "written",
]
