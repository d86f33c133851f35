"""The daemon and a store that is away: wait for it at the start, and look after it while it runs.

Ports open only when mail can be kept. While the database is away the daemon goes on by itself: mail
is answered with 451, jobs and deliveries wait.
"""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from edigate.config import Settings
from edigate.errors import EdigateError, Unavailable
from edigate.service.health import alarms
from edigate.store import NewEvent, Store

log = structlog.get_logger("edigate.standby")

_PAUSE = 2.0
"""Seconds between two attempts at the start."""
_LOOK = 5.0
"""Seconds between two looks at the store while the daemon runs."""


async def opened(
    settings: Settings, stop: asyncio.Event, waiting: Callable[[], None]
) -> Store | None:
    """The daemon's store as soon as it can be had; None when the stop came first. waiting: called
    at each attempt.

    Raises: Misconfigured, for what waiting does not mend.
    """
    said = ""
    while not stop.is_set():
        try:
            return await asyncio.to_thread(
                Store.open,
                settings.store.database or None,
                settings.data,
                daemon=True,
                reserve=settings.store.reserve_mib * 2**20,
            )
        except Unavailable as reason:
            waiting()
            if reason.code != said:
                log.warning("store.waiting", code=reason.code, reason=reason.message)
            said = reason.code
            await pause(stop, _PAUSE)
    return None


async def recorded(store: Store, event: NewEvent, stop: asyncio.Event) -> None:
    """Chain an event as soon as the store can be written."""
    while not stop.is_set():
        try:
            await store.in_thread(store.record, event)
        except Unavailable as reason:
            log.warning("store.waiting", code=reason.code, reason=reason.message)
            await pause(stop, _PAUSE)
        else:
            return


class StoreWatch:
    """The look at the store, every few seconds."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], Settings],
        lost: Callable[[EdigateError], None],
        queued: Callable[[], None],
    ) -> None:
        """lost: called when another daemon has taken the store. queued: called when there is a mail
        for the relay."""
        self._store = store
        self._settings = settings
        self._lost = lost
        self._queued = queued
        self._trouble = ""
        self._full = False
        self._told = False

    async def _look_at_the_disk(self) -> None:
        """Say once that the reserve is reached, and once that there is room again; the admins get a
        mail."""
        try:
            self._store.require_room()
        except Unavailable as reason:
            if not self._full:
                log.critical("disk.reserve", code=reason.code, reason=reason.message)
            self._full = True
            if (
                not self._told
            ):  # tried again until it is kept: the disk may be too full for the alarm itself
                await self._alarm(reason)
        else:
            if self._full:
                log.info("disk.room")
            self._full = self._told = False

    async def _alarm(self, reason: Unavailable) -> None:
        facts = {"code": reason.code, "reason": reason.message}
        self._told = await self._store.in_thread(
            alarms.tell, self._store, self._settings(), "disk", facts
        )
        if self._told:
            self._queued()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until the stop."""
        while not await pause(stop, _LOOK):
            await self._look_at_the_disk()
            try:
                await self._store.in_thread(self._store.keep_sole)
            except Unavailable as reason:
                if not self._trouble:
                    log.warning("store.away", code=reason.code, reason=reason.message)
                self._trouble = reason.code
            except EdigateError as reason:
                log.critical("store.lost", code=reason.code, reason=reason.message)
                self._lost(reason)
            else:
                if self._trouble:
                    log.info("store.back")
                self._trouble = ""


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until the stop; whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()
