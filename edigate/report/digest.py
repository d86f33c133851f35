"""Many documents -> one letter: what was found how often, which documents it concerns, what to tell
each partner."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edigate import __version__
from edigate.findings import Severity, catalogue
from edigate.report import partner
from edigate.report.blocks import Block, Grid, Heading, Letter, Paragraph, Steps
from edigate.report.letter import Circumstance
from edigate.report.listing import title
from edigate.report.presentation import Identity
from edigate.report.sentences import Sentences, short

_MOST_RULES = 20


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One document of the letter. rules: what was found, most severe first. sender: of the mail it
    came in.

    reference: of its interchange. invoice: False for what is no invoice. own_only: master data are
    missing of the tenant itself alone, so that there is nothing to ask the partner for.
    """

    document_id: str
    direction: str
    identity: Identity
    rules: tuple[str, ...]
    sender: str = ""
    reference: str = ""
    invoice: bool = True
    own_only: bool = False


def digest(
    entries: Sequence[DigestEntry], circumstance: Circumstance, language: str, why: str
) -> Letter:
    """The letter; every document counts, also one without a number. why: `held`, `warned`
    (archived) or `tested`.

    circumstance: full, attached, tenant and contact count.
    """
    words = Sentences(language)
    warned = why == "warned"
    kind = f"digest_{why}"
    sellers = list(dict.fromkeys(_seller(words, e) for e in entries))
    one = len(sellers) == 1 and circumstance.full
    subject = words.counted(
        f"{kind}_subject_from" if one else f"{kind}_subject", len(entries), seller=sellers[0]
    )
    blocks: list[Block] = [
        Heading(words.say("what_happened")),
        Paragraph(words.counted(kind, len(entries))),
        Heading(words.say("next_steps")),
        Steps(_next(words, entries, circumstance, why)),
        Heading(words.say("digest_rules")),
        _by_rule(words, entries, warned=warned),
        Heading(words.say("digest_documents")),
        _by_document(
            words, entries, several=len(sellers) > 1, full=circumstance.full, warned=warned
        ),
    ]
    if circumstance.full and not warned:
        blocks += _partners(words, entries, circumstance.tenant)
    if circumstance.attached:
        originals = any(name != "report.json" for name in circumstance.attached)
        blocks.append(
            Paragraph(words.say("digest_attachments" if originals else "digest_attachment"))
        )
    if circumstance.contact:
        blocks.append(Paragraph(words.say("footer_contact", contact=circumstance.contact)))
    footer = words.say("digest_footer", version=__version__)
    return Letter(words.language, subject, tuple(blocks), footer)


def _next(
    words: Sentences, entries: Sequence[DigestEntry], circumstance: Circumstance, why: str
) -> tuple[str, ...]:
    """What to do, the next thing first."""
    steps = list(words.steps("digest_next"))
    if not circumstance.attached:
        del steps[1]
    if why != "warned" and circumstance.full and any(map(_asks_partner, entries)):
        steps.insert(0, words.say("digest_next_partner"))
    if why != "warned" and any(e.own_only for e in entries):
        steps.insert(0, words.say("digest_next_own"))
    if any(not e.invoice for e in entries):
        steps.append(words.say("digest_next_no_invoice"))
    return tuple(steps)


def _asks_partner(entry: DigestEntry) -> bool:
    """Whether a partner can be asked to send it again: not what is no invoice (§ 14c UStG)."""
    return entry.direction == "in" and entry.invoice and bool(_mendable(entry))


def _weighty(entry: DigestEntry, *, warned: bool) -> tuple[str, ...]:
    """The rules that made the document stand here; the first one when the catalogue weighs none so
    heavily."""
    most = Severity.WARNING.rank if warned else Severity.ERROR.rank
    rules = catalogue()
    found = tuple(r for r in entry.rules if r not in rules or rules[r].severity.rank <= most)
    return found or entry.rules[:1]


def _by_rule(words: Sentences, entries: Sequence[DigestEntry], *, warned: bool) -> Grid:
    counts = Counter(rule for entry in entries for rule in _weighty(entry, warned=warned))
    rows = tuple(
        (f"{n} ×", f"{title(words, rule)} [{short(rule, 60)}]")
        for rule, n in counts.most_common(_MOST_RULES)
    )
    return Grid((words.say("c_count"), words.say("c_finding")), rows, right=(0,))


def _by_document(
    words: Sentences, entries: Sequence[DigestEntry], *, several: bool, full: bool, warned: bool
) -> Grid:
    columns: list[str] = []
    if full:
        columns = [words.say("c_number"), words.say("c_date"), words.say("c_gross")]
        columns += [words.say("c_seller")] if several else []
    columns += [words.say("c_finding"), words.say("c_document")]
    rows = []
    for entry in entries:
        who = entry.identity
        cells: list[str] = []
        if full:
            cells = [
                short(who.number, 40) or words.say(_nameless(entry)),
                short(words.date(who.issue_date), 20),
            ]
            cells.append(short(words.amount(who.gross, who.currency), 40))
            cells += [_seller(words, entry)] if several else []
        rows.append((*cells, _what(words, entry, warned=warned), entry.document_id))
    return Grid(tuple(columns), tuple(rows), right=(2,) if full else ())


def _nameless(entry: DigestEntry) -> str:
    return (
        "unnumbered" if entry.identity.seller or entry.identity.type_code else "digest_unreadable"
    )


def _what(words: Sentences, entry: DigestEntry, *, warned: bool) -> str:
    titles = _titles(words, entry, warned=warned)
    shown = "; ".join(titles[:2])
    return shown if len(titles) <= 2 else words.counted("and_more", len(titles) - 2, titles=shown)


def _titles(words: Sentences, entry: DigestEntry, *, warned: bool) -> list[str]:
    return list(dict.fromkeys(title(words, rule) for rule in _weighty(entry, warned=warned)))


def _seller(words: Sentences, entry: DigestEntry) -> str:
    return short(entry.identity.seller or entry.sender, 60) or words.say("unknown_sender")


def _mendable(entry: DigestEntry) -> tuple[str, ...]:
    """The broken rules that are the partner's to mend."""
    found = filter(partner.concerns, _weighty(entry, warned=False))
    return tuple(r for r in found if not (entry.own_only and r == partner.MASTER_DATA))


def _partners(words: Sentences, entries: Sequence[DigestEntry], tenant: str) -> Iterator[Block]:
    """One text for each partner; a document without a number is named by its interchange."""
    groups: dict[str, list[DigestEntry]] = {}
    for entry in entries:
        if _asks_partner(entry):
            groups.setdefault(_seller(words, entry), []).append(entry)
    if not groups:
        return
    yield Heading(words.say("partner"))
    yield Paragraph(words.say("partner_hint"))
    for seller, group in groups.items():
        if len(groups) > 1:
            yield Paragraph(f"{seller}:")
        by_cause: dict[tuple[str, ...], list[DigestEntry]] = {}
        for entry in group:
            by_cause.setdefault(_mendable(entry), []).append(entry)
        causes = [
            partner.Cause(rules, tuple((e.identity, e.reference) for e in found))
            for rules, found in by_cause.items()
        ]
        yield from partner.about_many(causes, tenant)
