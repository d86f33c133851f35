"""A package of edigate -> what it carries to judge its original by: names and addresses, the day,
the verdict of then.

Master data and agreements stand in no EDIFACT message. A package holds what came of them, in its
XML and its report, so its original can be judged again; where even that does not reach, it cannot
be judged, which is another thing than not being valid.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from edigate.checks.verdict import State
from edigate.errors import EdigateError
from edigate.findings import Severity, finding
from edigate.invoice import cii
from edigate.invoice.model import Identifier, Invoice
from edigate.masterdata import Partner, PartnerDirectory, is_gln
from edigate.pdf.integrity import Verification, verify
from edigate.pipeline import Conditions, JudgedMessage

_GLN = "0088"
"""The scheme of a GLN (ISO/IEC 6523)."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a package says of the conditions it was made under. day: when it was received, else
    issued; was_valid: its report says so; weights: rule -> the weight it had then."""

    partners: PartnerDirectory
    day: date
    edigate: str
    was_valid: bool
    weights: Mapping[str, Severity] = field(default_factory=dict)


def carried_by(pdf: bytes) -> Carried | None:
    """What a package carries; None for what is no package, or whose parts are not what its metadata
    say."""
    try:
        found = verify(pdf)
        xml, report, original = (
            found.file(n) for n in ("factur-x.xml", "report.json", "original.edi")
        )
        sound = xml is not None and report is not None and original is not None
        if found.evidence is None or not sound or not all(f.intact for f in found.files):
            return None
        assert xml is not None
        assert report is not None
        partners = PartnerDirectory({p.gln: p for p in _partners(cii.read(xml.content))})
        return _carried(found, partners, report.content)
    except EdigateError:
        return None


def _carried(found: Verification, partners: PartnerDirectory, report: bytes) -> Carried | None:
    evidence = found.evidence
    assert evidence is not None
    try:
        ((message,),) = [
            i["messages"] for given in json.loads(report)["inputs"] for i in given["interchanges"]
        ]
        weights = {str(f["rule"]): Severity(f["severity"]) for f in message["findings"]}
        state = str(message["state"])
    except (ValueError, KeyError, TypeError):
        return None
    day = (evidence.received_at or evidence.created_at).date()
    return Carried(partners, day, evidence.edigate, state == State.VALID, weights)


def _partners(invoice: Invoice) -> Iterator[Partner]:
    """Every party that the XML names by GLN, as a line of master data."""
    seller, buyer, delivery = invoice.seller, invoice.buyer, invoice.delivery
    parties = [(identifier, seller, "") for identifier in seller.identifiers]
    parties.append((buyer.identifier, buyer, buyer.vat_identifier or ""))  # type: ignore[arg-type]
    if delivery is not None:
        parties.append((delivery.location, delivery, ""))  # type: ignore[arg-type]
    for identifier, party, vat in parties:
        if _is_gln(identifier) and party.name and party.address is not None:
            address = party.address
            yield Partner(
                gln=identifier.value,
                name=party.name,
                street=address.line_1 or "",
                postcode=address.post_code or "",
                city=address.city or "",
                country=address.country_code or "",
                vat_id=vat,
            )


def _is_gln(identifier: Identifier | None) -> bool:
    return identifier is not None and identifier.scheme == _GLN and is_gln(identifier.value)


def conditions_of(carried: Carried, given: Conditions, *, today: date | None) -> Conditions:
    """The conditions with what the package carries; what the caller named wins. today: as the
    caller named it."""
    day = today or carried.day
    circumstances = replace(
        given.circumstances, today=day, received=given.circumstances.received or day
    )
    return replace(
        given, partners=carried.partners.merged(given.partners), circumstances=circumstances
    )


def as_of_then(document: JudgedMessage, carried: Carried) -> JudgedMessage:
    """The verdict with the weights of then; what is still wrong cannot be judged with what the
    package carries."""
    if document.state is not State.INVALID or not carried.was_valid:
        return document
    found = tuple(
        replace(f, severity=carried.weights.get(f.rule, f.severity))
        for f in document.report.findings
    )
    wrong = dict.fromkeys(f.rule for f in found if f.severity is Severity.ERROR)
    if not wrong:
        return replace(document, report=replace(document.report, findings=found, state=State.VALID))
    said = finding("CHK-03", edigate=carried.edigate or "?", rules=", ".join(wrong))
    document = replace(document, report=replace(document.report, findings=found))
    return document.with_findings((said,), State.NOT_CHECKED)
