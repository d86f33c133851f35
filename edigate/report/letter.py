"""A verdict -> a letter: headings, paragraphs, tables and findings, from which the text and HTML
parts are made.

The letter says what happened and what follows, which document it is, what was found and where, what
would be right and under which law, what to tell the trading partner (in German and English, ready
to copy) and what to do next. A document id in the circumstances means that the gateway writes;
without one the letter is a report of `edigate check`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from edigate import __version__
from edigate.checks.verdict import State
from edigate.findings import Finding, Severity
from edigate.invoice.codes import SELF_BILLED
from edigate.report import partner
from edigate.report.blocks import Block, Heading, Letter, Pairs, Paragraph, Quote, Steps
from edigate.report.consequences import consequences
from edigate.report.listing import listed, titles
from edigate.report.presentation import Identity, Verdict
from edigate.report.sentences import Sentences, short

__all__ = ["Circumstance", "Letter", "alarm", "held", "unreadable"]

_MASTER_DATA = "MAP-04"
_ONLY_MASTER_DATA = ("held_master_data", "held_master_data_own")
"""Letters about invoices that nothing is wrong with but that master data are missing."""
_USED_NUMBER = "UST-12"
_LABELS = {"profile": "", "xsd": "XSD", "schematron": "Schematron"}


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the letter says of the way the document came: ids, mail, time. "" or None where unknown.

    direction: "in" (tenant receives) or "out" (tenant issues). full: False leaves out all invoice
    data. received_at: aware, in the time zone it is to be shown in. missing_partners: lines for the
    tenant's CSV. attached: names of the files that go with the letter; oversize: octets of an
    original too large to go with it. tenant signs the text for the partner; contact answers
    questions about the gateway. own_ids: the tenant's own GLNs: what is missing of them is asked of
    the tenant, never of the partner.
    """

    document_id: str = ""
    direction: str = "in"
    control_reference: str = ""
    sender: str = ""
    recipient: str = ""
    file: str = ""
    received_at: datetime | None = None
    mail_from: str = ""
    mail_subject: str = ""
    mail_id: str = ""
    full: bool = True
    missing_partners: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    oversize: int = 0
    tenant: str = ""
    contact: str = ""
    own_ids: tuple[str, ...] = ()


def held(verdict: Verdict, circumstance: Circumstance, language: str) -> Letter:
    """The error mail about an INVOIC that is held, or the short mail about one archived with
    warnings."""
    words = Sentences(language)
    kind = _kind(verdict, circumstance)
    full = circumstance.full
    report = verdict.report
    blocks: list[Block] = [
        Heading(words.say("what_happened")),
        Paragraph(_opening(words, kind, verdict, circumstance)),
        Heading(words.say("identification")),
        Pairs(tuple(_identification(words, verdict, circumstance))),
    ]
    if report.findings:
        blocks += [
            Heading(words.say("findings")),
            *listed(words, report.findings, verdict.segments, full),
        ]
    if not full:
        blocks.append(Paragraph(words.say("findings_minimal_hint")))
    following = consequences(words, verdict, own=_deducts(verdict.identity, circumstance))
    if kind == "held" and following:
        blocks += [Heading(words.say("consequences")), Paragraph(following)]
    quotes = _quotes(kind, verdict, circumstance)
    blocks += _partner(words, quotes)
    if circumstance.document_id:
        blocks += [
            Heading(words.say("next_steps")),
            *_next(words, kind, verdict, circumstance, bool(quotes)),
        ]
    blocks += _closing(words, circumstance, verdict)
    return Letter(
        words.language,
        _subject(words, kind, verdict, circumstance),
        tuple(blocks),
        _footer(words, report.artefacts),
    )


def unreadable(
    findings: tuple[Finding, ...],
    circumstance: Circumstance,
    artefacts: Mapping[str, str],
    language: str,
) -> Letter:
    """The error mail about a file that cannot be read as EDIFACT."""
    return _about_file("unreadable", findings, circumstance, artefacts, language)


def unopened(
    findings: tuple[Finding, ...],
    circumstance: Circumstance,
    artefacts: Mapping[str, str],
    language: str,
) -> Letter:
    """The mail about files that nobody here can open: not checked, may hold an invoice."""
    return _about_file("unopened", findings, circumstance, artefacts, language)


