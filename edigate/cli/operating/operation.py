"""Operators' work on the store: replay, release, resend, queue, log, search, usage."""

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from edigate.cli.columns import add_list_options
from edigate.cli.operating.on_store import (
    add_options,
    add_reason,
    opened_store,
    settings_of,
    show,
    store_of,
)
from edigate.cli.operating.who import actor
from edigate.cli.options import row_number
from edigate.config import Settings
from edigate.service.gateway import undelivered
from edigate.store import (
    Act,
    DeliveryState,
    Dispatch,
    Document,
    DocumentState,
    Event,
    EventKind,
    FoundId,
    IdKind,
    NewEvent,
    Search,
    Standing,
    Store,
    acted,
    reason_for,
)


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of these commands."""
    run, its_options = _COMMANDS[name]
    its_options(command)
    add_options(command)
    command.set_defaults(run=run)


def _options_of_one(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "id", metavar="ID", help="of a mail or document; a beginning that only one has is enough"
    )
    add_reason(command)


def _options_of_queue(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--hold", metavar="ID", type=row_number, help="keep a delivery from being tried"
    )
    command.add_argument("--retry", metavar="ID", type=row_number, help="try a delivery now")
    command.add_argument("--drop", metavar="ID", type=row_number, help="give a delivery up")
    command.add_argument(
        "--silent", action="store_true", help="with --drop: do not tell the sender"
    )
    command.add_argument("--drop-job", metavar="ID", type=row_number, help="give an archive job up")
    add_reason(command)
    add_list_options(command)


def _options_of_log(command: argparse.ArgumentParser) -> None:
    about = (
        "of a mail, document or mailbox message, or a number of `queue`; absent: the newest events"
    )
    command.add_argument("id", metavar="ID", nargs="?", help=about)
    add_list_options(command)


def _options_of_search(command: argparse.ArgumentParser) -> None:
    for name in ("tenant", "number", "partner", "rule", "digest"):
        command.add_argument(f"--{name}")
    command.add_argument("--state", choices=[s.value for s in DocumentState])
    stands = command.add_mutually_exclusive_group()
    stands.add_argument("--open", action="store_true", help="what somebody still has to act on")
    stands.add_argument(
        "--standing", choices=[s.value for s in Standing], help="whether somebody has to act on it"
    )
    command.add_argument("--since", type=_day, metavar="YYYY-MM-DD")
    command.add_argument("--until", type=_day, metavar="YYYY-MM-DD")
    command.add_argument("--gross", type=_amount, metavar="AMOUNT")
    command.add_argument("--mail", metavar="ID", help="documents of this mail")
    command.add_argument("--deleted", action="store_true", help="also those marked as deleted")
    add_list_options(command)


def _options_of_usage(command: argparse.ArgumentParser) -> None:
    command.add_argument("--month", type=_month, metavar="YYYY-MM", help="absent: this month")
    add_list_options(command)


_EVERY = 2**31


def _mail_or_document(store: Store, text: str) -> FoundId:
    return store.named(text, IdKind.MAIL, IdKind.DOCUMENT)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-20") from None


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount like 1352.68") from None


def _month(text: str) -> str:
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month like 2026-11") from None


def _replay(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        jobs = store.replay(_mail_or_document(store, options.id).id, actor(), options.reason)
    show(options, ("jobs",), [(jobs,)])
    return 0


def _release(options: argparse.Namespace) -> int:
    """Never archives what is not valid: what was held is tried or checked once more."""
    who = (actor(), options.reason)
    with opened_store(options) as store:
        named = _mail_or_document(store, options.id)
        is_mail = named.kind is IdKind.MAIL
        mail_id, document_id = (
            (named.id, None) if is_mail else (store.document(named.id).mail_id, named.id)
        )
        jobs = store.replay(named.id, *who)
        held = store.deliveries(state=DeliveryState.HELD, mail_id=mail_id)
        for delivery in held:
            store.retry_delivery(delivery.id, *who)
        detail = (*acted(Act.LET_GO, *who), ("jobs", str(jobs)), ("deliveries", str(len(held))))
        store.record(
            NewEvent(EventKind.RELEASED, mail_id=mail_id, document_id=document_id, detail=detail)
        )
    show(options, ("jobs", "deliveries"), [(jobs, len(held))])
    return 0


def _resend(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        offered = store.reoffer(store.named(options.id).id, actor(), options.reason)
    show(options, ("offered again",), [(offered,)])
    return 0


def _queue(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    with store_of(settings) as store:
        who = (actor(), options.reason)
        if options.drop is not None or options.drop_job is not None:
            reason_for(Act.DROP, options.reason)  # before anything else is done
        if options.hold is not None:
            store.hold_delivery(options.hold, *who)
        if options.retry is not None:
            store.retry_delivery(options.retry, *who)
        if options.drop is not None:
            store.drop_delivery(
                options.drop, *who, () if options.silent else _report(store, options.drop, settings)
            )
        if options.drop_job is not None:
            store.drop_job(options.drop_job, *who)
        rows = _waiting(store)
    show(options, _WAITING, rows)
    return 0


def _report(store: Store, delivery_id: int, settings: Settings) -> tuple[Dispatch, ...]:
    """The mail that tells the sender of a dropped delivery (RFC 3464)."""
    delivery = store.delivery(delivery_id)
    mail, content = store.mail(delivery.mail_id), store.mail_content(delivery.mail_id)
    return undelivered.dropped(delivery, mail, content, settings, datetime.now(UTC))


_WAITING = ("kind", "id", "state", "for", "mail", "sender", "attempts", "due", "last result")


def _waiting(store: Store) -> list[tuple[object, ...]]:
    """Deliveries and jobs that are not finished, all of them, with the mail they are about."""
    deliveries = store.deliveries(unfinished=True, limit=_EVERY)
    jobs = store.jobs(unfinished=True, limit=_EVERY)
    sender = store.senders({d.mail_id for d in deliveries} | {j.mail_id for j in jobs})
    mails = [
        ("mail", d.id, d.state, d.recipient, d.mail_id, d.attempts, d.run_at, d.last_result)
        for d in deliveries
    ]
    named = [
        *mails,
        *(
            ("job", j.id, j.state, j.tenant, j.mail_id, j.attempts, j.run_at, j.last_result)
            for j in jobs
        ),
    ]
    return [(*row[:5], sender.get(row[4]), *row[5:]) for row in named]


def _log(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        if options.id is None:
            events, total = store.newest(options.limit)
        else:
            number = re.fullmatch("[1-9][0-9]{0,9}", options.id)  # of the queue; ids begin with a 0
            events, total = store.story(
                options.id if number else store.named(options.id).id, options.limit
            )
    told = _told if options.json or options.csv else _told_shortly
    rows = [
        (
            e.seq,
            e.at,
            e.kind,
            e.tenant,
            e.account,
            dict(e.detail).get("peer"),
            e.mail_id,
            e.document_id,
            told(e),
        )
        for e in events
    ]
    show(
        options,
        ("seq", "at", "event", "tenant", "account", "peer", "mail", "document", "detail"),
        rows,
        total,
    )
    return 0


def _told(event: Event) -> dict[str, object]:
    """The details of an event by name; a name that stands several times has a list."""
    out: dict[str, object] = {}
    for name, value in event.detail:
        before = out.get(name)
        out[name] = (
            value
            if before is None
            else [*(before if isinstance(before, list) else [before]), value]
        )
    return out


def _told_shortly(event: Event) -> dict[str, object]:
    """The details for a table: a certificate is named by its beginning and its length."""
    long = [(name, value) for name, value in event.detail if len(value) > _LONG]
    cut = {
        value: f"{value[:20]}... ({len(value)} characters, whole with --json)" for _, value in long
    }
    return _told(
        replace(event, detail=tuple((name, cut.get(value, value)) for name, value in event.detail))
    )


_LONG = 500
"""Characters of a detail that a table shows whole."""

_FOUND = (
    *("document", "state", "standing", "tenant", "number", "date", "supplier", "gross", "currency"),
    *("mail", "sender", "rules", "settled by", "closed by", "reason"),
)


def _found(document: Document, sender: str | None) -> tuple[object, ...]:
    d = document
    return (
        *(
            d.document_id,
            d.state.value,
            d.standing.value,
            d.tenant,
            d.number,
            d.issue_date,
            d.supplier_name,
        ),
        *(d.gross, d.currency, d.mail_id, sender, " ".join(d.rules)),
        *(d.settled_by, d.standing_by, d.standing_reason or d.deleted_reason),
    )


def _search(options: argparse.Namespace) -> int:
    what = Search(
        tenant=options.tenant,
        number=options.number,
        partner=options.partner,
        state=DocumentState(options.state) if options.state else None,
        standing=Standing.OPEN
        if options.open
        else Standing(options.standing)
        if options.standing
        else None,
        rule=options.rule,
        since=options.since,
        until=options.until,
        gross=options.gross,
        digest=options.digest,
        deleted=options.deleted,
        limit=_EVERY if options.limit is None else options.limit,
    )
    with opened_store(options) as store:
        if options.mail is not None:
            what = replace(what, mail_id=store.named(options.mail, IdKind.MAIL).id)
        found, total = store.search(what), store.count(what)
        senders = store.senders({document.mail_id for document in found})
    show(
        options,
        _FOUND,
        [_found(document, senders.get(document.mail_id)) for document in found],
        total,
    )
    return 0


def _usage(options: argparse.Namespace) -> int:
    month = options.month or datetime.now(UTC).strftime("%Y-%m")
    with opened_store(options) as store:
        rows = [
            (u.account, u.direction.value, u.month, u.mails, u.documents, u.octets)
            for u in store.usage(month=month)
        ]
    show(options, ("account", "direction", "month", "mails", "documents", "bytes"), rows)
    return 0


_COMMANDS: Mapping[
    str, tuple[Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None]]
] = {
    "replay": (_replay, _options_of_one),
    "release": (_release, _options_of_one),
    "resend": (_resend, _options_of_one),
    "queue": (_queue, _options_of_queue),
    "log": (_log, _options_of_log),
    "search": (_search, _options_of_search),
    "usage": (_usage, _options_of_usage),
}
