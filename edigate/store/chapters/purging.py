"""Destroying documents whose time is over: what the chain says decides, never a row alone.

Refused as a whole when the clock is far ahead of the last sign of life or when too much would go,
unless a person says that it is right; one by one when the chain does not prove a document, or its
package was not fetched.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from edigate.errors import IntegrityViolated
from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.chapters.documents import record_digest
from edigate.store.chapters.retention import RETENTION_YEARS, SIGNS_OF_LIFE, retain_until
from edigate.store.engine.base import Base
from edigate.store.engine.failures import Retained, Unknown
from edigate.store.engine.writer import Transaction
from edigate.store.proof import audit
from edigate.store.values import (
    DocumentState,
    Event,
    EventKind,
    Expired,
    NewEvent,
    PurgePlan,
    PurgeRules,
    Standing,
)

_D = schema.documents.c
_F = schema.document_files.c
_E = schema.events.c

_AHEAD = timedelta(days=1)
_QUARTER = 4
_VERDICTS = (
    EventKind.VALIDATED,
    EventKind.HELD,
    EventKind.NOT_CHECKED,
    EventKind.TESTED,
    EventKind.DUPLICATE_DISCARDED,
)


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything of one document: its versions, their files, its events in order."""

    rows: Sequence[sa.Row[Any]]
    files: Sequence[sa.Row[Any]]
    events: Sequence[Event]

    def of(self, row: sa.Row[Any]) -> list[Mapping[str, Any]]:
        """The files of a version."""
        return [file._asdict() for file in self.files if file.version == row.version]


class Purging(Base):
    """Destroying what the law and the tenant no longer want kept."""

    def purge_plan(self, rules: PurgeRules) -> PurgePlan:
        """What `purge` would do now. Raises: IntegrityViolated when the chain is broken,
        Unavailable."""
        moment = self._clock().astimezone(UTC)
        goes: list[Expired] = []
        stays: list[Expired] = []
        with self._snapshot() as connection:
            _whole_chain(connection)
            for document_id in _candidates(connection, moment.date()):
                found = _judged(_case(connection, document_id), rules, moment)
                (stays if found.stays else goes).append(found)
            refused = _refused(connection, moment, len(goes), rules)
        return PurgePlan(tuple(goes), tuple(stays), refused)

    def purge(self, rules: PurgeRules, actor: str, reason: str) -> PurgePlan:
        """Destroy every document whose time is over; each is looked at once more in the transaction
        that does it.

        Returns what went and what stayed. Raises: Retained when all of it is refused (which is
        recorded), Misconfigured without a reason, IntegrityViolated when the chain is broken,
        Unavailable.
        """
        who = acted(Act.PURGE, actor, reason)
        plan = self.purge_plan(rules)
        if plan.refused:
            detail = (*who, ("refused", plan.refused))
            self._write(lambda tx: tx.event(NewEvent(EventKind.PURGE_REFUSED, detail=detail)))
            raise Retained("PURGE-REFUSED", plan.refused)
        gone: list[Expired] = []
        for found in plan.goes:
            with contextlib.suppress(Unknown):  # somebody else was quicker
                gone.append(self._one(found.document_id, who, rules))
        goes = tuple(found for found in gone if not found.stays)
        return PurgePlan(goes, (*plan.stays, *(found for found in gone if found.stays)))

    def purge_document(
        self, document_id: str, actor: str, reason: str, rules: PurgeRules | None = None
    ) -> None:
        """Destroy all versions of one document; what happened stays in the chain.

        Raises: Retained inside the retention period or when it must stay for another reason (the
        attempt is recorded), Unknown, Misconfigured without a reason.
        """
        found = self._one(document_id, acted(Act.PURGE, actor, reason), rules or PurgeRules())
        if found.stays:
            raise Retained("RETAINED", f"document {document_id} must be kept: {found.stays}")

    def _one(
        self, document_id: str, who: tuple[tuple[str, str], ...], rules: PurgeRules
    ) -> Expired:
        moment = self._clock().astimezone(UTC)

        def work(tx: Transaction) -> Expired:
            case = _case(tx.connection, document_id)
            found = _judged(case, rules, moment)
            until = ("retain-until", found.retain_until.isoformat())
            about = (found.tenant, None, found.mail_id, document_id)
            if found.stays:
                detail = (*who, until, ("refused", found.stays))
                tx.event(NewEvent(EventKind.PURGE_REFUSED, *about, detail))
                return found
            detail = (*who, until, *_what_goes(tx.connection, case, found, rules))
            tx.event(NewEvent(EventKind.PURGED, *about, detail))
            _destroy(tx, document_id)
            return found

        return self._write(work)


