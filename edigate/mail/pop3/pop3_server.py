"""POP3 over sockets: runs the dialog of `pop3` on connections, with logins, maildrops, TLS, limits
and timeouts.

Must not know how maildrops are kept: it is given `open_maildrop`.
"""

import asyncio
import contextlib
import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

import structlog

from edigate.errors import EdigateError, Unavailable
from edigate.mail.accounts import Accounts, Passwords
from edigate.mail.admission import Connections, Failures, is_loopback
from edigate.mail.pop3.pop3_actions import (
    DropMessage,
    Fetch,
    Finish,
    HangUp,
    Login,
    Refusal,
    Send,
    SessionState,
    StartTls,
)
from edigate.mail.pop3.pop3_dialog import Dialog

log = structlog.get_logger("edigate.pop3")

_CHUNK = 16 * 1024
_LAST_WORD = 5.0  # seconds a peer has to read the last reply
_KEEP_EVERY = 60.0  # seconds
_LOOK_AGAIN = 0.005  # seconds between looks at what the peer's TCP has not acknowledged

P = ParamSpec("P")
T = TypeVar("T")


class Maildrop(Protocol):
    """A locked maildrop. Its methods block and are called in threads, one at a time.

    Each may raise Unavailable; the session then goes on without what it asked for.
    """

    @property
    def messages(self) -> Sequence[DropMessage]:
        """What it held when it was opened, oldest first; sizes are those of `retrieve`."""

    def retrieve(self, uidl: str) -> bytes:
        """The message, lines ended by CRLF."""

    def keep(self) -> None:
        """Keep the lock; called now and then while the session lives."""

    def commit(
        self, deleted: Iterable[str] = (), fetched: Iterable[str] = (), *, peer: str = ""
    ) -> None:
        """The session ended in order: delete these and note those as fetched, all or none; give the
        lock back."""

    def release(self) -> None:
        """Give the lock back without deleting anything; harmless after `commit`."""


