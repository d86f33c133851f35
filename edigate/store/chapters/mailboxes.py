"""Mailbox rows become what a POP3 session sees: one snapshot, locked for one holder, deleted softly
at the end.

A row is visibility: what is committed is there, exactly once. DELE only hides a message (it can be
offered again under a new UIDL, which clients take for a new message); a UIDL is never given twice
(RFC 1939 section 7).
"""

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from edigate.errors import EdigateError
from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.chapters.intake import put_item
from edigate.store.chapters.maildrop_locks import MaildropLock
from edigate.store.engine.base import Base
from edigate.store.engine.failures import Unknown
from edigate.store.engine.identifiers import new_id
from edigate.store.engine.writer import Transaction
from edigate.store.values import EventKind, MailboxMessage, MailboxStatus, NewEvent, UsageDirection

_C = schema.mailbox_items.c
_CHUNK = 500
"""Messages in one statement."""

# statements of every RETR, built once
_ITEM = (
    sa.select(_C.sha256, _C.prefix, _C.size, _C.mail_id, _C.document_id, schema.objects.c.content)
    .join(schema.objects, schema.objects.c.sha256 == _C.sha256)
    .where(_C.uidl == sa.bindparam("uidl"))
)


class Mailboxes(Base):
    """POP3's side of the store."""

    def open_maildrop(self, account: str, lease: float = 900.0) -> "MailboxView":
        """Lock an account's mailbox and list what is in it, the oldest first.

        lease: seconds without `keep` or `retrieve` after which another session may take the lock.
        Raises: MaildropBusy, Unavailable.
        """
        lock = MaildropLock(self, account, lease)
        lock.take()
        visible = (_C.account == account, _C.deleted_at.is_(None))
        try:
            with self._read() as connection:
                rows = connection.execute(
                    sa.select(_C.uidl, _C.size).where(*visible).order_by(_C.id)
                ).all()
        except EdigateError:
            lock.forget()
            raise
        entries = tuple(
            MailboxMessage(number, row.uidl, row.size) for number, row in enumerate(rows, start=1)
        )
        return MailboxView(self, account, lock, entries)

    def mailbox_status(self, account: str) -> MailboxStatus:
        """What waits in an account's mailbox, and when it was last fetched from."""
        waiting = sa.and_(_C.account == account, _C.deleted_at.is_(None))
        with self._read() as connection:
            messages, octets, oldest = connection.execute(
                sa.select(
                    sa.func.count(),
                    sa.func.coalesce(sa.func.sum(_C.size), 0),
                    sa.func.min(_C.delivered_at),
                )
                .where(waiting)
                .where(_C.fetched_at.is_(None))
            ).one()
            last = connection.scalar(
                sa.select(sa.func.max(_C.fetched_at)).where(_C.account == account)
            )
        return MailboxStatus(account, int(messages), int(octets), oldest, last)

    def reoffer(
        self, identifier: str, actor: str, reason: str, *, account: str | None = None
    ) -> int:
        """Offer delivered messages again, by document id, mail id or UIDL (in one account or all);
        returns how many.

        Each comes under a new UIDL, so that clients fetch it. Raises: Unknown when nothing was ever
        delivered.
        """

        who = acted(Act.RESEND, actor, reason)

        def work(tx: Transaction) -> int:
            named = sa.or_(
                _C.document_id == identifier, _C.mail_id == identifier, _C.uidl == identifier
            )
            query = sa.select(schema.mailbox_items).where(named).order_by(_C.id)
            if account is not None:
                query = query.where(_C.account == account)
            newest = {
                (row.account, row.document_id, row.mail_id): row
                for row in tx.connection.execute(query)
            }
            if not newest:
                raise Unknown("delivered message", identifier)
            for row in newest.values():
                put_item(
                    tx,
                    account=row.account,
                    source=f"again:{new_id()}",
                    sha256=row.sha256,
                    size=row.size - len(row.prefix),
                    prefix=row.prefix,
                    mail_id=row.mail_id,
                    document_id=row.document_id,
                    version=row.version,
                    kind=EventKind.RESENT,
                    why=who,
                )
            return len(newest)

        return self._write(work)