def _about_file(
    kind: str,
    findings: tuple[Finding, ...],
    circumstance: Circumstance,
    artefacts: Mapping[str, str],
    language: str,
) -> Letter:
    words = Sentences(language)
    findings = tuple(sorted(findings, key=lambda f: f.severity.rank))
    said = _said_of_file(words, findings, circumstance)
    quotes = _quotes_of_file(findings, circumstance)
    rows = tuple(_way(words, circumstance))
    blocks = (
        Heading(words.say("what_happened")),
        Paragraph(_opening_of_file(words, kind, circumstance, said)),
        *((Heading(words.say("identification_file")), Pairs(rows)) if rows else ()),
        Heading(words.say("findings")),
        *listed(words, findings, (), circumstance.full),
        *_partner(words, quotes),
        *_next_of_file(words, kind, circumstance, bool(quotes)),
        *_closing(words, circumstance),
    )
    key = f"{kind}_subject" + ("" if circumstance.full else "_minimal")
    subject = words.say(key, document=circumstance.document_id, **said)
    return Letter(words.language, subject, blocks, _footer(words, artefacts))


def _said_of_file(
    words: Sentences, findings: tuple[Finding, ...], circumstance: Circumstance
) -> dict[str, str]:
    """What the sentences about a file name: the file, who sent it, why."""
    errors = tuple(f for f in findings if f.severity is Severity.ERROR) or findings
    sender = circumstance.mail_from or circumstance.sender or words.say("unknown_sender")
    return {
        "file": short(circumstance.file, 80),
        "sender": short(sender, 80),
        "reasons": titles(words, errors),
    }


def _opening_of_file(
    words: Sentences, kind: str, circumstance: Circumstance, said: Mapping[str, str]
) -> str:
    """What happened; of a file that came by mail, that it was relayed and kept."""
    if not circumstance.document_id:
        return words.say(f"{kind}_checked", **said)
    opening = words.say(kind if circumstance.full else f"{kind}_minimal", **said)
    relayed = words.say(f"relayed_file_{circumstance.direction}")
    return f"{opening} {relayed} {words.say('kept')}"


def _quotes_of_file(findings: tuple[Finding, ...], circumstance: Circumstance) -> tuple[Quote, ...]:
    """The text for the partner who sent the file."""
    if not circumstance.full or circumstance.direction != "in":
        return ()
    return partner.about_file(
        findings,
        circumstance.control_reference,
        circumstance.file,
        _day(circumstance),
        circumstance.tenant,
    )


def _next_of_file(
    words: Sentences, kind: str, circumstance: Circumstance, with_text: bool
) -> Iterator[Block]:
    if not circumstance.document_id:
        return
    yield Heading(words.say("next_steps"))
    known = circumstance.direction == "out" or with_text or not circumstance.full
    steps = f"next_{kind}_{circumstance.direction}" if known else "next_in_operator"
    yield Steps(words.steps(steps))


def alarm(kind: str, facts: Mapping[str, str]) -> Letter:
    """The mail to the admins about a failure of the gateway itself: what, the facts, what to do.
    English."""
    words = Sentences("en")
    blocks: tuple[Block, ...] = (
        Heading(words.say("what_happened")),
        Paragraph(words.say(f"alarm_{kind}")),
        Pairs(tuple((name, short(value, 300)) for name, value in facts.items() if value)),
        Heading(words.say("next_steps")),
        Paragraph(words.say(f"alarm_{kind}_next")),
    )
    return Letter(
        "en",
        words.say(f"alarm_{kind}_subject"),
        blocks,
        words.say("alarm_footer", version=__version__),
    )


def _kind(verdict: Verdict, circumstance: Circumstance) -> str:
    """Which letter it is; the words in letters.toml begin with it."""
    if not circumstance.document_id:
        return "checked"
    if verdict.report.state is State.VALID:
        return "warned"
    if verdict.report.state is State.TEST:
        return "test" if verdict.report.errors else "test_passed"
    if verdict.report.state is State.NOT_AN_INVOICE:
        return "not_an_invoice"
    errors = verdict.report.errors
    if not circumstance.missing_partners or any(f.rule != _MASTER_DATA for f in errors):
        return "held"
    own = all(partner.concerns_own(f, circumstance.own_ids) for f in errors)
    return "held_master_data_own" if own else "held_master_data"