OpenMaildrop = Callable[[str], Maildrop]
"""Locks an account's maildrop; blocks. Raises: Unavailable, with code IN-USE while another session
holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop3Settings:
    """How a listener behaves. Times in seconds.

    idle: autologout (RFC 1939 section 3 asks for at least 600 once logged in); login_idle: the same
    before login.
    """

    hostname: str
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    plain_login: Callable[[str], bool] = is_loopback
    idle: float = 600.0
    login_idle: float = 60.0
    max_failures: int = 3
    login_delay: float = 1.0


class Pop3Server:
    """Listeners of one kind: `await listen(host, port)` for each address, `await stop()` at the
    end."""

    def __init__(
        self,
        settings: Pop3Settings,
        accounts: Callable[[], Accounts],
        open_maildrop: OpenMaildrop,
        passwords: Passwords,
        *,
        connections: Connections | None = None,
        failures: Failures | None = None,
    ) -> None:
        self.settings = settings
        self.accounts = accounts
        self.open_maildrop = open_maildrop
        self.passwords = passwords
        self.connections = connections or Connections()
        self.failures = failures or Failures()
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="pop3")
        self._listeners: list[asyncio.Server] = []
        self._sessions: set[asyncio.Task[None]] = set()

    def renew(self, settings: Pop3Settings) -> None:
        """Other settings for connections made from now on."""
        self.settings = settings

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open a listening socket (port 0: any free one); the address it got.

        Raises: OSError when the address cannot be had.
        """
        context = self.settings.tls if self.settings.implicit_tls else None
        listener = await asyncio.start_server(
            self._connected, host, port, ssl=context, backlog=256, limit=_CHUNK
        )
        self._listeners.append(listener)
        address = listener.sockets[0].getsockname()
        return str(address[0]), int(address[1])

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new connections; sessions get `grace` seconds to finish, then they end without
        deleting anything."""
        for listener in self._listeners:
            listener.close()
        if self._sessions:
            await asyncio.wait(tuple(self._sessions), timeout=grace)
        for session in tuple(self._sessions):
            session.cancel()
        if self._sessions:
            await asyncio.wait(tuple(self._sessions), timeout=1.0)
        self._threads.shutdown(wait=False)

    async def in_thread(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking method without blocking the event loop; it runs to its end even if the
        session ends."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(
            loop.run_in_executor(self._threads, partial(method, *args, **kwargs))
        )

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        peername = writer.get_extra_info("peername")
        peer = str(peername[0]) if peername else ""
        if not self.connections.enter(peer):
            writer.write(b"-ERR [SYS/TEMP] Too many connections, try again later\r\n")
            writer.close()
            return
        self._sessions.add(task)
        session = _Session(self, reader, writer, peer)
        try:
            await session.run()
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            # the peer is gone or out of time, or we stop: nothing is deleted
            log.info("pop3.disconnected", peer=peer, reason=type(error).__name__)
        except Unavailable as error:
            log.warning("pop3.lock-lost", peer=peer, code=error.code, reason=error.message)
        except Exception:  # one connection must not stop the others
            log.exception("pop3.defect", peer=peer)
        finally:
            try:
                with contextlib.suppress(
                    asyncio.CancelledError
                ):  # we stop: nobody awaits this task
                    await session.close()
            finally:
                self._sessions.discard(task)
                self.connections.leave(peer)


class _Session:
    """One connection."""

    def __init__(
        self,
        server: Pop3Server,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        peer: str,
    ) -> None:
        self._server = server
        self._settings = server.settings
        self._reader = reader
        self._writer = writer
        self._peer = peer
        self._maildrop: Maildrop | None = None
        self._account = ""
        self._sent: dict[str, int] = {}  # whole messages that were written: UIDL -> how often
        self._octets = 0
        self._started = self._kept = time.monotonic()
        self._dialog = Dialog(
            hostname=self._settings.hostname,
            secure=self._settings.implicit_tls,
            plain_login=self._settings.plain_login(peer),
            stls=self._settings.tls is not None,
            max_failures=self._settings.max_failures,
        )

    async def run(self) -> None:
        """Serve until QUIT, disconnect or timeout."""
        dialog = self._dialog
        while True:
            while (action := dialog.next_action()) is not None:
                if isinstance(action, HangUp):
                    return
                await self._perform(action)
            idle = (
                self._settings.idle
                if dialog.state is SessionState.TRANSACTION
                else self._login_time_left()
            )
            async with asyncio.timeout(idle):
                octets = await self._reader.read(_CHUNK)
            if not octets:
                return
            await self._keep()
            dialog.feed(octets)

    def _login_time_left(self) -> float:
        """Before login the clock runs on while a peer drips bytes."""
        return max(0.0, self._started + self._settings.login_idle - time.monotonic())

    async def _perform(self, action: Send | Login | Fetch | Finish | StartTls) -> None:
        match action:
            case Send(octets, message):
                self._writer.write(octets)
                async with asyncio.timeout(self._settings.idle):
                    await self._writer.drain()
                if message is not None:
                    self._sent[message] = self._sent.get(message, 0) + 1
            case Login(login, password):
                await self._log_in(login, password)
            case Fetch(uidl, lines):
                await self._fetch(uidl, lines)
            case Finish(deleted):
                await self._finish(deleted)
            case StartTls():
                await self._start_tls()

    async def _log_in(self, login: str, password: str) -> None:
        server = self._server
        if server.failures.blocked(self._peer):
            log.warning("auth.blocked", protocol="pop3", peer=self._peer)
            self._dialog.refused(Refusal.BLOCKED)
            return
        account = await server.passwords.check(server.accounts(), login, password)
        if account is None:
            server.failures.add(self._peer)
            log.warning(
                "auth.failed",
                protocol="pop3",
                peer=self._peer,
                login=server.accounts().shown(login),
            )
            await asyncio.sleep(self._settings.login_delay)
            self._dialog.refused(Refusal.WRONG)
            return
        try:
            self._maildrop = await server.in_thread(server.open_maildrop, account.name)
        except EdigateError as error:
            busy = error.code == "IN-USE"
            log.warning("pop3.not-opened", account=account.name, peer=self._peer, code=error.code)
            self._dialog.refused(Refusal.IN_USE if busy else Refusal.TROUBLE)
            return
        self._account = account.name
        log.info("auth.accepted", protocol="pop3", peer=self._peer, account=account.name)
        self._dialog.opened(self._maildrop.messages)

    async def _fetch(self, uidl: str, lines: int | None) -> None:
        assert self._maildrop is not None
        try:
            content = await self._server.in_thread(self._maildrop.retrieve, uidl)
        except Unavailable as error:
            log.warning("pop3.not-read", account=self._account, uidl=uidl, code=error.code)
            self._dialog.fetched(None)
            return
        except EdigateError as error:
            # Bytes that are not what was stored are kept from the archive; somebody has to look.
            log.exception("pop3.damaged", account=self._account, uidl=uidl, code=error.code)
            self._dialog.fetched(None, damaged=True)
            return
        self._octets += len(content)
        self._dialog.fetched(content, lines)

    async def _finish(self, deleted: tuple[str, ...]) -> None:
        assert self._maildrop is not None
        await self._arrived()
        try:
            await self._server.in_thread(
                self._maildrop.commit, deleted, tuple(self._sent), peer=self._peer
            )
            done = True
        except EdigateError as error:
            log.warning("pop3.not-deleted", account=self._account, code=error.code)
            done = False
        await self._release(
            fetched=len(self._sent) if done else 0, deleted=len(deleted) if done else 0
        )
        self._dialog.finished(done=done)

    async def _arrived(self) -> None:
        """Wait until the peer has what was written: a QUIT sent together with RETR comes before the
        message went out.

        Raises: ConnectionError when the connection broke meanwhile, TimeoutError; nothing counts as
        fetched then.
        """
        async with asyncio.timeout(self._settings.idle):
            while self._sent and (
                self._writer.transport.get_write_buffer_size() or _unacknowledged(self._writer)
            ):
                if self._writer.is_closing():
                    raise ConnectionResetError
                await asyncio.sleep(_LOOK_AGAIN)

    async def _keep(self) -> None:
        """Keep the lock of a session that lives long on commands which do not touch the
        maildrop."""
        now = time.monotonic()
        if self._maildrop is not None and now > self._kept + _KEEP_EVERY:
            self._kept = now
            await self._server.in_thread(self._maildrop.keep)

    async def _start_tls(self) -> None:
        context = self._settings.tls
        assert context is not None
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()
        if self._reader._buffer:  # type: ignore[attr-defined]
            # What came in the clear must not be taken for what TLS protects (RFC 2595 section 4).
            raise ConnectionAbortedError("commands after STLS before TLS was up")
        async with asyncio.timeout(self._settings.login_idle):
            await self._writer.start_tls(context)
        self._dialog.secured()

    async def _release(self, *, fetched: int = 0, deleted: int = 0) -> None:
        maildrop, self._maildrop = self._maildrop, None
        if maildrop is None:
            return
        try:
            await self._server.in_thread(maildrop.release)
        except EdigateError as error:
            log.warning("pop3.not-released", account=self._account, code=error.code)
        log.info(
            "pop3.closed",
            account=self._account,
            peer=self._peer,
            retrieved=sum(self._sent.values()),
            octets=self._octets,
            fetched=fetched,
            deleted=deleted,
            duration=round(time.monotonic() - self._started, 3),
        )

    async def close(self) -> None:
        """Unlock and disconnect, whatever happened."""
        try:
            await self._release()
        finally:
            # Closing with commands unread would make the kernel reset the connection, and the last
            # reply be lost.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    if self._writer.can_write_eof():
                        self._writer.write_eof()
                        while await self._reader.read(_CHUNK):
                            pass
                    self._writer.close()
                    await self._writer.wait_closed()
            self._writer.transport.abort()


def _unacknowledged(writer: asyncio.StreamWriter) -> int:
    """Octets the peer's TCP has not confirmed yet (tcp(7), SIOCOUTQ). Raises: OSError when the
    connection broke."""
    connection = writer.get_extra_info("socket")
    if broken := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(broken, os.strerror(broken))
    return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
