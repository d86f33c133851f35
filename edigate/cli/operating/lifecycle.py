"""The end of documents' lives: closing what nobody has to act on any more, destroying what nobody
has to keep."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

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
from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.store import (
    Act,
    Closing,
    Document,
    Expired,
    IdKind,
    PurgePlan,
    PurgeRules,
    Store,
    reason_for,
)

_Row = tuple[object, ...]
_GOES = (
    "document",
    "tenant",
    "number",
    "date",
    "standing",
    "retain until",
    "fetched",
    "files",
    "bytes",
)
_STAYS = ("document", "tenant", "number", "retain until", "stays because")


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of these commands."""
    if name == "close":
        command.add_argument("id", metavar="ID", nargs="?", help="an open document; or, for many:")
        command.add_argument("--number", help="all open documents with exactly this number")
        command.add_argument("--rule", help="all open documents with a finding of this rule")
        command.add_argument("--tenant", help="only those of this account")
    else:
        command.add_argument(
            "--unfetched", action="store_true", help="also what was not fetched, or not long ago"
        )
        command.add_argument(
            "--clock-is-right", action="store_true", help="though the gateway lived last long ago"
        )
        command.add_argument(
            "--more-than-a-quarter", action="store_true", help="though that is so much of the store"
        )
    command.add_argument("--dry-run", action="store_true", help="only say what would happen")
    add_reason(command)
    add_list_options(command)
    add_options(command)
    command.set_defaults(run={"close": _close, "purge": _purge}[name])


def _close(options: argparse.Namespace) -> int:
    if options.id and (options.number or options.rule or options.tenant):
        raise Misconfigured(
            "WHICH",
            "close one document by its id, or many by --number, --rule and --tenant, not both",
        )
    with opened_store(options) as store:
        document_id = store.named(options.id, IdKind.DOCUMENT).id if options.id else None
        which = Closing(document_id, options.tenant, options.number, options.rule)
        found = (
            store.closable(which)
            if options.dry_run
            else store.close_documents(which, actor(), options.reason)
        )
    said = "would be closed" if options.dry_run else "closed"
    show(
        options,
        (said, "state", "tenant", "number", "date", "supplier"),
        [_closed(d) for d in found],
    )
    return 0


def _closed(document: Document) -> tuple[object, ...]:
    d = document
    return (d.document_id, d.state.value, d.tenant, d.number, d.issue_date, d.supplier_name)


def _purge(options: argparse.Namespace) -> int:
    """Work data first, so that they are what the dry run counted; the documents' own mails follow
    by themselves."""
    settings = settings_of(options)
    rules = PurgeRules(
        {tenant.account: tenant.retention_years for tenant in settings.tenant},
        settings.store.keep_fetched_days,
        options.unfetched,
        options.clock_is_right,
        options.more_than_a_quarter,
    )
    if not options.dry_run:
        reason_for(Act.PURGE, options.reason)
    with store_of(settings) as store:
        plan, removed = store.purge_plan(rules), _work_data(store, settings, rules)
        if not options.dry_run:
            if not plan.refused:
                removed = _removed(store, settings, rules)
            plan = store.purge(rules, actor(), options.reason)
            removed = (*removed, ("orphaned objects", store.collect_orphans()))
    _tell(options, plan, removed)
    return 0


def _work_data(store: Store, settings: Settings, rules: PurgeRules) -> Sequence[tuple[str, int]]:
    mails, octets, entries = store.work_data(
        settings.store.keep_deleted_days, unfetched=rules.unfetched
    )
    return (
        ("mails without documents", mails),
        ("their bytes", octets),
        ("mailbox entries", entries),
    )


def _removed(store: Store, settings: Settings, rules: PurgeRules) -> Sequence[tuple[str, int]]:
    counted = _work_data(store, settings, rules)
    days = settings.store.keep_deleted_days
    store.purge_mails(days, unfetched=rules.unfetched)
    store.purge_fetched(days, unfetched=rules.unfetched)
    return counted


def _tell(options: argparse.Namespace, plan: PurgePlan, removed: Sequence[tuple[str, int]]) -> None:
    goes = [_gone(found) for found in plan.goes]
    stays: list[_Row] = [
        (f.document_id, f.tenant, f.number, f.retain_until, f.stays) for f in plan.stays
    ]
    sums = [("documents", len(goes)), ("their bytes", sum(f.octets for f in plan.goes)), *removed]
    if options.json:
        print(json.dumps(_as_json(plan, goes, stays, removed), ensure_ascii=False, indent=1))
        return
    show(options, _GOES, goes)
    if not options.csv:
        if stays:
            print()
            show(options, _STAYS, stays)
        print()
        show(options, ("would be removed" if options.dry_run else "removed", "count"), sums)
    if plan.refused:
        print(f"edigate: all of it would be refused: {plan.refused}", file=sys.stderr)


def _gone(found: Expired) -> tuple[object, ...]:
    f = found
    return (
        *(f.document_id, f.tenant, f.number, f.issue_date, f.standing.value, f.retain_until),
        *(f.fetched, f.files, f.octets),
    )


def _as_json(
    plan: PurgePlan,
    goes: Sequence[_Row],
    stays: Sequence[_Row],
    removed: Sequence[tuple[str, int]],
) -> dict[str, Any]:
    def plain(columns: Sequence[str], rows: Sequence[_Row]) -> list[dict[str, object]]:
        return [
            dict(zip(columns, (c if isinstance(c, int) else _text(c) for c in row), strict=True))
            for row in rows
        ]

    return {
        "documents": plain(_GOES, goes),
        "kept": plain(_STAYS, stays),
        "work_data": dict(removed),
        "refused": plan.refused or None,
    }


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