def _named(words: Sentences, verdict: Verdict, circumstance: Circumstance) -> Mapping[str, str]:
    """How subject and opening name the document; its issuer is the buyer where the buyer bills."""
    identity = verdict.identity
    issuer = identity.buyer if identity.type_code in SELF_BILLED else identity.seller
    return {
        "type": words.document_word(identity.type_code),
        "number": short(identity.number, 40) or words.say("unnumbered"),
        "seller": short(issuer or circumstance.sender, 60) or words.say("unknown_sender"),
        "counts": words.counts(verdict.report.findings),
        "document": circumstance.document_id,
        "state": words.say(f"state_{verdict.report.state.value}"),
    }


def _subject(words: Sentences, kind: str, verdict: Verdict, circumstance: Circumstance) -> str:
    named = dict(_named(words, verdict, circumstance))
    if kind == "checked":
        subject = words.say("checked_subject", **named)
        return f"{subject} – {named['counts']}" if named["counts"] else subject
    kind = "held" if kind in _ONLY_MASTER_DATA else kind
    return words.say(f"{kind}_subject" + ("" if circumstance.full else "_minimal"), **named)


def _opening(words: Sentences, kind: str, verdict: Verdict, circumstance: Circumstance) -> str:
    """What happened and the consequence, in a few short sentences."""
    named = _named(words, verdict, circumstance)
    errors = verdict.report.errors
    reasons = titles(words, errors) if errors else ""
    if kind == "warned":
        reasons = titles(
            words, [f for f in verdict.report.findings if f.severity is Severity.WARNING]
        )
    if kind == "not_an_invoice" and errors:
        reasons = short(errors[0].message.in_language(words.language), 300)
    elif kind != "not_an_invoice":
        named = {**named, "type": named["type"][:1].upper() + named["type"][1:]}
    key = kind if circumstance.full or kind == "checked" else f"{kind}_minimal"
    sentences = [words.say(key, reasons=reasons, **named).strip()]
    if kind == "warned":
        sentences.append(words.say("archived"))
    elif kind != "checked":
        sentences.append(words.say(f"relayed_{circumstance.direction}"))
        sentences.append(words.say("kept_invoice" if kind.startswith("held") else "kept"))
    return " ".join(sentences)


def _identification(
    words: Sentences, verdict: Verdict, circumstance: Circumstance
) -> Iterator[tuple[str, str]]:
    identity = verdict.identity
    if circumstance.full:
        rows = (
            ("f_number", identity.number),
            ("f_date", words.date(identity.issue_date)),
            ("f_type", words.document_type(identity.type_code)),
            ("f_seller", _party(words, identity.seller, identity.seller_id, identity.seller_vat)),
            ("f_buyer", _party(words, identity.buyer, identity.buyer_id, identity.buyer_vat)),
            ("f_gross", words.amount(identity.gross, identity.currency)),
        )
        yield from ((words.say(key), short(value, 200)) for key, value in rows if value)
    yield from _way(words, circumstance)


def _way(words: Sentences, circumstance: Circumstance) -> Iterator[tuple[str, str]]:
    if circumstance.document_id:
        yield words.say("f_direction"), words.say(f"f_{circumstance.direction}")
        yield words.say("f_document"), circumstance.document_id
    if not circumstance.full:
        return
    if circumstance.received_at is not None:
        when = words.moment(circumstance.received_at)
        sender = short(circumstance.mail_from, 100)
        yield (
            words.say("f_received"),
            words.say("received_from", when=when, sender=sender) if sender else when,
        )
    if circumstance.file:
        yield words.say("f_file"), short(circumstance.file, 120)


def _party(words: Sentences, name: str, identifier: str, vat: str) -> str:
    number = identifier
    if len(identifier) == 13 and identifier.isdigit():
        number = words.say("gln", id=identifier)
    return ", ".join(
        part for part in (name, number, words.say("vat_id", id=vat) if vat else "") if part
    )


def _technical(
    words: Sentences, circumstance: Circumstance, verdict: Verdict | None
) -> Iterator[tuple[str, str]]:
    """What an EDI department asks for."""
    if circumstance.control_reference or circumstance.sender:
        yield (
            words.say("f_interchange"),
            words.say(
                "from_to",
                reference=short(circumstance.control_reference, 60),
                sender=short(circumstance.sender, 60),
                recipient=short(circumstance.recipient, 60),
            ),
        )
    if verdict is not None and verdict.reference:
        yield (
            words.say("f_message"),
            short(f"{verdict.reference}, {verdict.version}".rstrip(", "), 100),
        )
    if circumstance.mail_subject:
        yield words.say("f_mail"), short(circumstance.mail_subject, 120)
    if circumstance.mail_id:
        yield words.say("f_mail_id"), short(circumstance.mail_id, 120)
    if verdict is not None and verdict.original_sha256:
        yield words.say("f_sha256"), verdict.original_sha256


