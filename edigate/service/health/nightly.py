"""Every night the store proves itself, and its signed end goes to the admins.

Chain and rows are proven whole; of the bytes of the objects one share a night, so that each is
hashed within thirty days. Where the share ends stands in the chain, so a restart goes on from
there.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import structlog

from edigate.config import Settings
from edigate.errors import EdigateError
from edigate.mail.compose import MailFile
from edigate.service.gateway import standby
from edigate.service.health import alarms
from edigate.service.sealing import heads, keys
from edigate.store import EventKind, NewEvent, Problem, Share, Store

log = structlog.get_logger("edigate.nightly")

NIGHTS = 28
"""Nights in which every object is hashed once; two are left for those in which the gateway stood
still."""
_BY = "nightly"
_HOUR = 2
"""Of local time in Germany, when little is to do."""
_ZONE = ZoneInfo("Europe/Berlin")
_FIRST_SECONDS = 900.0
"""Not at the start, when there is other work; how long after it a night that was missed is made up
for."""
_DAY = timedelta(days=1)
_MOST_KEPT = 1000
_RECORDED = 20
_REST = 4.0
"""Seconds of rest for each second of work: a fifth of one core at most, and mail is never kept
waiting."""


class Nightly:
    """The daemon's own verification."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], Settings],
        queued: Callable[[], None],
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """queued: called when there is a mail for the relay. rest: how to wait between pieces of
        work, in seconds."""
        self._store = store
        self._settings = settings
        self._queued = queued
        self._rest = rest
        self._worked = 0.0
        self._ending = False

    async def run(self, stop: asyncio.Event) -> None:
        """Verify night after night until the stop; a turn that is under way is given up then."""
        try:
            last = await self._store.in_thread(self._last)
        except EdigateError:
            last = None
        pause = (
            _FIRST_SECONDS if last is None or datetime.now(UTC) - last[0] > _DAY else _until_night()
        )
        ending = asyncio.create_task(self._end_with(stop))
        while not await standby.pause(stop, pause):
            await self._store.in_thread(self.turn)
            self._queued()
            pause = _until_night()
        await ending

    async def _end_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._ending = True

    def turn(self, now: datetime | None = None) -> bool:
        """Verify, record it, send the head; whether everything was proven. Failing itself is an
        alarm too."""
        moment = now or datetime.now(UTC)
        try:
            found = self._verified(moment)
        except _Ending:
            return False
        except EdigateError as reason:
            log.critical("verify.failed", code=reason.code, reason=reason.message)
            facts = {"code": reason.code, "reason": reason.message}
            alarms.tell(self._store, self._settings(), "unverified", facts, now=moment)
            return False
        self._send_head(moment)
        return not found

    def _verified(self, moment: datetime) -> list[Problem]:
        last = self._last()
        share = share_after(last, moment)
        self._worked = time.monotonic()
        # a store that lost everything has a problem for each row; a thousand tell the operator
        # enough
        found = list(islice(self._store.verify(self._paced, share=share), _MOST_KEPT))
        _, head = self._store.chain_head()
        detail = (
            ("by", _BY),
            ("problems", str(len(found))),
            ("head", head),
            ("objects", f"{share.start} {share.end}"),
            *((problem.code.lower(), problem.subject) for problem in found[:_RECORDED]),
        )
        kind = EventKind.INTEGRITY_VIOLATED if found else EventKind.VERIFIED
        self._store.record(NewEvent(kind, detail=detail))
        if found:
            log.error(
                "verify.violated", problems=len(found), first=found[0].subject, code=found[0].code
            )
        else:
            log.info("verify.done", share=round(share.width, 4))
        return found

    def _paced(self, _seen: int, _total: int) -> None:
        """Rest as long as others need."""
        if self._ending:
            raise _Ending
        self._rest((time.monotonic() - self._worked) * _REST)
        self._worked = time.monotonic()

    def _last(self) -> tuple[datetime, str] | None:
        """When the last turn was, and where its share of the objects ended."""
        kinds = (EventKind.VERIFIED, EventKind.INTEGRITY_VIOLATED)
        for event in reversed(self._store.log(kinds=kinds, limit=100)):
            said = dict(event.detail)
            if said.get("by") == _BY and "objects" in said:
                return event.at, said["objects"].rpartition(" ")[2]
        return None

    def _send_head(self, moment: datetime) -> None:
        settings = self._settings()
        try:
            head = heads.make(self._store, settings, keys.sealer(settings), moment)
        except EdigateError as reason:
            log.warning("head.not-made", code=reason.code, reason=reason.message)
            return
        text = heads.as_text(head)
        facts = {
            "events": str(head.anchor.seq),
            "hash": head.anchor.hash,
            "key": dict(head.said)["key"],
        }
        attached = (MailFile(f"edigate-head-{moment:%Y-%m-%d}.txt", text.encode(), "text/plain"),)
        alarms.tell(self._store, settings, "head", facts, now=moment, attachments=attached)


class _Ending(Exception):
    """The daemon ends in the middle of a turn."""


def share_after(last: tuple[datetime, str] | None, moment: datetime) -> Share:
    """The share of a night: from where the last one ended, wider by the nights that were missed."""
    if last is None:
        return Share(width=1 / NIGHTS)
    nights = max(1.0, (moment - last[0]) / _DAY)
    return Share(last[1], min(1.0, nights / NIGHTS))


def _until_night(now: datetime | None = None) -> float:
    """Seconds until the next night's turn."""
    local = (now or datetime.now(UTC)).astimezone(_ZONE)
    turn = local.replace(hour=_HOUR, minute=30, second=0, microsecond=0)
    if turn <= local:
        turn += _DAY
    return (turn - local).total_seconds()
