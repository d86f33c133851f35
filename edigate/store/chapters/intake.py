"""A mail, its deliveries and its archive jobs become durable in one transaction.

The functions that take a `Transaction` are shared with the chapters that make mails of their own
(error mails, DSNs).
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import schema
from edigate.store.engine.base import Base, Staged, storable
from edigate.store.engine.database import insert_new
from edigate.store.engine.failures import Unknown
from edigate.store.engine.identifiers import new_id
from edigate.store.engine.objects import INLINE
from edigate.store.engine.writer import Transaction
from edigate.store.values import (
    DeliveryKind,
    DeliveryState,
    Dispatch,
    Entrance,
    EventKind,
    JobState,
    Mail,
    NewDelivery,
    NewEvent,
    NewJob,
    NewMail,
    UsageDirection,
)


class Intake(Base):
    """Taking mails and reading them back."""

    def accept(
        self, mail: NewMail, deliveries: Sequence[NewDelivery] = (), jobs: Sequence[NewJob] = ()
    ) -> str:
        """Take a mail with everything it causes and return its id once all of it is durable.

        Deliveries of kind MAILBOX are done by this very transaction. A mail whose `once` is known
        is not taken again; the id is then that of the mail taken before. Raises: Unavailable (no
        room beside the reserve, I/O error, busy): nothing was taken and nothing may be acknowledged
        (RFC 5321 section 4.2.5).
        """
        self._require_room(mail)
        named = mail if mail.id is not None else replace(mail, id=new_id())
        with self._stage([mail.content]) as staged:
            return self._write(lambda tx: put_mail(tx, staged, named, deliveries, jobs))

    async def accept_async(
        self, mail: NewMail, deliveries: Sequence[NewDelivery] = (), jobs: Sequence[NewJob] = ()
    ) -> str:
        """`accept` for the event loop: many mails share one commit, and a small one needs no thread
        of its own."""
        if len(mail.content) > INLINE:
            return await asyncio.to_thread(self.accept, mail, deliveries, jobs)
        self._require_room(mail)
        named = mail if mail.id is not None else replace(mail, id=new_id())
        with self._stage([mail.content]) as staged:
            return await asyncio.wrap_future(
                self._submit(lambda tx: put_mail(tx, staged, named, deliveries, jobs))
            )

    def _require_room(self, mail: NewMail) -> None:
        """Mail from outside leaves the reserve alone; the gateway's own alarms and reports may use
        it."""
        if mail.origin is not Entrance.GATEWAY:
            self.require_room(len(mail.content))

    def mail(self, mail_id: str) -> Mail:
        """A mail without its bytes. Raises: Unknown."""
        with self._read() as connection:
            row = connection.execute(
                sa.select(schema.mails).where(schema.mails.c.id == mail_id)
            ).one_or_none()
        if row is None:
            raise Unknown("mail", mail_id)
        return mail_of(row)

    def mail_made_once(self, once: str) -> Mail | None:
        """The mail that was taken under this key; None when there is none (notices: their
        Message-ID)."""
        with self._read() as connection:
            row = connection.execute(
                sa.select(schema.mails).where(schema.mails.c.once == once)
            ).one_or_none()
        return None if row is None else mail_of(row)

    def mail_content(self, mail_id: str) -> bytes:
        """A mail's bytes as they go on, hashed again. Raises: Unknown, IntegrityViolated,
        Unavailable."""
        return self._object(self.mail(mail_id).sha256)


def mail_of(row: sa.Row[Any]) -> Mail:
    """A row of `mails` as a value."""
    return Mail(
        id=row.id,
        origin=Entrance(row.origin),
        sender=row.sender,
        recipients=tuple(json.loads(row.recipients)),
        submitter=row.submitter,
        peer=row.peer,
        message_id=row.message_id,
        subject=row.subject,
        received_at=row.received_at,
        sha256=row.sha256,
        size=row.size,
        document_id=row.document_id,
    )


def contents(dispatches: Iterable[Dispatch]) -> list[bytes]:
    """The bytes of mails about to be dispatched, for staging."""
    return [dispatch.mail.content for dispatch in dispatches]


def put_dispatches(tx: Transaction, staged: Staged, dispatches: Iterable[Dispatch]) -> None:
    """Take mails of the gateway's own; `staged` has their contents and is recorded already."""
    for dispatch in dispatches:
        put_mail(tx, staged, dispatch.mail, dispatch.deliveries, (), recorded=True)