def _deducts(identity: Identity, circumstance: Circumstance) -> bool:
    """Whether the tenant is the one who deducts the input tax: the recipient, also where the
    recipient bills."""
    return (circumstance.direction == "in") != (identity.type_code in SELF_BILLED)


def _quotes(kind: str, verdict: Verdict, circumstance: Circumstance) -> tuple[Quote, ...]:
    """The text for the partner, where the partner is the one to act."""
    if not circumstance.full or circumstance.direction != "in" or kind == "warned":
        return ()
    asked = partner.Asked.of(verdict, circumstance.control_reference, circumstance.own_ids)
    return partner.about_document(asked, circumstance.tenant)


def _partner(words: Sentences, quotes: tuple[Quote, ...]) -> tuple[Block, ...]:
    return (
        (Heading(words.say("partner")), Paragraph(words.say("partner_hint")), *quotes)
        if quotes
        else ()
    )


def _next(
    words: Sentences, kind: str, verdict: Verdict, circumstance: Circumstance, with_text: bool
) -> Iterator[Block]:
    way = circumstance.direction
    lacks = way == "in" and not with_text
    if circumstance.missing_partners and kind != "warned":
        yield from _master_data(words, circumstance)
    if kind in _ONLY_MASTER_DATA:
        return
    if kind in ("warned", "test"):
        yield Paragraph(
            words.say("next_test_in_minimal" if lacks and kind == "test" else f"next_{kind}_{way}")
        )
    elif kind == "test_passed":
        yield Paragraph(words.say("next_test_passed"))
    elif kind == "not_an_invoice":
        yield Steps(
            words.steps("next_not_an_invoice_in_minimal" if lacks else f"next_not_an_invoice_{way}")
        )
    elif any(f.rule == _USED_NUMBER for f in verdict.report.errors):
        yield Steps(words.steps("next_duplicate_in_minimal" if lacks else f"next_duplicate_{way}"))
    elif lacks:
        yield Steps(words.steps("next_in_operator" if circumstance.full else "next_in_minimal"))
    else:
        yield Steps(words.steps(f"next_{way}"))


def _master_data(words: Sentences, circumstance: Circumstance) -> Iterator[Block]:
    """Which lines the tenant's master data lack."""
    if not circumstance.full:
        yield Paragraph(words.say("next_master_data_minimal"))
        return
    lines = circumstance.missing_partners
    own = any(line.split(",", 1)[0] in circumstance.own_ids for line in lines)
    yield Paragraph(words.say("next_master_data_own" if own else "next_master_data"))
    yield Quote("\n".join(short(line, 300) for line in lines))


def _closing(
    words: Sentences, circumstance: Circumstance, verdict: Verdict | None = None
) -> Iterator[Block]:
    """What goes with the letter, whom to ask, and the technical details."""
    if circumstance.oversize:
        size = words.size(circumstance.oversize)
        yield Paragraph(words.say("too_large", size=size, document=circumstance.document_id))
    originals = [name for name in circumstance.attached if name != "report.json"]
    if originals:
        yield Paragraph(words.say("attachments", original=originals[0]))
    elif circumstance.attached:
        yield Paragraph(words.say("attachments_report"))
    if circumstance.contact:
        yield Paragraph(words.say("footer_contact", contact=circumstance.contact))
    rows = tuple(_technical(words, circumstance, verdict)) if circumstance.full else ()
    if rows:
        yield Heading(words.say("technical"))
        yield Pairs(rows, minor=True)


def _day(circumstance: Circumstance) -> str:
    return circumstance.received_at.date().isoformat() if circumstance.received_at else ""


def _footer(words: Sentences, artefacts: Mapping[str, str]) -> str:
    shown = ", ".join(
        f"{_LABELS.get(k, k)} {v}".strip() for k, v in artefacts.items() if "sha256" not in k
    )
    return words.say("footer", version=__version__, artefacts=shown or "–")
