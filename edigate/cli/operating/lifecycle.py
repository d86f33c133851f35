"""The end of documents' lives: closing what nobody has to act on any more, destroying what nobody
has to keep."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from edigate.actions import acting, destroying
from edigate.cli.operating.on_store import (
    SCOPE,
    add_list_options,
    add_reason,
    opened_store,
    settings_of,
    show,
    store_of,
    who,
)
from edigate.errors import Misconfigured
from edigate.store import Closing, Document, Expired, PurgePlan

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
    command.set_defaults(run={"close": _close, "purge": _purge}[name])


def _close(options: argparse.Namespace) -> int:
    if options.id and (options.number or options.rule or options.tenant):
        raise Misconfigured(
            "WHICH",
            "close one document by its id, or many by --number, --rule and --tenant, not both",
        )
    which = Closing(
        document_id=options.id, tenant=options.tenant, number=options.number, rule=options.rule
    )
    with opened_store(options) as store:
        found = (
            acting.closable(store, SCOPE, which)
            if options.dry_run
            else acting.close(store, SCOPE, who(options), which)
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
    settings = settings_of(options)
    wish = destroying.PurgeWish(
        options.unfetched, options.clock_is_right, options.more_than_a_quarter
    )
    with store_of(settings) as store:
        done = (
            destroying.purgeable(store, settings, wish)
            if options.dry_run
            else destroying.purge(store, settings, who(options), wish)
        )
    _tell(options, done.plan, done.removed)
    return 0


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
