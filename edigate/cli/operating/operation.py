"""Operators' work on the store: replay, release, resend, queue, log, search, usage."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from edigate.actions import acting, asking
from edigate.cli.operating.on_store import (
    SCOPE,
    add_list_options,
    add_options,
    add_reason,
    opened_store,
    settings_of,
    show,
    store_of,
    who,
)
from edigate.cli.options import row_number
from edigate.store import Document, DocumentState, Event, Search, Standing


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of these commands."""
    run, its_options = _COMMANDS[name]
    its_options(command)
    command.set_defaults(run=run)


def _options_of_one(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "id", metavar="ID", help="of a mail or document; a beginning that only one has is enough"
    )
    add_reason(command)
    add_options(command)


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


_DIGITS = 35
"""No amount has more: an element of MOA holds as many characters."""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-20") from None


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount.adjusted()) > _DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount like 1352.68")
    return amount


def _month(text: str) -> str:
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month like 2026-11") from None


def _replay(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        jobs = acting.replay(store, SCOPE, who(options), options.id)
    show(options, ("jobs",), [(jobs,)])
    return 0


def _release(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        done = acting.release(store, SCOPE, who(options), options.id)
    show(options, ("jobs", "deliveries"), [(done.jobs, done.deliveries)])
    return 0


def _resend(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        offered = acting.resend(store, SCOPE, who(options), options.id)
    show(options, ("offered again",), [(offered,)])
    return 0


def _queue(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    wish = acting.QueueWish(
        options.hold, options.retry, options.drop, options.drop_job, options.silent
    )
    with store_of(settings) as store:
        acting.on_queue(store, settings, who(options), wish, datetime.now(UTC))
        rows = _rows(asking.waiting(store, SCOPE))
    show(options, _WAITING, rows)
    return 0


_WAITING = ("kind", "id", "state", "for", "mail", "sender", "attempts", "due", "last result")


def _rows(waiting: asking.Waiting) -> list[tuple[object, ...]]:
    """Deliveries first, then jobs, each with the mail it is about."""
    mails = [
        ("mail", d.id, d.state, d.recipient, d.mail_id, d.attempts, d.run_at, d.last_result)
        for d in waiting.deliveries
    ]
    jobs = [
        ("job", j.id, j.state, j.tenant, j.mail_id, j.attempts, j.run_at, j.last_result)
        for j in waiting.jobs
    ]
    return [(*row[:5], waiting.senders.get(row[4]), *row[5:]) for row in (*mails, *jobs)]


def _log(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        story = asking.story(store, SCOPE, options.id, options.limit)
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
        for e in story.events
    ]
    show(
        options,
        ("seq", "at", "event", "tenant", "account", "peer", "mail", "document", "detail"),
        rows,
        story.total,
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
        standing=_standing(options),
        rule=options.rule,
        since=options.since,
        until=options.until,
        gross=options.gross,
        digest=options.digest,
        deleted=options.deleted,
        limit=asking.every(options.limit),
    )
    with opened_store(options) as store:
        found = asking.found(store, SCOPE, what, options.mail)
    rows = [_found(document, found.senders.get(document.mail_id)) for document in found.documents]
    show(options, _FOUND, rows, found.total)
    return 0


def _standing(options: argparse.Namespace) -> Standing | None:
    if options.open:
        return Standing.OPEN
    return Standing(options.standing) if options.standing else None


def _usage(options: argparse.Namespace) -> int:
    month = options.month or datetime.now(UTC).strftime("%Y-%m")
    with opened_store(options) as store:
        rows = [
            (u.account, u.direction.value, u.month, u.mails, u.documents, u.octets)
            for u in asking.used(store, SCOPE, month)
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