class MailboxView:
    """One POP3 session's view of a mailbox: `messages` is fixed, deletions happen in `commit` only.

    Methods block; the event loop calls them in threads. After `commit` or `release` the lock is
    gone.
    """

    def __init__(
        self,
        store: Mailboxes,
        account: str,
        lock: MaildropLock,
        messages: tuple[MailboxMessage, ...],
    ) -> None:
        self.account = account
        self.messages = messages
        self._store = store
        self._lock = lock
        self._open = True
        self._known = {entry.uidl: entry for entry in messages}

    def retrieve(self, uidl: str) -> bytes:
        """A message's bytes, hashed again. Whether it was fetched is known at the end of the
        session (`commit`).

        Raises: Unknown, IntegrityViolated (the message must not be given out), Unavailable.
        """
        if uidl not in self._known:
            raise Unknown("message", uidl)
        self.keep()
        with self._store._read() as connection:
            row = connection.execute(_ITEM, {"uidl": uidl}).one_or_none()
        if row is None:  # purged since the session began
            raise Unknown("message", uidl)
        content = self._store._checked(row.sha256, row.content)
        return bytes(row.prefix) + content if row.prefix else content

    def keep(self) -> None:
        """Renew the lock when half of its lease is over; cheap before that. Raises: MaildropBusy
        when it was lost."""
        self._lock.renew()

    def commit(
        self,
        deleted: Iterable[str] = (),
        fetched: Iterable[str] = (),
        *,
        peer: str = "",
        over: str = "pop3",
    ) -> None:
        """The session ended in order: note what was fetched, hide what was deleted, all or none;
        give the lock back.

        fetched: UIDLs of the messages that went out whole. peer: the client's address; over: its
        protocol. Raises: MaildropBusy when the lock was lost, Unavailable; then nothing is noted
        and nothing deleted.
        """
        gone, had = (sorted(set(uidls) & self._known.keys()) for uidls in (deleted, fetched))
        by = (("over", over), ("peer", peer))

        def work(tx: Transaction) -> None:
            self._lock.prove(tx, tx.now)
            for some in _pieces(had):
                values = {"fetched_at": tx.now, "fetched_over": over, "fetched_from": peer}
                self._change(tx, some, EventKind.FETCHED, by, **values)
            for some in _pieces(gone):
                self._change(tx, some, EventKind.DELETED_BY_CLIENT, by, deleted_at=tx.now)
            self._lock.remove(tx)

        if not self._open:
            return
        if gone or had:
            self._store._write(work)
            self._open = False
            self._lock.forget()
        else:
            self.release()

    def _change(
        self,
        tx: Transaction,
        uidls: Sequence[str],
        kind: EventKind,
        by: tuple[tuple[str, str], ...],
        **values: object,
    ) -> None:
        """Change rows that are still there, with an event for each."""
        rows = tx.connection.execute(
            sa.update(schema.mailbox_items)
            .where(_C.uidl.in_(uidls), _C.deleted_at.is_(None))
            .values(**values)
            .returning(_C.uidl, _C.mail_id, _C.document_id)
        ).all()
        for row in sorted(rows, key=lambda row: self._known[row.uidl].number):
            detail = (("uidl", row.uidl), *by)
            tx.event(NewEvent(kind, None, self.account, row.mail_id, row.document_id, detail))
            if kind is EventKind.FETCHED:
                tx.count(
                    self.account, UsageDirection.FETCHED, mails=1, octets=self._known[row.uidl].size
                )

    def release(self) -> None:
        """Give the lock back and delete nothing (the connection dropped); harmless after
        `commit`."""
        if self._open:
            self._open = False
            self._lock.give_back()


def _pieces(uidls: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(uidls), _CHUNK):
        yield uidls[start : start + _CHUNK]
