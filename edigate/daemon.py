"""The daemon: settings -> listeners, relay and workers around one store, until SIGTERM."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from edigate import __version__
from edigate.config import Effect, Listen, ReadFile, Settings, takes_effect
from edigate.errors import EdigateError, Unavailable
from edigate.listeners import Listeners, offer_of
from edigate.mail.smtp.envelope import Envelope
from edigate.service.conversion import weights
from edigate.service.conversion.crew import Crew
from edigate.service.gateway import accepting, settings_log, standby
from edigate.service.gateway.housekeeping import Housekeeping
from edigate.service.gateway.relay import Relay
from edigate.service.health import alarms
from edigate.service.health.nightly import Nightly
from edigate.service.letters.digests_due import Digests
from edigate.store import EventKind, NewEvent, Store

log = structlog.get_logger("edigate.daemon")


class Daemon:
    """One gateway. `reload` gives new settings on SIGHUP; None means there is no file to read
    again."""

    def __init__(
        self, settings: Settings, reload: Callable[[list[ReadFile]], Settings] | None = None
    ) -> None:
        self.settings = settings
        self._reload = reload
        offer_of(settings)  # refused before a store is opened
        weights.check(settings)
        self._stop = asyncio.Event()
        self._lost: EdigateError | None = None

    async def run(self, started: Callable[["Daemon"], None] | None = None) -> None:
        """Serve until SIGTERM or SIGINT. started: called once everything listens.

        Waits for a store that is away. Raises: Misconfigured (a second instance, a port in use),
        Unavailable.
        """
        self._signals(self._not_yet)
        store = await standby.opened(
            self.settings, self._stop, partial(_notify, "EXTEND_TIMEOUT_USEC=60000000")
        )
        if store is not None:
            with store:
                await self._serve(store, started)
        if self._lost is not None:
            raise self._lost

    async def _serve(self, store: Store, started: Callable[["Daemon"], None] | None) -> None:
        """Listen, relay and convert until the stop."""
        self._store = store
        self._relay = Relay(store, lambda: self.settings)
        self._crew = Crew(store, lambda: self.settings, self.stop)
        self._listeners = Listeners(self.settings, self._accept, store)
        try:
            await self._listeners.open()
            self._crew.start()
            relay = asyncio.create_task(self._relay.run())
            relay.add_done_callback(
                lambda _: self.stop()
            )  # without it mail would wait unseen: better start anew
            timers = self._timers(store)
            self._signals(self._read_again)
            said = (("version", __version__), settings_log.proof(self.settings))
            await standby.recorded(store, NewEvent(EventKind.STARTED, detail=said), self._stop)
            await self._record_settings(
                "start", settings_log.changes_since_last_start(self.settings)
            )
            log.info("started", version=__version__, pid=os.getpid(), **_shown(self.addresses))
            _notify("READY=1")
            if started:
                started(self)
            await self._stop.wait()
            _notify("STOPPING=1")
            log.info("stopping")
        finally:
            await self._listeners.stop()
            await self._crew.stop()
            if "timers" in locals():
                self._stop.set()
                await asyncio.gather(*timers, return_exceptions=True)
            if "relay" in locals():
                relay.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await relay
        try:
            await store.in_thread(store.record, NewEvent(EventKind.STOPPED))
        except Unavailable as reason:
            log.warning("stopped.not-recorded", code=reason.code, reason=reason.message)
        log.info("stopped")

    @property
    def addresses(self) -> dict[str, list[Listen]]:
        """Where it listens, by name of the way in."""
        return self._listeners.addresses

    def stop(self) -> None:
        """Finish what is on its way and end."""
        self._stop.set()

    def _timers(self, store: Store) -> list["asyncio.Task[None]"]:
        """What is done from time to time, until the stop."""
        digests = Digests(store, lambda: self.settings, self._relay.nudge)
        keeping = Housekeeping(store, lambda: self.settings)
        watch = standby.StoreWatch(
            store, lambda: self.settings, self._store_lost, self._relay.nudge
        )
        alarming = alarms.ChainWatch(store, lambda: self.settings, self._relay.nudge)
        nightly = Nightly(store, lambda: self.settings, self._relay.nudge)
        tasks = [
            asyncio.create_task(timer.run(self._stop))
            for timer in (digests, keeping, watch, alarming, nightly)
        ]
        for task in tasks:
            task.add_done_callback(self._timer_ended)
        return tasks

    def _store_lost(self, reason: EdigateError) -> None:
        """Another daemon works on our database: two would send mail twice."""
        self._lost = reason
        self.stop()

    def _timer_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (defect := task.exception()) is not None:
            log.critical("timer.defect", exc_info=defect)
            self.stop()

    async def _accept(self, envelope: Envelope) -> str:
        """Keep a mail durably, with everything it causes; only then may it be acknowledged."""
        mail, deliveries, jobs = accepting.plan(envelope, self.settings)
        mail_id = await self._store.accept_async(mail, deliveries, jobs)
        log.info(
            "mail.accepted",
            mail=mail_id,
            sender=envelope.sender,
            to=[r.address for r in envelope.recipients],
            size=len(envelope.content),
            peer=envelope.peer,
            jobs=len(jobs),
        )
        self._relay.nudge()
        self._crew.nudge()
        return mail_id

    def _signals(self, read_again: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, read_again)

    def _not_yet(self) -> None:
        log.critical(
            "reload.refused",
            reason="the gateway waits for its store; send SIGHUP again when it has started",
        )

    def _read_again(self) -> None:
        """SIGHUP: take new settings; a bad file leaves the old ones in force."""
        if self._reload is None:
            log.warning("reload.no-file")
            return
        files: list[ReadFile] = []
        try:
            settings = self._reload(files)
            weights.check(settings)
            self._listeners.renew(settings)
        except EdigateError as reason:
            log.critical("reload.refused", reason=reason.message)
            self._audit = asyncio.create_task(self._record_reload(files, "refused", []))
            return
        changed = settings_log.changes(self.settings, settings)
        self.settings = settings
        self._crew.recycle()
        self._relay.nudge()
        log.info("reload.done", changed=[name for name, _, _ in changed])
        late = [name for name, _, _ in changed if takes_effect(name) is Effect.START]
        if late:
            log.warning(
                "reload.needs-restart",
                keys=late,
                reason="the old values stay in force until a restart",
            )
        self._audit = asyncio.create_task(self._record_reload(files, "taken", changed))

    async def _record_reload(
        self, files: list[ReadFile], result: str, changed: list[tuple[str, str, str]]
    ) -> None:
        """Chain what came of a SIGHUP: who asked for it, the files that were read, and then each
        change."""
        try:
            asked = await self._store.in_thread(settings_log.asked, self._store)
            event = settings_log.reloaded(files, result, [key for key, _, _ in changed], asked)
            await self._store.in_thread(self._store.record, event)
        except Unavailable as reason:
            log.warning("settings.not-recorded", code=reason.code, reason=reason.message)
            asked = ()
        if changed:
            await self._record_settings(dict(asked).get("by", "SIGHUP"), changed)

    async def _record_settings(self, actor: str, changed: list[tuple[str, str, str]]) -> None:
        """Chain what changed, then write down what is in force; what cannot be written now shows at
        the next start."""
        try:
            if changed:
                proof = settings_log.proof(self.settings)
                await self._store.in_thread(self._store.record_changes, actor, changed, (proof,))
            settings_log.keep_in_force(self.settings)
        except Unavailable as reason:
            log.warning("settings.not-recorded", code=reason.code, reason=reason.message)


def _shown(addresses: dict[str, list[Listen]]) -> dict[str, list[str]]:
    return {name: [str(a) for a in listens] for name, listens in addresses.items()}


def _notify(state: str) -> None:
    """Tell systemd (sd_notify(3)), if it asked to be told."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else str(Path(path))
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), address)
