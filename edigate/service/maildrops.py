"""POP3's view of the store: the store's blocking maildrops as the protocol server wants them."""

from collections.abc import Sequence

from edigate.errors import IntegrityViolated, Unavailable
from edigate.store import Entry, Maildrop, Store


class StoredMaildrop:
    """One open session's maildrop (`edigate.mail.pop3_server.OpenMaildrop`)."""

    def __init__(self, store: Store, maildrop: Maildrop) -> None:
        self._store = store
        self._maildrop = maildrop

    @property
    def entries(self) -> Sequence[Entry]:
        """What it held when it was opened, oldest first."""
        return self._maildrop.messages

    async def retrieve(self, uidl: str) -> bytes:
        """The message. Raises: Unavailable, also when its bytes are no longer those that were stored."""
        try:
            return await self._store.in_thread(self._maildrop.retrieve, uidl)
        except IntegrityViolated as broken:
            raise Unavailable(broken.code, broken.message) from broken

    async def delete(self, uidls: Sequence[str]) -> None:
        """Hide the messages, all or none. Raises: Unavailable."""
        await self._store.in_thread(self._maildrop.commit, uidls)

    async def release(self) -> None:
        """Give up the lock."""
        await self._store.in_thread(self._maildrop.release)


class StoredMaildrops:
    """Opens maildrops (`edigate.mail.pop3_server.Maildrops`)."""

    def __init__(self, store: Store, lease: float) -> None:
        self._store = store
        self._lease = lease

    async def open(self, account: str, peer: str) -> StoredMaildrop:  # noqa: ARG002  (the peer is in the log)
        """Lock and list. Raises: Unavailable (IN-USE)."""
        maildrop = await self._store.in_thread(self._store.open_maildrop, account, self._lease)
        return StoredMaildrop(self._store, maildrop)
