"""The list of all rules as a page, made from the catalogue: `python -m tests.docs.rules
--write`."""

import sys
from itertools import groupby

from edigate.checks.invoice_laws import invoice_laws
from edigate.findings import Rule, catalogue
from tests.docs.source import ROOT

PAGE = ROOT / "schemas" / "rules" / "README.md"
_FAMILIES = {
    **{law.prefix: law.name for law in invoice_laws()},
    "SUM": "Sums and counts",
    "FRM": "Form of single values",
    "MAP": "What a message does not settle",
    "EDI": "Interchanges and segments (ISO 9735)",
    "MAIL": "Mails and attachments",
    "TEN": "Whom an interchange is addressed to",
    "SEV": "Weights of the tenant",
    "XSD": "XML schema",
    "CHK": "Checks that did not run",
    "PDF": "The page",
    "BR": "Official rules of EN 16931 with words of our own",
}
_OTHERS = "Official rules of the profile, by family"
_COLUMNS = (
    "| Rule | Weight | Class | Basis | Terms | Wrong is (de) | Wrong is (en) "
    "|\n|---|---|---|---|---|---|---|"
)
_HEAD = """# The rules

Made from the catalogue (this folder and `schemas/law/`) by
`python -m tests.docs.rules --write`; a test keeps it complete.
The law, the meaning and an example of each rule: `edigate explain RULE`.

Weight: what a broken rule weighs unless circumstances make it milder (an error holds the invoice);
behind it the least weight a tenant's settings may give it. Class: BMF letter of 15.10.2025.
"""


def _row(rule: Rule) -> str:
    weight = f"{rule.severity} ({rule.downgrade})" if rule.downgrade else f"{rule.severity}"
    cells = (
        f"`{rule.id}`",
        weight,
        f"{rule.category}",
        rule.basis,
        ", ".join(rule.terms),
        rule.title.de,
        rule.title.en,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _family(rule: Rule) -> str:
    return _FAMILIES.get(rule.id.split("-")[0], _OTHERS)


def page() -> str:
    """The page as it has to be."""
    order = [*_FAMILIES.values(), _OTHERS]
    sections = [_HEAD]
    found = sorted(catalogue().values(), key=lambda r: (order.index(_family(r)), r.id))
    for family, rules in groupby(found, _family):
        rows = "\n".join(map(_row, rules))
        sections.append(f"## {family}\n\n{_COLUMNS}\n{rows}\n")
    return "\n".join(sections)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit(f"{PAGE} is not what the catalogue says: python -m tests.docs.rules --write")
