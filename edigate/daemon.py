"""The daemon: settings -> listeners, relay and workers around one store, until SIGTERM."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from edigate import __version__
from edigate.config import Listen, ReadFile, Settings, password_hash
from edigate.errors import EdigateError, Misconfigured, Unavailable
from edigate.mail.accounts import Account, Accounts, Passwords
from edigate.mail.admission import Connections, Failures
from edigate.mail.pop3.pop3_server import Pop3Server, Pop3Settings
from edigate.mail.smtp.data import BareNewline
from edigate.mail.smtp.smtp_server import Envelope, SmtpServer, SmtpSettings
from edigate.mail.tls import renew, server_tls
from edigate.service.conversion import weights
from edigate.service.conversion.crew import Crew
from edigate.service.gateway import accepting, settings_log, standby
from edigate.service.gateway.housekeeping import Housekeeping
from edigate.service.gateway.relay import Relay
from edigate.service.health import alarms
from edigate.service.health.nightly import Nightly
from edigate.service.letters.digests_due import Digests
from edigate.store import EventKind, NewEvent, Store, new_id

log = structlog.get_logger("edigate.daemon")


_AT_START = (
    *(
        "hostname",
        "data",
        "store.database",
        "store.reserve_mib",
        "log.",
        "workers.count",
        "smtp.listen",
        "smtp.submission",
        "pop3.",
    ),
    *("smtp.bare_newline", "smtp.max_", "smtp.timeout_seconds"),
)
"""Keys, or how they begin, that are read once at the start."""


class Daemon:
    """One gateway. `reload` gives new settings on SIGHUP; None means there is no file to read
    again."""

    def __init__(
        self, settings: Settings, reload: Callable[[list[ReadFile]], Settings] | None = None
    ) -> None:
        self.settings = settings
        self.addresses: dict[str, list[Listen]] = {}
        self._reload = reload
        self._accounts = accounts_of(settings)
        self._tls = tls_of(settings)
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
        self._passwords = Passwords()
        servers = self._servers(store)
        try:
            await self._listen(servers)
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
            await asyncio.gather(*(server.stop() for _, server, _ in servers))
            await self._crew.stop()
            if "timers" in locals():
                self._stop.set()
                await asyncio.gather(*timers, return_exceptions=True)
            if "relay" in locals():
                relay.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await relay
            self._passwords.close()
        try:
            await store.in_thread(store.record, NewEvent(EventKind.STOPPED))
        except Unavailable as reason:
            log.warning("stopped.not-recorded", code=reason.code, reason=reason.message)
        log.info("stopped")

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

    def _servers(
        self, store: Store
    ) -> list[tuple[str, SmtpServer | Pop3Server, tuple[Listen, ...]]]:
        settings, smtp, pop3 = self.settings, self.settings.smtp, self.settings.pop3
        connections = Connections(smtp.max_connections, smtp.max_connections_per_address)
        failures = Failures()
        out: list[tuple[str, SmtpServer | Pop3Server, tuple[Listen, ...]]] = []
        for name, listen in (("mx", smtp.listen), ("submission", smtp.submission)):
            how = SmtpSettings(
                hostname=settings.hostname,
                new_id=new_id,
                name=name,
                submission=name == "submission",
                postmaster=f"postmaster@{settings.domain}" if settings.admins else None,
                smarthost=smtp.smarthost is not None,
                tls=self._tls,
                max_size=smtp.max_message_bytes,
                max_recipients=smtp.max_recipients,
                idle=float(smtp.timeout_seconds),
                bare_newline=BareNewline(smtp.bare_newline),
            )
            server = SmtpServer(
                how,
                lambda: self._accounts,
                self._accept,
                self._passwords,
                connections=connections,
                failures=failures,
            )
            out.append((name, server, listen))
        open_maildrop = partial(store.open_maildrop, lease=pop3.timeout_seconds + 60.0)
        for name, listen in (("pop3", pop3.listen), ("pop3s", pop3.listen_tls)):
            drops = Pop3Server(
                Pop3Settings(
                    hostname=settings.hostname,
                    tls=self._tls,
                    implicit_tls=name == "pop3s",
                    idle=float(pop3.timeout_seconds),
                ),
                lambda: self._accounts,
                open_maildrop,
                self._passwords,
                connections=Connections(pop3.max_connections, pop3.max_connections),
                failures=failures,
            )
            out.append((name, drops, listen))
        return out

    async def _listen(
        self, servers: list[tuple[str, SmtpServer | Pop3Server, tuple[Listen, ...]]]
    ) -> None:
        for name, server, addresses in servers:
            for address in addresses:
                try:
                    host, port = await server.listen(address.host, address.port)
                except OSError as error:
                    why = os.strerror(error.errno) if error.errno else str(error)
                    raise Misconfigured(
                        "LISTEN",
                        (
                            f"{name}: cannot listen on {address}: {why}; is another program using "
                            "the "
                            "port?"
                        ),
                    ) from None
                self.addresses.setdefault(name, []).append(Listen(host, port))

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
            accounts = accounts_of(settings)
            weights.check(settings)
            tls_of(
                settings
            )  # one that cannot be used is refused also where TLS comes with the next start
            if settings.tls is not None and self._tls is not None:
                renew(self._tls, settings.tls.certificate, settings.tls.key)
        except EdigateError as reason:
            log.critical("reload.refused", reason=reason.message)
            self._audit = asyncio.create_task(self._record_reload(files, "refused", []))
            return
        changed = settings_log.changes(self.settings, settings)
        self.settings, self._accounts = settings, accounts
        self._crew.recycle()
        self._relay.nudge()
        log.info("reload.done", changed=[name for name, _, _ in changed])
        # whether there is a certificate or a smarthost at all is what the listeners offer
        late = [
            name
            for name, *values in changed
            if name.startswith(_AT_START)
            or (name in ("tls", "smtp.smarthost") and "None" in values)
        ]
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


def accounts_of(settings: Settings) -> Accounts:
    """Every login of the configuration; one without a password exists (mail reaches it) and cannot
    log in.

    Raises: Misconfigured for a password file that cannot be read.
    """
    accounts = []
    for tenant in settings.tenant:
        whose = f"tenant {tenant.account}"
        main = password_hash(tenant.password, tenant.password_file, whose)
        archive = password_hash(tenant.archive_password, tenant.archive_password_file, whose)
        accounts.append(Account(tenant.account, main or "!"))
        accounts.append(Account(f"{tenant.account}.{tenant.archive}", archive or "!", archive=True))
    return Accounts(settings.domain, accounts)


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """The listeners' TLS. Raises: Misconfigured when certificate or key cannot be used."""
    return None if settings.tls is None else server_tls(settings.tls.certificate, settings.tls.key)


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
