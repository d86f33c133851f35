"""Documents: what each INVOIC became, its files, and how it is found again.

A document version is written once; a later conversion of the same INVOIC is a new version, the
older ones stay.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.chapters import standing
from edigate.store.chapters.intake import put_dispatches, put_item
from edigate.store.engine.base import Base, Staged, indexable, storable
from edigate.store.engine.database import insert_new
from edigate.store.engine.failures import DuplicateAppeared, LeaseLost, Unknown
from edigate.store.engine.writer import Transaction
from edigate.store.values import (
    Direction,
    Document,
    DocumentFile,
    DocumentOutcome,
    DocumentState,
    EventKind,
    Job,
    NewDocument,
    NewEvent,
    PreviousDocument,
    Search,
    Standing,
    UsageDirection,
)

_DECIMALS = 8
"""So many more zeros than an amount needs may stand behind it in a column."""
_C = schema.documents.c
_F = schema.document_files.c

_HAPPENED = {
    DocumentState.VALID: EventKind.VALIDATED,
    DocumentState.INVALID: EventKind.HELD,
    DocumentState.NOT_AN_INVOICE: EventKind.HELD,
    DocumentState.NOT_CHECKED: EventKind.NOT_CHECKED,
    DocumentState.TEST: EventKind.TESTED,
    DocumentState.DUPLICATE: EventKind.DUPLICATE_DISCARDED,
}

# statements of every commit, built once: building them costs more than running them
_SUPERSEDE = (
    sa.update(schema.documents)
    .where(_C.document_id == sa.bindparam("id"), _C.current)
    .values(current=False)
)
_FORGET_PARTNERS = sa.delete(schema.unknown_partners).where(
    schema.unknown_partners.c.document_id == sa.bindparam("id")
)
_RECEIVED_AT = sa.select(schema.mails.c.received_at).where(schema.mails.c.id == sa.bindparam("id"))
_CLAIMED_BY = sa.select(schema.claims.c.document_id).where(
    schema.claims.c.tenant == sa.bindparam("tenant"), schema.claims.c.claim == sa.bindparam("claim")
)

# what may still change after a version was written; everything else is under the record's digest
_CHANGING = (
    "record",
    "current",
    "deleted_at",
    "deleted_by",
    "deleted_reason",
    "standing",
    "standing_at",
    "standing_by",
    "standing_reason",
    "settled_by",
)


class Documents(Base):
    """Looking at documents."""

    def document(self, document_id: str, version: int | None = None) -> Document:
        """A document with its files; the current version if none is named. Raises: Unknown."""
        which = _C.current if version is None else _C.version == version
        with self._read() as connection:
            row = connection.execute(
                sa.select(schema.documents).where(_C.document_id == document_id, which)
            ).one_or_none()
            if row is None:
                raise Unknown(
                    "document", document_id if version is None else f"{document_id}.{version}"
                )
            files = connection.execute(
                sa.select(schema.document_files)
                .where(_F.document_id == document_id, _F.version == row.version)
                .order_by(_F.role)
            )
            return document_of(row, tuple(file_of(f) for f in files))

    def document_content(self, document_id: str, role: str, version: int | None = None) -> bytes:
        """A document's file, hashed again. Raises: Unknown, IntegrityViolated, Unavailable."""
        document = self.document(document_id, version)
        for file in document.files:
            if file.role == role:
                return self._object(file.sha256)
        raise Unknown("file", f"{role} of document {document_id}")

    def holds_package(self, tenant: str, sha256: str) -> bool:
        """Whether a PDF is, byte for byte, an archive package of the tenant."""
        query = (
            sa.select(_F.document_id)
            .join(
                schema.documents,
                sa.and_(_C.document_id == _F.document_id, _C.version == _F.version),
            )
            .where(_F.sha256 == sha256, _F.role == "pdf", _C.tenant == tenant)
            .limit(1)
        )
        with self._read() as connection:
            return connection.execute(query).first() is not None

    def versions(self, document_id: str) -> tuple[Document, ...]:
        """All versions of a document, the oldest first, without files."""
        query = (
            sa.select(schema.documents).where(_C.document_id == document_id).order_by(_C.version)
        )
        with self._read() as connection:
            return tuple(document_of(row) for row in connection.execute(query))

    def previous_documents(
        self, tenant: str, supplier_key: str, number: str, *, besides: str | None = None
    ) -> tuple[PreviousDocument, ...]:
        """What the tenant already has of this supplier under this number, the oldest first.

        Current versions of every state except duplicates and tests. besides: the document that
        asks.
        """
        query = (
            sa.select(schema.documents)
            .where(
                _C.tenant == tenant,
                _C.supplier_key == indexable(supplier_key),
                _C.number == indexable(number),
                _C.current,
            )
            .where(_C.state.not_in([DocumentState.DUPLICATE.value, DocumentState.TEST.value]))
            .order_by(_C.created_at, _C.document_id)
        )
        if besides is not None:
            query = query.where(_C.document_id != besides)
        with self._read() as connection:
            return tuple(map(_previous, connection.execute(query)))

    def held_before(
        self,
        tenant: str,
        supplier_key: str,
        number: str,
        content: str,
        document_id: str,
        *,
        again: bool,
    ) -> PreviousDocument | None:
        """The first document of the same content that is or was held; None where there is none.

        content: hash of the message, or of the whole file where supplier and number are empty.
        again: the document that asks was judged before, so that only those that came in before it
        count: their ids sort before its own.
        """
        hashed = _C.content_hash if supplier_key or number else _C.interchange_sha256
        query = (
            sa.select(schema.documents)
            .where(
                _C.tenant == tenant,
                _C.supplier_key == indexable(supplier_key),
                _C.number == indexable(number),
                _C.current,
                _C.state == DocumentState.INVALID.value,
                hashed == content,
                _C.document_id < document_id if again else _C.document_id != document_id,
            )
            .order_by(_C.created_at, _C.document_id)
            .limit(1)
        )
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _previous(row)

    def search(self, what: Search) -> tuple[Document, ...]:
        """Documents that meet every condition, the newest first, without files."""
        query = sa.select(schema.documents).order_by(
            _C.received_at.desc(), _C.document_id.desc(), _C.version.desc()
        )
        query = query.where(*_conditions(what)).limit(what.limit)
        with self._read() as connection:
            return tuple(document_of(row) for row in connection.execute(query))

    def count(self, what: Search) -> int:
        """How many documents meet every condition, whatever its limit."""
        query = sa.select(sa.func.count()).select_from(schema.documents).where(*_conditions(what))
        with self._read() as connection:
            return connection.scalar(query) or 0