def _whole_chain(connection: sa.Connection) -> None:
    broken = audit.broken_at(connection)
    if broken is not None:
        raise IntegrityViolated(
            "CHAIN-BROKEN",
            (
                f"event {broken} of the audit chain is not as written: run edigate verify, "
                "nothing is "
                "purged"
            ),
        )


def _candidates(connection: sa.Connection, today: date) -> Sequence[str]:
    """Documents whose rows are past their period, the oldest first; the chain is asked about
    each."""
    last = sa.func.max(_D.retain_until)
    query = (
        sa.select(_D.document_id)
        .group_by(_D.document_id)
        .having(last < today)
        .order_by(last, _D.document_id)
    )
    return connection.scalars(query).all()


def _case(connection: sa.Connection, document_id: str) -> _Case:
    rows = connection.execute(
        sa.select(schema.documents).where(_D.document_id == document_id).order_by(_D.version)
    ).all()
    if not rows:
        raise Unknown("document", document_id)
    files = connection.execute(
        sa.select(schema.document_files).where(_F.document_id == document_id)
    ).all()
    events = connection.execute(
        sa.select(schema.events).where(_E.document_id == document_id).order_by(_E.seq)
    )
    return _Case(rows, files, tuple(audit.event_of(event) for event in events))


def _judged(case: _Case, rules: PurgeRules, moment: datetime) -> Expired:
    """Until when the document must stay, and why it stays though that is over."""
    newest = next((row for row in case.rows if row.current), case.rows[-1])
    said = _said(case.events)
    until = max(_until(row, said.get(str(row.version), {}), rules) for row in case.rows)
    offers = _offers(case.events)
    fetched = (
        max((at for at in offers.values() if at), default=None) if all(offers.values()) else None
    )
    found = Expired(
        newest.document_id,
        newest.tenant,
        newest.mail_id,
        newest.number,
        newest.issue_date,
        DocumentState(newest.state),
        Standing(newest.standing),
        until,
        len(case.rows),
        len(case.files),
        sum(file.size for file in case.files),
        fetched,
    )
    if not _proven(case, said):
        return replace(
            found, stays="it is not what the audit chain says was written: run edigate verify"
        )
    if moment.date() <= until:
        return replace(found, stays=f"its period lasts until {until.isoformat()}")
    return replace(
        found, stays="" if rules.unfetched or not offers else _not_yet(found, rules, moment)
    )


def _not_yet(found: Expired, rules: PurgeRules, moment: datetime) -> str:
    """Why a package that was offered stays, "" if it may go."""
    if found.fetched is None:
        return "its package was not fetched (--unfetched)"
    if moment >= found.fetched + timedelta(days=rules.keep_fetched_days):
        return ""
    since = found.fetched.date().isoformat()
    return (
        f"its package was fetched on {since}, less than {rules.keep_fetched_days} days ago "
        "(--unfetched)"
    )


def _said(events: Sequence[Event]) -> dict[str, Mapping[str, str]]:
    """What the verdict on each version said."""
    details = [dict(event.detail) for event in events if event.kind in _VERDICTS]
    return {
        detail["version"]: detail
        for detail in details
        if "record" in detail and "version" in detail
    }


