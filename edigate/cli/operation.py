"""Operators' work on the store: replay, resend, queue, log, search, usage, purge."""

import argparse
import getpass
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edigate import config
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.store import DocumentState, Search, Store


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    _action(commands, "replay", _replay, "check a mail or document again", "id", reason=True)
    _action(commands, "resend", _resend, "offer a delivered package again to POP3 clients", "id", reason=True)
    queue = _action(commands, "queue", _queue, "mails and jobs that wait; hold, retry or drop one")
    queue.add_argument("--hold", metavar="ID", type=int, help="keep a delivery from being tried")
    queue.add_argument("--retry", metavar="ID", type=int, help="try a delivery now")
    queue.add_argument("--drop", metavar="ID", type=int, help="give a delivery up")
    queue.add_argument("--drop-job", metavar="ID", type=int, help="give an archive job up")
    queue.add_argument("--reason", default="by hand")
    log = _action(commands, "log", _log, "what happened to a mail or document, from the audit chain")
    log.add_argument("id", nargs="?", help="mail or document id; absent: the newest events")
    log.add_argument("--limit", type=int, default=100)
    search = _action(commands, "search", _search, "find documents")
    for name in ("tenant", "number", "partner", "rule", "digest"):
        search.add_argument(f"--{name}")
    search.add_argument("--state", choices=[s.value for s in DocumentState])
    search.add_argument("--since", type=_day, metavar="YYYY-MM-DD")
    search.add_argument("--until", type=_day, metavar="YYYY-MM-DD")
    search.add_argument("--gross", type=Decimal)
    search.add_argument("--limit", type=int, default=100)
    usage = _action(commands, "usage", _usage, "documents and bytes per account and month")
    usage.add_argument("--month", metavar="YYYY-MM")
    purge = _action(commands, "purge", _purge, "remove what neither the law nor the tenant wants kept")
    purge.add_argument("--dry-run", action="store_true", help="only say what would go")
    purge.add_argument("--reason", default="retention period over")


def _action(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Any,
    text: str,
    argument: str = "",
    *,
    reason: bool = False,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    if argument:
        command.add_argument(argument, metavar="ID")
    if reason:
        command.add_argument("--reason", default="by hand", help="recorded in the audit chain")
    command.add_argument("--config", metavar="FILE", type=Path, default=Path("edigate-data/config.toml"))
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)
    return command


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-20") from None


def _store(options: argparse.Namespace) -> Store:
    settings = config.load(options.config)
    return Store.open(settings.store.database or None, settings.data)


def _actor() -> str:
    return getpass.getuser()


def _replay(options: argparse.Namespace) -> int:
    with _store(options) as store:
        jobs = store.replay(options.id, _actor(), options.reason)
    _show(options, ("jobs",), [(jobs,)])
    return 0


def _resend(options: argparse.Namespace) -> int:
    with _store(options) as store:
        offered = store.reoffer(options.id, _actor(), options.reason)
    _show(options, ("offered again",), [(offered,)])
    return 0


def _queue(options: argparse.Namespace) -> int:
    with _store(options) as store:
        who = (_actor(), options.reason)
        if options.hold is not None:
            store.hold_delivery(options.hold, *who)
        if options.retry is not None:
            store.retry_delivery(options.retry, *who)
        if options.drop is not None:
            store.drop_delivery(options.drop, *who)
        if options.drop_job is not None:
            store.drop_job(options.drop_job, *who)
        rows: list[tuple[Any, ...]] = [
            ("mail", d.id, d.state.value, d.recipient, d.attempts, d.run_at, d.last_result or "")
            for d in store.deliveries(unfinished=True)
        ]
        rows += [
            ("job", j.id, j.state.value, j.tenant, j.attempts, j.run_at, j.last_result or "")
            for j in store.jobs(unfinished=True)
        ]
    _show(options, ("kind", "id", "state", "for", "attempts", "due", "last result"), rows)
    return 0


def _log(options: argparse.Namespace) -> int:
    with _store(options) as store:
        events = store.log(document_id=options.id, limit=options.limit)
        if options.id and not events:
            events = store.log(mail_id=options.id, limit=options.limit)
    rows = [
        (e.at, e.kind, e.tenant or "", e.mail_id or "", e.document_id or "", " ".join(f"{k}={v}" for k, v in e.detail))
        for e in events
    ]
    _show(options, ("at", "event", "tenant", "mail", "document", "detail"), rows)
    return 0


def _search(options: argparse.Namespace) -> int:
    what = Search(
        tenant=options.tenant,
        number=options.number,
        partner=options.partner,
        state=DocumentState(options.state) if options.state else None,
        rule=options.rule,
        since=options.since,
        until=options.until,
        gross=options.gross,
        digest=options.digest,
        limit=options.limit,
    )
    with _store(options) as store:
        found = store.search(what)
    rows = [
        (d.document_id, d.state.value, d.tenant, d.number, d.issue_date or "", d.supplier_name, d.gross, d.currency)
        for d in found
    ]
    _show(options, ("document", "state", "tenant", "number", "date", "supplier", "gross", "currency"), rows)
    return 0


def _usage(options: argparse.Namespace) -> int:
    month = options.month or datetime.now(UTC).strftime("%Y-%m")
    with _store(options) as store:
        rows = [
            (u.account, u.direction.value, u.month, u.mails, u.documents, u.octets) for u in store.usage(month=month)
        ]
    _show(options, ("account", "direction", "month", "mails", "documents", "bytes"), rows)
    return 0


def _purge(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    days = settings.store.keep_deleted_days
    with _store(options) as store:
        expired = tuple(store.expired())
        if options.dry_run:
            _show(options, ("document past its retention",), [(e,) for e in expired])
            return 0
        if not options.reason.strip():
            raise Misconfigured("REASON", "purging needs a reason")
        for document_id in expired:
            store.purge_document(document_id, _actor(), options.reason)
        rows = [
            ("documents past their retention", len(expired)),
            (f"mails without documents older than {days} days", store.purge_mails(days)),
            (f"mailbox entries deleted more than {days} days ago", store.purge_fetched(days)),
            ("orphaned objects", store.collect_orphans()),
        ]
    _show(options, ("removed", "count"), rows)
    return 0


def _show(options: argparse.Namespace, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    shown = [[_plain(cell) for cell in row] for row in rows]
    if options.json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in shown], ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in shown:
        table.add_row(*(printable(cell).replace("[", r"\[") for cell in row))
    Console(highlight=False).print(table)


def _plain(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return "" if cell is None else str(cell)