def _conditions(what: Search) -> Iterable[sa.ColumnElement[bool]]:
    exact = (
        (_C.tenant, what.tenant),
        (_C.state, what.state),
        (_C.standing, what.standing),
        (_C.direction, what.direction),
        (_C.mail_id, what.mail_id),
    )
    yield from (column == str(value) for column, value in exact if value is not None)
    if what.among is not None:
        yield _C.tenant.in_(sorted(what.among))
    if what.gross is not None:
        yield _C.gross.in_(_written(what.gross))
    if what.number is not None:
        # a very long one is kept with its digest in place of its end
        yield sa.or_(
            _C.number.icontains(what.number, autoescape=True), _C.number == indexable(what.number)
        )
    if what.partner is not None:
        columns = (_C.supplier_name, _C.supplier_key, _C.buyer_name, _C.buyer_key)
        yield sa.or_(*(column.icontains(what.partner, autoescape=True) for column in columns))
    if what.rule is not None:
        yield _C.rules.contains(f" {what.rule} ", autoescape=True)
    if what.since is not None:
        yield _C.received_at >= (
            what.since if isinstance(what.since, datetime) else _midnight(what.since)
        )
    if what.until is not None:
        yield _C.received_at < _midnight(what.until + timedelta(days=1))
    if what.digest is not None:
        mails = schema.mails.c
        named = sa.exists().where(
            _F.document_id == _C.document_id, _F.version == _C.version, _F.sha256 == what.digest
        )
        mailed = _C.mail_id.in_(sa.select(mails.id).where(mails.sha256 == what.digest))
        yield sa.or_(named, mailed, _C.interchange_sha256 == what.digest)
    if not what.deleted:
        yield _C.deleted_at.is_(None)
    if not what.all_versions:
        yield _C.current


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def put_document(tx: Transaction, staged: Staged, job: Job, outcome: DocumentOutcome) -> None:
    """Write a document version with files, archive mails, error mails and events; `staged` is
    recorded already."""
    new = outcome.document
    _claim(tx, job, new)
    row = _row(tx, job, new)
    files = [
        {
            "document_id": new.document_id,
            "version": new.version,
            "role": file.role,
            "name": file.name,
            "media_type": file.media_type,
            "sha256": staged.sha256(file.content),
            "size": len(file.content),
        }
        for file in outcome.files
    ]
    row["record"] = record_digest(row, files)
    standing.settle(tx, row, new.replaces)
    if new.version > 1:
        tx.connection.execute(_SUPERSEDE, {"id": new.document_id})
        tx.connection.execute(_FORGET_PARTNERS, {"id": new.document_id})
    tx.connection.execute(sa.insert(schema.documents), row)
    if files:
        tx.connection.execute(sa.insert(schema.document_files), files)
    _note_partners(tx, job, new)
    _tell(tx, job, outcome, row, files)
    for mail in outcome.archive_mails:
        put_item(
            tx,
            account=mail.account,
            source=f"document:{new.document_id}.{new.version}:{mail.account}",
            sha256=staged.sha256(mail.content),
            size=len(mail.content),
            document_id=new.document_id,
            version=new.version,
        )
    put_dispatches(tx, staged, outcome.notify)