def put_mail(
    tx: Transaction,
    staged: Staged,
    mail: NewMail,
    deliveries: Sequence[NewDelivery],
    jobs: Sequence[NewJob],
    *,
    recorded: bool = False,
) -> str:
    """Write a mail, its deliveries and its jobs in the running transaction; returns the mail's
    id."""
    if mail.once is not None:
        mails = schema.mails.c
        known = tx.connection.execute(
            sa.select(mails.id).where(mails.once == mail.once)
        ).scalar_one_or_none()
        if known is not None:
            return str(known)
    if not recorded:
        staged.record(tx)
    mail_id = mail.id or new_id()
    sha256, size = staged.sha256(mail.content), len(mail.content)
    tx.connection.execute(
        sa.insert(schema.mails),
        {
            "id": mail_id,
            "origin": mail.origin.value,
            "sender": storable(mail.sender),
            "recipients": json.dumps(mail.recipients),
            "submitter": mail.submitter,
            "peer": storable(mail.peer),
            "message_id": storable(mail.message_id),
            "subject": storable(mail.subject),
            "received_at": mail.received_at or tx.now,
            "sha256": sha256,
            "size": size,
            "document_id": mail.document_id,
            "once": mail.once,
        },
    )
    tx.event(
        NewEvent(
            EventKind.CREATED if mail.origin is Entrance.GATEWAY else EventKind.RECEIVED,
            account=mail.submitter,
            mail_id=mail_id,
            document_id=mail.document_id,
            detail=(
                ("from", storable(mail.sender) or ""),
                ("to", " ".join(mail.recipients)),
                ("peer", mail.peer or ""),
                ("message-id", mail.message_id or ""),
                ("size", str(size)),
                ("sha256", sha256),
            ),
        )
    )
    if mail.submitter is not None:
        tx.count(mail.submitter, UsageDirection.OUT, mails=1, octets=size)
    _put_deliveries(tx, mail_id, sha256, size, deliveries)
    _put_jobs(tx, mail_id, jobs)
    return mail_id


def _put_deliveries(
    tx: Transaction, mail_id: str, sha256: str, size: int, deliveries: Sequence[NewDelivery]
) -> None:
    rows = []
    for delivery in deliveries:
        local = delivery.kind is DeliveryKind.MAILBOX
        if local:
            if delivery.account is None:
                raise Misconfigured(
                    "DELIVERY-ACCOUNT", f"delivery to {delivery.recipient} names no account"
                )
            put_item(
                tx,
                account=delivery.account,
                source=f"mail:{mail_id}:{delivery.account}",
                sha256=sha256,
                size=size,
                prefix=delivery.prefix,
                mail_id=mail_id,
            )
        rows.append(
            {
                "mail_id": mail_id,
                "kind": delivery.kind.value,
                "recipient": storable(delivery.recipient),
                "account": delivery.account,
                "state": DeliveryState.DONE.value if local else DeliveryState.QUEUED.value,
                "run_at": delivery.run_at or tx.now,
                "set_at": tx.now,
                "attempts": 1 if local else 0,
                "created_at": tx.now,
                "done_at": tx.now if local else None,
                "last_result": "delivered to the mailbox" if local else None,
            }
        )
    if rows:
        # one address named twice in an envelope is one delivery
        tx.connection.execute(
            insert_new(tx.connection, schema.deliveries).on_conflict_do_nothing(), rows
        )


def _put_jobs(tx: Transaction, mail_id: str, jobs: Sequence[NewJob]) -> None:
    rows = [
        {
            "mail_id": mail_id,
            "tenant": job.tenant,
            "direction": job.direction.value,
            "state": JobState.QUEUED.value,
            "run_at": tx.now,
            "set_at": tx.now,
            "attempts": 0,
            "crashes": 0,
            "created_at": tx.now,
        }
        for job in jobs
    ]
    if rows:
        tx.connection.execute(insert_new(tx.connection, schema.jobs).on_conflict_do_nothing(), rows)


def put_item(
    tx: Transaction,
    *,
    account: str,
    source: str,
    sha256: str,
    size: int,
    prefix: bytes = b"",
    mail_id: str | None = None,
    document_id: str | None = None,
    version: int | None = None,
    kind: EventKind = EventKind.DELIVERED,
    why: tuple[tuple[str, str], ...] = (),
) -> bool:
    """Make a message visible in a mailbox; False when `source` was delivered before (then nothing
    is done)."""
    statement = insert_new(tx.connection, schema.mailbox_items).on_conflict_do_nothing(
        index_elements=["source"]
    )
    uidl = new_id()
    done = tx.connection.execute(
        statement.returning(schema.mailbox_items.c.id),
        {
            "account": account,
            "uidl": uidl,
            "source": source,
            "mail_id": mail_id,
            "document_id": document_id,
            "version": version,
            "prefix": prefix,
            "sha256": sha256,
            "size": size + len(prefix),
            "delivered_at": tx.now,
        },
    ).scalar_one_or_none()
    if done is None:
        return False
    direction = UsageDirection.IN if document_id is None else UsageDirection.ARCHIVE
    tx.count(account, direction, mails=1, octets=size + len(prefix))
    which = () if version is None else (("document-version", str(version)),)
    tx.event(
        NewEvent(
            kind,
            account=account,
            mail_id=mail_id,
            document_id=document_id,
            detail=(
                ("uidl", uidl),
                ("sha256", sha256),
                ("size", str(size + len(prefix))),
                *which,
                *why,
            ),
        )
    )
    return True
