"""Parts of a mail that nobody here can open -> one mail to the tenant: not checked, may hold an
invoice.

At most one such mail goes out per tenant, sender and day of receipt; further ones are documents
that stand open, and events that say that nobody was written to.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from edigate.findings import Finding
from edigate.mail.compose import stable_message_id
from edigate.report import letter
from edigate.service.conversion.bench import Bench
from edigate.service.letters import notices
from edigate.service.letters.digests_due import Urgency
from edigate.store import Direction, Dispatch, EventKind, Mail, NewDocument, NewEvent, Store

_BERLIN = ZoneInfo("Europe/Berlin")
_MOST_NAMED = 3
_ONE_A_DAY = "one mail a day and sender"


def tell(
    unopened: Sequence[tuple[NewDocument, str, Finding]],
    mail: Mail,
    direction: Direction,
    bench: Bench,
    store: Store,
) -> tuple[tuple[Dispatch, ...], tuple[NewEvent, ...]]:
    """The mail about the sealed parts of one job, if one is to go out, and the event of each
    document.

    unopened: document, name of the file, and why it cannot be opened. Raises: Unavailable.
    """
    if not unopened:
        return (), ()
    tenant, settings = bench.tenant, bench.settings
    day = mail.received_at.astimezone(_BERLIN).date()
    about = f"unopened {tenant.account} {mail.sender.lower()} {day.isoformat()}"
    message_id = stable_message_id(settings.hostname, "notice", about)
    if store.mail_made_once(message_id) is not None:
        return (), tuple(
            _event(EventKind.PASSED_OVER, row, mail, tenant.account, ("reason", _ONE_A_DAY))
            for row, _, _ in unopened
        )
    text = _letter(unopened, mail, direction, bench)
    made = notices.to_tenant(text, tenant, settings, about=about, at=mail.received_at)
    if made is None:
        return (), ()
    said = ("message", message_id)
    return (made,), tuple(
        _event(EventKind.NOTICE_QUEUED, row, mail, tenant.account, said) for row, _, _ in unopened
    )


def _event(
    kind: EventKind, row: NewDocument, mail: Mail, tenant: str, *said: tuple[str, str]
) -> NewEvent:
    detail = (("version", str(row.version)), ("urgency", Urgency.HELD.value), *said)
    return NewEvent(kind, tenant, mail_id=mail.id, document_id=row.document_id, detail=detail)


def _letter(
    unopened: Sequence[tuple[NewDocument, str, Finding]],
    mail: Mail,
    direction: Direction,
    bench: Bench,
) -> letter.Letter:
    names = list(dict.fromkeys(name for _, name, _ in unopened))
    circumstance = letter.Circumstance(
        document_id=unopened[0][0].document_id,
        direction=direction.value,
        file=", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else ""),
        received_at=mail.received_at.astimezone(_BERLIN),
        mail_from=mail.sender,
        mail_subject=mail.subject or "",
        mail_id=mail.message_id or "",
        full=bench.tenant.notify_content == "full",
        tenant=bench.tenant.name,
        contact=bench.settings.admins[0] if bench.settings.admins else "",
    )
    findings = tuple(finding for _, _, finding in unopened)
    return letter.unopened(
        findings, circumstance, bench.engines.artefacts.in_report(), bench.tenant.language
    )