def _claim(tx: Transaction, job: Job, new: NewDocument) -> None:
    """Take the number of a valid invoice; only one document of the tenant may have it."""
    if new.state is not DocumentState.VALID or new.claim is None:
        return
    claims = schema.claims
    tx.connection.execute(
        insert_new(tx.connection, claims).on_conflict_do_nothing(),
        {"tenant": job.tenant, "claim": indexable(new.claim), "document_id": new.document_id},
    )
    holder = tx.connection.scalar(
        _CLAIMED_BY, {"tenant": job.tenant, "claim": indexable(new.claim)}
    )
    if holder != new.document_id:
        raise DuplicateAppeared(new.number, str(holder))


def _row(tx: Transaction, job: Job, new: NewDocument) -> dict[str, Any]:
    if new.version != job.next_version(new.document_id):
        raise LeaseLost(f"document {new.document_id}")
    received_at = tx.connection.scalar(_RECEIVED_AT, {"id": job.mail_id})
    row = {
        "document_id": new.document_id,
        "version": new.version,
        "tenant": job.tenant,
        "direction": job.direction.value,
        "state": new.state.value,
        "mail_id": job.mail_id,
        "received_at": received_at,
        "created_at": tx.now,
        "retain_until": new.retain_until,
        "interchange_reference": new.interchange_reference,
        "message_reference": new.message_reference,
        "message_version": new.message_version,
        "interchange_sha256": new.interchange_sha256,
        "type_code": new.type_code,
        "number": indexable(new.number),
        "issue_date": new.issue_date,
        "supplier_key": indexable(new.supplier_key),
        "supplier_name": new.supplier_name,
        "buyer_key": new.buyer_key,
        "buyer_name": new.buyer_name,
        "order_number": new.order_number,
        "currency": new.currency,
        "net": _amount(new.net),
        "tax": _amount(new.tax),
        "gross": _amount(new.gross),
        "content_hash": new.content_hash,
        "errors": new.errors,
        "warnings": new.warnings,
        "rules": "".join(f" {rule}" for rule in new.rules) + " ",
        "current": True,
        "supplier_ids": "".join(f" {one}" for one in new.supplier_ids) + " ",
    }
    row |= standing.begin(tx, new)
    return {
        name: storable(value) if isinstance(value, str) else value for name, value in row.items()
    }


