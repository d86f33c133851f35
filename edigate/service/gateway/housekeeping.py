"""Once a day: work data that nobody needs any more is removed. Documents inside their retention are
never touched."""

import asyncio
from collections.abc import Callable

import structlog

from edigate.config import Settings
from edigate.errors import EdigateError
from edigate.service.gateway import standby
from edigate.store import Store

log = structlog.get_logger("edigate.housekeeping")

_FIRST_SECONDS = 600.0
"""Not at the start, when there is other work."""
_DAY_SECONDS = 86_400.0


class Housekeeping:
    """The daemon's daily round."""

    def __init__(self, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Make rounds until the stop."""
        seconds = _FIRST_SECONDS
        while not await standby.pause(stop, seconds):
            seconds = _DAY_SECONDS
            try:
                await self._store.in_thread(self.round)
            except EdigateError as reason:
                log.warning("housekeeping.later", code=reason.code, reason=reason.message)

    def round(self) -> None:
        """Remove what POP3 clients deleted, mails without documents, and objects nothing names.
        Raises: Unavailable."""
        days = self._settings().store.keep_deleted_days
        log.info(
            "housekeeping.done",
            keep_deleted_days=days,
            mailbox_entries=self._store.purge_fetched(days),
            mails=self._store.purge_mails(days),
            objects=self._store.collect_orphans(),
        )
