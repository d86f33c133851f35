"""Alarms -> one mail each to the admins, with what happened and the cure.

An alarm has a kind (its words in `templates/letters.toml` begin with `alarm_` and it) and what it
is about; of one kind about one thing there is one mail a day, whoever raises it how often, also
over restarts and several processes.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from edigate.config import Settings
from edigate.errors import EdigateError
from edigate.mail.compose import MailFile
from edigate.report import letter
from edigate.service.letters import notices
from edigate.store import Event, EventKind, Store

log = structlog.get_logger("edigate.alarms")

_POLL_SECONDS = 5.0
_LOOK_BACK = timedelta(days=1)


def tell(
    store: Store,
    settings: Settings,
    kind: str,
    facts: Mapping[str, str],
    *,
    about: str = "",
    now: datetime | None = None,
    attachments: tuple[MailFile, ...] = (),
) -> bool:
    """Mail the admins unless they were told of this today; whether there is a mail (nobody to tell:
    none).

    about: what of this kind it is about, e.g. the digest of an object. now: aware UTC. A store that
    cannot be written is logged (`alarm.not-sent`), never raised: an alarm must not add to the
    trouble.
    """
    moment = now or datetime.now(UTC)
    made = notices.to_admins(
        letter.alarm(kind, facts),
        settings,
        about=f"alarm.{kind}.{about}.{moment:%Y%m%d}",
        at=moment,
        attachments=attachments,
    )
    if made is None:
        return False
    try:
        store.accept(made.mail, made.deliveries)
    except EdigateError as reason:
        log.warning("alarm.not-sent", code=reason.code, reason=reason.message)
        return False
    return True


class ChainWatch:
    """The daemon's eye on the chain: violated integrity is told whoever found it (POP3, a worker,
    `verify`)."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], queued: Callable[[], None]
    ) -> None:
        """queued: called when there is a mail for the relay."""
        self._store = store
        self._settings = settings
        self._queued = queued
        self._seen: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until the stop."""
        while not stop.is_set():
            try:
                if await self._store.in_thread(self.turn):
                    self._queued()
            except EdigateError as reason:
                log.warning("alarm.not-sent", code=reason.code, reason=reason.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await stop.wait()

    def turn(self, now: datetime | None = None) -> int:
        """Tell what has happened since the last turn (at first: within a day); how many mails.
        Raises: Unavailable."""
        head, _ = self._store.chain_head()
        kinds = [EventKind.INTEGRITY_VIOLATED]
        if self._seen is None:
            events = self._store.log(kinds=kinds, since=(now or datetime.now(UTC)) - _LOOK_BACK)
        elif head > self._seen:
            events = self._store.log(kinds=kinds, after=self._seen)
        else:
            return 0
        told = sum(self._told(event) for event in events)
        self._seen = max(head, events[-1].seq if events else 0)
        return told

    def _told(self, event: Event) -> bool:
        said = dict(event.detail)
        about = said.get("object", "store")
        facts = {"event": str(event.seq), "at": event.at.isoformat(timespec="seconds")}
        facts |= {name: value for name, value in said.items() if name != "head"}
        return tell(self._store, self._settings(), "integrity", facts, about=about, now=event.at)