def record_digest(row: Mapping[str, Any], files: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 over the canonical JSON of a document version and its files: kept in the row and in
    the chain."""
    said = {name: value for name, value in row.items() if name not in _CHANGING}
    if said.get("supplier_ids") is None:  # the first version had no such column
        said.pop("supplier_ids", None)
    listed = sorted([f["role"], f["name"], f["media_type"], f["sha256"], f["size"]] for f in files)
    text = json.dumps(
        [said, listed], ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: date) -> str:
    return value.isoformat()


def _note_partners(tx: Transaction, job: Job, new: NewDocument) -> None:
    if new.unknown_partners:
        tx.connection.execute(
            insert_new(tx.connection, schema.unknown_partners).on_conflict_do_nothing(),
            [
                {
                    "tenant": job.tenant,
                    "gln": indexable(partner.gln),
                    "document_id": new.document_id,
                    "qualifier": partner.qualifier,
                    "seen_at": tx.now,
                }
                for partner in new.unknown_partners
            ],
        )


def _tell(
    tx: Transaction,
    job: Job,
    outcome: DocumentOutcome,
    row: Mapping[str, Any],
    files: Iterable[Mapping[str, Any]],
) -> None:
    new = outcome.document
    about = {"tenant": job.tenant, "mail_id": job.mail_id, "document_id": new.document_id}
    detail = [("version", str(new.version)), ("state", new.state.value), ("number", new.number)]
    detail += [("standing", row["standing"]), ("retain-until", new.retain_until.isoformat())]
    detail += [("rules", " ".join(new.rules)), ("record", row["record"])]
    detail += [(f"sha256-{file['role']}", file["sha256"]) for file in files]
    detail += outcome.said
    tx.event(NewEvent(_HAPPENED[new.state], detail=tuple(detail), **about))
    for event in outcome.events:
        tx.event(event)
    direction = UsageDirection.IN if job.direction is Direction.IN else UsageDirection.OUT
    if new.version == 1:
        tx.count(job.tenant, direction, documents=1)


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _written(amount: Decimal) -> list[str]:
    """Every way an amount may stand in a column: `1190` is kept as `1190.00` where the invoice says
    so."""
    whole, _, decimals = f"{amount:f}".partition(".")
    shortest = decimals.rstrip("0")
    padded = (shortest.ljust(n, "0") for n in range(len(shortest), len(shortest) + _DECIMALS + 1))
    forms = [f"{whole}.{digits}" if digits else whole for digits in padded]
    return list(dict.fromkeys((*forms, str(amount))))


def file_of(row: sa.Row[Any]) -> DocumentFile:
    """A row of `document_files` as a value."""
    return DocumentFile(row.role, row.name, row.media_type, row.sha256, row.size)


def _previous(row: sa.Row[Any]) -> PreviousDocument:
    return PreviousDocument(
        row.document_id,
        row.version,
        DocumentState(row.state),
        row.content_hash,
        row.type_code,
        row.issue_date,
        row.created_at,
    )


def document_of(row: sa.Row[Any], files: tuple[DocumentFile, ...] = ()) -> Document:
    """A row of `documents` as a value."""
    fields = dict(row._mapping)
    del fields["record"]
    fields |= {
        "state": DocumentState(row.state),
        "standing": Standing(row.standing),
        "direction": Direction(row.direction),
        "rules": tuple(row.rules.split()),
        "supplier_ids": tuple((row.supplier_ids or "").split()),
        "files": files,
    }
    for name in ("net", "tax", "gross"):
        fields[name] = None if fields[name] is None else Decimal(fields[name])
    return Document(**fields)
