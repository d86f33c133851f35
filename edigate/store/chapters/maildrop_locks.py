"""Who has an account's mailbox open: known in this process, and written down for other nodes where
that is possible.

The daemon that is alone on its database opens a mailbox also while nothing can be written (a full
disk, a database that another process holds up): what it remembers itself is then lock enough.
"""

import threading
from datetime import datetime, timedelta

import sqlalchemy as sa

from edigate.errors import Unavailable
from edigate.store import schema
from edigate.store.engine.base import Base
from edigate.store.engine.database import insert_new
from edigate.store.engine.failures import MaildropBusy
from edigate.store.engine.identifiers import new_id
from edigate.store.engine.writer import Transaction

_L = schema.mailbox_locks.c
_SKEW = timedelta(minutes=1)
"""A lease that ends later than one taken now by so much was taken while the clock was ahead."""

_guard = threading.Lock()


class MaildropLock:
    """One session's lock on one account; another session may take it when its lease has run out."""

    def __init__(self, store: Base, account: str, lease: float) -> None:
        """lease: seconds."""
        self._store = store
        self._account = account
        self._holder = new_id()
        self._lease = timedelta(seconds=lease)
        self._written = False
        self._renew_at = store._clock() + self._lease / 2

    def take(self) -> None:
        """Raises: MaildropBusy, Unavailable."""
        self._take_here()
        try:
            self._store._write(self._insert)
            self._written = True
        except MaildropBusy:
            self.forget()
            raise
        except Unavailable:
            if not self._store.alone:
                self.forget()
                raise

    def _take_here(self) -> None:
        now = self._store._clock()
        with _guard:
            held = self._store._held.get(self._account)
            if (
                held is not None
                and held[0] != self._holder
                and now <= held[1] <= now + self._lease + _SKEW
            ):
                raise MaildropBusy
            self._store._held[self._account] = (self._holder, now + self._lease)

    def _insert(self, tx: Transaction) -> None:
        until = tx.now + self._lease
        free = [_L.lease_until < tx.now, _L.lease_until > until + _SKEW]
        if (
            self._store.alone
        ):  # a row of ours that could not be taken back: in this process nobody has the lock
            free.append(_L.node == self._store.node)
        said = {"holder": self._holder, "node": self._store.node, "lease_until": until}
        taken = tx.connection.execute(
            insert_new(tx.connection, schema.mailbox_locks)
            .on_conflict_do_update(index_elements=["account"], set_=said, where=sa.or_(*free))
            .returning(_L.account),
            {"account": self._account, **said},
        ).one_or_none()
        if taken is None:
            raise MaildropBusy

    def renew(self) -> None:
        """Renew when half of the lease is over; cheap before that. Raises: MaildropBusy when it was
        lost."""
        moment = self._store._clock()
        if moment < self._renew_at:
            return
        self._take_here()
        try:
            self._store._write(lambda tx: self.prove(tx, tx.now + self._lease))
        except MaildropBusy:
            raise
        except Unavailable:
            if not self._store.alone:
                raise
        self._renew_at = moment + self._lease / 2

    def prove(self, tx: Transaction, until: datetime) -> None:
        """Make sure, in the running transaction, that the lock is still ours. Raises:
        MaildropBusy."""
        with _guard:
            held = self._store._held.get(self._account)
        if held is None or held[0] != self._holder:
            raise MaildropBusy
        changed = tx.connection.execute(
            sa.update(schema.mailbox_locks)
            .where(_L.account == self._account, _L.holder == self._holder)
            .values(lease_until=until)
        )
        if self._written and changed.rowcount != 1:
            raise MaildropBusy

    def remove(self, tx: Transaction) -> None:
        """Take the row back in the running transaction."""
        tx.connection.execute(
            sa.delete(schema.mailbox_locks).where(
                _L.account == self._account, _L.holder == self._holder
            )
        )

    def give_back(self) -> None:
        """Give the lock back; a row that cannot be taken back now is no hindrance to the daemon
        that is alone.

        Raises: Unavailable.
        """
        self.forget()
        try:
            self._store._write(self.remove)
        except Unavailable:
            if not self._store.alone:
                raise

    def forget(self) -> None:
        """Give the lock back in this process."""
        with _guard:
            held = self._store._held.get(self._account)
            if held is not None and held[0] == self._holder:
                del self._store._held[self._account]