def _proven(case: _Case, said: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether there are exactly the versions that the chain names, each as it was written."""
    rows = {str(row.version): row for row in case.rows}
    return rows.keys() == said.keys() and all(
        record_digest(row._asdict(), case.of(row)) == row.record == said[version]["record"]
        for version, row in rows.items()
    )


def _until(row: sa.Row[Any], said: Mapping[str, str], rules: PurgeRules) -> date:
    """The later of the day that was chained and the rule, for the tenant's years of then and of
    today.

    The first version counted from the issue alone and did not say the day in the event: the
    difference is the period.
    """
    then = RETENTION_YEARS
    if "retain-until" not in said:
        begun = row.issue_date or row.received_at.date()
        then = row.retain_until.year - begun.year
    years = max(then, rules.years.get(row.tenant, RETENTION_YEARS))
    noted: date = row.retain_until
    chained = date.fromisoformat(said["retain-until"]) if "retain-until" in said else noted
    return max(chained, noted, retain_until(row.issue_date, row.received_at, years))


def _offers(events: Sequence[Event]) -> dict[tuple[str | None, str], datetime | None]:
    """Since when the newest offer of each package to each account is fetched; None: it is not.

    Fetched is what a session that ended in order had whole. Of the first version, which noted RETR
    alone, it is what a client fetched and deleted: that it deleted shows that the session ended in
    order.
    """
    newest: dict[tuple[str | None, str], str] = {}
    fetched: dict[str, datetime] = {}
    noted: set[str] = set()
    for event in events:
        detail = dict(event.detail)
        uidl = detail.get("uidl", "")
        if event.kind in (EventKind.DELIVERED, EventKind.RESENT):
            newest[event.account, detail.get("document-version", "")] = uidl
        elif event.kind == EventKind.FETCHED:
            noted.add(uidl)
            if "over" in detail:
                fetched.setdefault(uidl, event.at)
        elif event.kind == EventKind.DELETED_BY_CLIENT and "over" not in detail and uidl in noted:
            fetched.setdefault(uidl, event.at)
    return {package: fetched.get(uidl) for package, uidl in newest.items()}


def _refused(connection: sa.Connection, moment: datetime, going: int, rules: PurgeRules) -> str:
    """What speaks against the whole purge, with the flag that overrides it; "" for nothing."""
    if not going:
        return ""
    alive = connection.scalar(sa.select(sa.func.max(_E.at)).where(_E.kind.in_(SIGNS_OF_LIFE)))
    if not rules.clock_is_right and (alive is None or moment > alive + _AHEAD):
        last = "never" if alive is None else f"at {alive:%Y-%m-%d %H:%M}Z"
        return (
            f"the clock says {moment:%Y-%m-%d %H:%M}Z, but the gateway lived last {last}: if the "
            "clock is right, start"
            " the gateway or give --clock-is-right"
        )
    proven = sa.exists().where(
        _E.document_id == _D.document_id, _E.kind.in_([kind.value for kind in _VERDICTS])
    )
    counted = sa.select(sa.func.count(sa.distinct(_D.document_id))).where(proven)
    total = int(connection.scalar(counted) or 0)
    if not rules.more_than_a_quarter and going * _QUARTER > total:
        return (
            f"{going} of {total} documents would go, more than a quarter of the store: if that is "
            "meant, give"
            " --more-than-a-quarter"
        )
    return ""


def _what_goes(
    connection: sa.Connection, case: _Case, found: Expired, rules: PurgeRules
) -> Iterator[tuple[str, str]]:
    """Names and hashes of everything that goes, as they stay in the chain."""
    mails = schema.mails.c
    yield "number", found.number
    yield "fetched", "" if found.fetched is None else found.fetched.isoformat(timespec="seconds")
    if rules.overridden:
        yield "override", rules.overridden
    for row in case.rows:
        yield f"record-{row.version}", row.record
    for file in sorted(case.files, key=lambda file: (file.version, file.role)):
        yield f"sha256-{file.role}-{file.version}", file.sha256
    yield (
        "mail-sha256",
        connection.scalar(sa.select(mails.sha256).where(mails.id == found.mail_id)) or "",
    )


def _destroy(tx: Transaction, document_id: str) -> None:
    for table in (
        schema.mailbox_items,
        schema.document_files,
        schema.unknown_partners,
        schema.claims,
        schema.documents,
    ):
        tx.connection.execute(sa.delete(table).where(table.c.document_id == document_id))
