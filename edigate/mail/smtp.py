"""SMTP in: a connection -> `Envelope` values, each acknowledged only after `accept` has kept it.

The session loop and STARTTLS are aiosmtpd's; commands, body and limits are ours, because a gateway has to take
megabyte lines unchanged, refuse what could smuggle, and say in each reply whose turn it is.
Must not know where mails are stored: it is given `accept`.
"""

# ruff: noqa: N802, ARG002  (the names and parameters of commands are aiosmtpd's)

import asyncio
import base64
import binascii
import contextlib
import re
import ssl
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP

from edigate.errors import Rejected, Unavailable
from edigate.findings import printable
from edigate.mail.accounts import Account, Accounts, Address, Passwords, parse_path
from edigate.mail.data import BareNewline, BodyReader, has_bare_newline, normalised
from edigate.mail.limits import Connections, Failures, Memory, is_loopback

log = structlog.get_logger("edigate.mail.smtp")

_CHUNK = 256 * 1024
_LAST_WORD = 5.0  # seconds a peer has to read the last reply
_LARGE = 2**20  # bodies above are looked through in a thread
_NAME = re.compile(r"[A-Za-z0-9.:_\[\]-]{1,255}")
_RECEIVED = re.compile(rb"^Received:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One accepted RCPT. account: the main account here, or None when the mail goes on to another host."""

    address: str
    account: str | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as received. content: its bytes with the Received line as first line. sender: "" for the null sender.

    id: stands in the Received line; `accept` may use it as the mail's id. tls: protocol version or None.
    authenticated: the submitter's account name. received_at: aware UTC. smtputf8: needs SMTPUTF8 on its way on.
    """

    id: str
    sender: str
    recipients: tuple[Recipient, ...]
    content: bytes
    peer: str
    helo: str
    tls: str | None
    authenticated: str | None
    received_at: datetime
    listener: str
    smtputf8: bool = False


Accept = Callable[[Envelope], Awaitable[str]]
"""Keeps a mail durably and returns its id. Raises: Unavailable (452 when its code speaks of a full disk, else 451),
Rejected (554); anything else is a defect and reads 451 to the peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How one kind of listener behaves. Times in seconds, sizes in bytes.

    submission: AUTH required, and mail for other domains is taken when `smarthost` is set. plain_login: whether a
    peer may log in without TLS. min_rate: bytes per second that a body must reach after its first `idle` seconds.
    """

    hostname: str
    name: str = "mx"
    submission: bool = False
    smarthost: bool = False
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    plain_login: Callable[[str], bool] = is_loopback
    max_size: int = 104_857_600
    max_recipients: int = 100
    max_errors: int = 20
    max_replies: int = 1000
    max_hops: int = 50
    max_login_failures: int = 3
    login_delay: float = 1.0
    idle: float = 300.0
    min_rate: int = 1000
    bare_newline: BareNewline = BareNewline.REJECT


class SmtpServer:
    """Listeners of one kind: `await listen(host, port)` for each address, `await stop()` at the end."""

    def __init__(
        self,
        settings: SmtpSettings,
        accounts: Callable[[], Accounts],
        accept: Accept,
        passwords: Passwords | None = None,
        *,
        connections: Connections | None = None,
        failures: Failures | None = None,
        memory: Memory | None = None,
    ) -> None:
        if settings.submission and passwords is None:
            raise ValueError("a submission listener needs `passwords`")
        self.settings = settings
        self.accounts = accounts
        self.accept = accept
        self.passwords = passwords
        self.connections = connections or Connections()
        self.failures = failures or Failures()
        self.memory = memory or Memory(max(512 * 2**20, 2 * settings.max_size))
        self.sessions: set[_Session] = set()
        self.stopping = False
        self._listeners: list[asyncio.Server] = []

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open a listening socket (port 0: any free one); the address it got.

        Raises: OSError when the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        context = self.settings.tls if self.settings.implicit_tls else None
        listener = await loop.create_server(lambda: _Session(self), host, port, ssl=context, backlog=256)
        self._listeners.append(listener)
        address = listener.sockets[0].getsockname()
        return str(address[0]), int(address[1])

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new connections or mails; mails on their way get `grace` seconds to finish, then all is closed."""
        self.stopping = True
        for listener in self._listeners:
            listener.close()
        for session in tuple(self.sessions):
            session.stop_when_idle()
        deadline = time.monotonic() + grace
        while self.sessions and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for session in tuple(self.sessions):
            session.abort()
        await asyncio.sleep(0)


def new_mail_id() -> str:
    """A new id: 12 hex digits of milliseconds, then 20 random ones, so ids sort by time."""
    return f"{time.time_ns() // 1_000_000:012x}{uuid.uuid4().hex[:20]}"


class _Session(SMTP):
    """One connection."""

    line_length_limit = _CHUNK  # of the stream's buffer; command lines have their own, shorter limits

    def __init__(self, server: SmtpServer) -> None:
        settings = server.settings
        super().__init__(
            None,
            data_size_limit=settings.max_size,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP edigate",
            tls_context=None if settings.implicit_tls else settings.tls,
            timeout=settings.idle,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
        )
        # aiosmtpd keeps these in one dict for all connections and lets every EHLO enlarge them.
        self.command_size_limits = defaultdict(lambda: 512, MAIL=2048, RCPT=2048, AUTH=12_288)
        self._server = server
        self._settings = settings
        self._peer = ""
        self._counted = False
        self._replies = 0
        self._errors = 0
        self._login_failures = 0
        self._account: Account | None = None
        self._esmtp = False
        self._helo = ""
        self._busy = False
        self._sender: str | None = None
        self._utf8 = False
        self._recipients: dict[str, Recipient] = {}

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            peer = transport.get_extra_info("peername")
            self._peer = str(peer[0]) if peer else ""
            self._counted = self._server.connections.enter(self._peer)
            if not self._counted or self._server.stopping:
                reason = "too many connections from your address" if not self._counted else "shutting down"
                assert isinstance(transport, asyncio.Transport)
                transport.write(f"421 4.7.0 {self.hostname} {reason}, try again later\r\n".encode())
                transport.abort() if self._server.stopping else transport.close()
                log.info("smtp.refused", peer=self._peer, reason=reason)
                if self._counted:
                    self._server.connections.leave(self._peer)
                    self._counted = False
                return
            self._server.sessions.add(self)
        else:
            # After STARTTLS nothing that was said before counts (RFC 3207 section 4.2).
            self._helo, self._esmtp, self._account = "", False, None
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._counted:
            return
        self._counted = False
        self._server.connections.leave(self._peer)
        self._server.sessions.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._counted:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._counted else False

    def stop_when_idle(self) -> None:
        """Say goodbye now, or after the reply to the mail that is on its way."""
        if not self._busy:
            self._say_last(f"421 4.3.2 {self.hostname} shutting down, try again later")

    def abort(self) -> None:
        """End the connection at once."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _timeout_cb(self) -> None:
        log.info("smtp.timeout", peer=self._peer)
        self._say_last(f"421 4.4.2 {self.hostname} timeout, closing connection")

    def _say_last(self, reply: str) -> None:
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(reply.encode() + b"\r\n")
            self.transport.close()
            # A peer that does not read would keep the connection open for ever.
            self.loop.call_later(_LAST_WORD, self.transport.abort)

    async def _hang_up(self, reply: str) -> None:
        """Send a last reply and end the session, whatever else the peer has pipelined."""
        self._say_last(reply)
        assert self._handler_coroutine is not None
        self._handler_coroutine.cancel()
        await asyncio.sleep(0)

    async def push(self, status: str | bytes) -> None:
        reply = status.encode() if isinstance(status, str) else status
        self._replies += 1
        # 452 is how a sender learns to send the remaining recipients in a second mail: no misbehaviour.
        if reply[:1] in (b"4", b"5") and reply[:3] != b"452":
            self._errors += 1
        if self._errors > self._settings.max_errors or self._replies > self._settings.max_replies:
            log.info("smtp.dropped", peer=self._peer, errors=self._errors, replies=self._replies)
            await self._hang_up(f"421 4.7.0 {self.hostname} too many errors or commands, closing connection")
        self._writer.write(reply + b"\r\n")
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp.defect", peer=self._peer, exc_info=error)
        return "451 4.3.0 Error on our side, try again later"

    # Commands

    @property
    def _tls(self) -> str | None:
        ssl_object = self.transport.get_extra_info("ssl_object") if self.transport else None
        return str(ssl_object.version()) if ssl_object is not None else None

    def _login_allowed(self) -> bool:
        return self._tls is not None or self._settings.plain_login(self._peer)

    def _forget_mail(self) -> None:
        self._sender = None
        self._recipients = {}
        self._utf8 = False

    async def _greet(self, name: str | None, *, extended: bool) -> bool:
        if not name or not name.strip():
            await self.push("501 5.5.4 Give the name of your host: EHLO mail.example.com")
            return False
        self._forget_mail()
        self._helo, self._esmtp = name.strip(), extended
        assert self.session is not None
        self.session.extended_smtp = extended
        return True

    async def smtp_HELO(self, hostname: str | None) -> None:
        if await self._greet(hostname, extended=False):
            await self.push(f"250 {self.hostname}")

    async def smtp_EHLO(self, hostname: str | None) -> None:
        if not await self._greet(hostname, extended=True):
            return
        offers = [self.hostname, f"SIZE {self._settings.max_size}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        offers.append("ENHANCEDSTATUSCODES")
        if self.tls_context and self._tls is None:
            offers.append("STARTTLS")
        if self._settings.submission and self._login_allowed():
            offers.append("AUTH PLAIN LOGIN")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self.push("\r\n".join(lines))

    async def smtp_NOOP(self, arg: str | None) -> None:
        await self.push("250 2.0.0 OK")

    async def smtp_RSET(self, arg: str | None) -> None:
        self._forget_mail()
        await self.push("250 2.0.0 OK")

    async def smtp_HELP(self, arg: str | None) -> None:
        await self.push("214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS AUTH QUIT")

    async def smtp_VRFY(self, arg: str | None) -> None:
        await self.push("252 2.5.0 Send mail to it and see")

    async def smtp_EXPN(self, arg: str | None) -> None:
        await self.push("502 5.5.1 There are no lists here")

    async def smtp_QUIT(self, arg: str | None) -> None:
        await self._hang_up(f"221 2.0.0 {self.hostname} closing connection")

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if self._tls is not None:
            await self.push("503 5.5.1 TLS is in use already")
            return
        if self.tls_context and self._reader._buffer:  # type: ignore[attr-defined]
            # Commands sent in the clear together with STARTTLS would have to be thrown away; nobody honest sends them.
            log.warning("smtp.injection", peer=self._peer)
            await self._hang_up("421 4.7.0 Commands after STARTTLS before TLS was up, closing connection")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        if not self._settings.submission:
            await self.push("502 5.5.1 No AUTH on this port; use the submission port")
        elif not self._esmtp:
            await self.push("503 5.5.1 Send EHLO first")
        elif not self._login_allowed():
            await self.push("538 5.7.11 Encryption required: STARTTLS first")
        elif self._account is not None or self._sender is not None:
            await self.push("503 5.5.1 AUTH comes once, and before MAIL")
        elif self._server.failures.blocked(self._peer):
            log.warning("auth.blocked", protocol="smtp", peer=self._peer)
            await self._hang_up("421 4.7.0 Too many failed logins from your address, try again later")
        else:
            mechanism, _, initial = (arg or "").partition(" ")
            if mechanism.upper() == "PLAIN":
                pair = await self._auth_plain(initial.strip())
            elif mechanism.upper() == "LOGIN":
                pair = await self._auth_login(initial.strip())
            else:
                await self.push("504 5.5.4 AUTH PLAIN and AUTH LOGIN are known here")
                return
            if pair is not None:
                await self._log_in(*pair)

    async def _auth_plain(self, initial: str) -> tuple[str, str] | None:
        """Login and password of RFC 4616 (`authzid NUL authcid NUL passwd`)."""
        response = self._decoded(initial) if initial else await self._challenge(b"")
        if response is None:
            if initial:
                await self.push("501 5.5.2 That is not base64")
            return None
        parts = response.split(b"\0")
        if len(parts) != 3:
            await self.push("501 5.5.2 AUTH PLAIN takes NUL login NUL password, in base64")
            return None
        return parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "surrogateescape")

    async def _auth_login(self, initial: str) -> tuple[str, str] | None:
        login = self._decoded(initial) if initial else await self._challenge(b"Username:")
        if login is None:
            if initial:
                await self.push("501 5.5.2 That is not base64")
            return None
        password = await self._challenge(b"Password:")
        if password is None:
            return None
        return login.decode("utf-8", "replace"), password.decode("utf-8", "surrogateescape")

    async def _challenge(self, prompt: bytes) -> bytes | None:
        await self.push(b"334 " + base64.b64encode(prompt))
        try:
            line = await self._reader.readuntil()
        except asyncio.LimitOverrunError:
            await self._hang_up("421 4.7.0 Answer too long, closing connection")
            return None
        answer = line.strip()
        if answer == b"*":
            await self.push("501 5.7.0 AUTH given up")
            return None
        decoded = self._decoded(answer.decode("ascii", "replace")) if len(answer) <= 12_288 else None
        if decoded is None:
            await self.push("501 5.5.2 That is not base64")
        return decoded

    @staticmethod
    def _decoded(text: str) -> bytes | None:
        try:
            return b"" if text == "=" else base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None

    async def _log_in(self, login: str, password: str) -> None:
        passwords = self._server.passwords
        assert passwords is not None
        self._reset_timeout()
        account = await passwords.check(self._server.accounts(), login, password)
        if account is not None and not account.archive:
            self._account = account
            log.info("auth.accepted", protocol="smtp", peer=self._peer, account=account.name)
            await self.push("235 2.7.0 Welcome")
            return
        self._server.failures.add(self._peer)
        self._login_failures += 1
        log.warning("auth.failed", protocol="smtp", peer=self._peer, login=printable(login[:80]))
        await asyncio.sleep(self._settings.login_delay)
        if self._login_failures >= self._settings.max_login_failures:
            await self._hang_up("421 4.7.0 Too many failed logins, closing connection")
        await self.push("535 5.7.8 Login or password is wrong")

    # Mail

    async def _ready(self) -> bool:
        if not self._helo:
            await self.push("503 5.5.1 Send EHLO first")
        elif self._settings.submission and not self._login_allowed():
            await self.push("530 5.7.0 Issue STARTTLS first")
        elif self._settings.submission and self._account is None:
            await self.push("530 5.7.0 Authentication required")
        elif self._server.stopping:
            await self._hang_up(f"421 4.3.2 {self.hostname} shutting down, try again later")
        else:
            return True
        return False

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self._ready():
            return
        if self._sender is not None:
            await self.push("503 5.5.1 A mail is under way already; RSET gives it up")
            return
        path = parse_path(arg[5:]) if arg and arg[:5].upper() == "FROM:" else None
        if path is None:
            await self.push("501 5.1.7 Syntax: MAIL FROM:<address> [SIZE=n] [BODY=8BITMIME] [SMTPUTF8]")
            return
        sender, parameters = path
        utf8 = False
        for parameter in parameters.upper().split():
            name, _, value = parameter.partition("=")
            if name == "SIZE" and value.isascii() and value.isdigit():
                if len(value) > 20 or int(value) > self._settings.max_size:
                    await self.push(f"552 5.3.4 Larger than {self._settings.max_size} bytes, the limit here")
                    return
            elif parameter == "SMTPUTF8":
                utf8 = True
            elif parameter not in ("BODY=7BIT", "BODY=8BITMIME"):
                await self.push(f"555 5.5.4 Parameter {printable(name[:20])} is not known here")
                return
        if sender is not None and not sender.ascii and not utf8:
            await self.push("553 5.6.7 A non-ASCII address needs SMTPUTF8")
            return
        self._sender, self._utf8 = str(sender) if sender else "", utf8
        await self.push("250 2.1.0 Sender OK")

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._ready():
            return
        if self._sender is None:
            await self.push("503 5.5.1 MAIL comes first")
            return
        path = parse_path(arg[3:]) if arg and arg[:3].upper() == "TO:" else None
        if path is None or path[0] is None:
            await self.push("501 5.1.3 Syntax: RCPT TO:<address>, without a route")
        elif path[1]:
            await self.push("555 5.5.4 RCPT parameters are not known here")
        elif not path[0].ascii and not self._utf8:
            await self.push("553 5.6.7 A non-ASCII address needs SMTPUTF8")
        elif len(self._recipients) >= self._settings.max_recipients:
            await self.push("452 4.5.3 Too many recipients; send the others in another mail")
        else:
            await self._add_recipient(path[0])

    async def _add_recipient(self, address: Address) -> None:
        accounts = self._server.accounts()
        account = accounts.at(address)
        if account is not None and account.archive:
            await self._refuse(address, "550 5.7.1 Archive accounts take no mail")
        elif account is not None:
            self._recipients[account.name.lower()] = Recipient(str(address), account.name)
            await self.push("250 2.1.5 Recipient OK")
        elif accounts.local(address):
            await self._refuse(address, "550 5.1.1 No such account here")
        elif not self._settings.submission:
            await self._refuse(address, "550 5.7.1 Relaying denied: only accounts of this gateway")
        elif not self._settings.smarthost:
            await self._refuse(address, "550 5.7.1 This gateway has no way to other hosts")
        else:
            self._recipients[str(address)] = Recipient(str(address), None)
            await self.push("250 2.1.5 Recipient OK")

    async def _refuse(self, address: Address, reply: str) -> None:
        log.info("smtp.recipient-refused", peer=self._peer, recipient=printable(str(address)), reply=reply)
        await self.push(reply)

    async def smtp_DATA(self, arg: str | None) -> None:
        if not await self._ready():
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no parameters")
            return
        if not self._recipients:
            await self.push("503 5.5.1 RCPT comes first")
            return
        self._busy = True
        body = BodyReader(self._settings.max_size)
        reserved = 0
        try:
            await self.push("354 End with <CRLF>.<CRLF>")
            short_of_memory, reserved = await self._read_body(body)
            reply = "452 4.3.1 Too much mail at this moment, try again later" if short_of_memory else None
            reply = reply or await self._take(body)
        finally:
            self._server.memory.give_back(reserved)
            self._forget_mail()
            self._busy = False
        if reply.startswith("250"):
            self._replies = self._errors = 0
        await self.push(reply)
        if self._server.stopping:
            await self._hang_up(f"421 4.3.2 {self.hostname} shutting down")

    async def _read_body(self, body: BodyReader) -> tuple[bool, int]:
        """Read to the true end of the mail: whether memory ran short meanwhile, and the bytes taken from the budget."""
        memory, reserved, short = self._server.memory, 0, False
        started = time.monotonic()
        while True:
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                raise asyncio.CancelledError
            rest = body.feed(chunk)
            if rest is not None:
                self._reader._buffer[:0] = rest  # type: ignore[attr-defined]  # commands the peer has pipelined
                self._reset_timeout()
                return short, reserved
            if not body.overflow:
                if memory.take(len(chunk)):
                    reserved += len(chunk)
                else:
                    short = True
                    body.discard()
            elapsed = time.monotonic() - started
            if elapsed > self._settings.idle and body.size < elapsed * self._settings.min_rate:
                await self._hang_up(f"421 4.4.2 {self.hostname} too slow, closing connection")
            self._reset_timeout()

    async def _take(self, body: BodyReader) -> str:
        """Judge a mail that was read and hand it to `accept`; the reply."""
        if body.overflow:
            return f"552 5.3.4 Larger than {self._settings.max_size} bytes, the limit here"
        mail_id, now = new_mail_id(), datetime.now(UTC)
        finish = asyncio.to_thread if body.size > _LARGE else _at_once
        assert self._sender is not None
        try:
            content = await finish(_finished, body, self._received(mail_id, now), self._settings)
            envelope = Envelope(
                id=mail_id,
                sender=self._sender,
                recipients=tuple(self._recipients.values()),
                content=content,
                peer=self._peer,
                helo=self._helo,
                tls=self._tls,
                authenticated=self._account.name if self._account else None,
                received_at=now,
                listener=self._settings.name,
                smtputf8=self._utf8,
            )
            # A peer that hangs up now must not leave the work half done: it goes on without the reply.
            kept_as = await asyncio.shield(self._accept(envelope))
        except Rejected as error:
            log.info("smtp.rejected", peer=self._peer, mail=mail_id, code=error.code)
            return f"554 5.6.0 {_reply_text(error.message)}"
        except Unavailable as error:
            log.warning("smtp.unavailable", peer=self._peer, mail=mail_id, code=error.code, reason=error.message)
            return "452 4.3.1 Storage is full, try again later" if _full(error) else "451 4.3.0 Try again later"
        return f"250 2.0.0 OK {_reply_text(kept_as)}"

    async def _accept(self, envelope: Envelope) -> str:
        started = time.monotonic()
        kept_as = await self._server.accept(envelope)
        log.info(
            "smtp.accepted",
            mail=kept_as,
            peer=self._peer,
            sender=printable(envelope.sender),
            recipients=len(envelope.recipients),
            size=len(envelope.content),
            duration=round(time.monotonic() - started, 4),
        )
        return kept_as

    def _received(self, mail_id: str, now: datetime) -> bytes:
        """The trace line of RFC 5321 section 4.4, on one physical line."""
        protocol = ("UTF8SMTP" if self._utf8 else "ESMTP") if self._esmtp else "SMTP"
        tls = self._tls
        if self._esmtp:
            protocol += ("S" if tls else "") + ("A" if self._account else "")
        helo = self._helo if _NAME.fullmatch(self._helo) else "unknown"
        literal = f"[IPv6:{self._peer}]" if ":" in self._peer else f"[{self._peer}]"
        only = next(iter(self._recipients.values())).address if len(self._recipients) == 1 else None
        to = f" for <{only}>" if only else ""
        secured = f" ({tls})" if tls else ""
        line = f"Received: from {helo} ({literal}) by {self.hostname} with {protocol}{secured} id {mail_id}{to}; "
        return f"{line}{format_datetime(now)}\r\n".encode()


async def _at_once(function: Callable[..., bytes], *args: Any) -> bytes:
    return function(*args)


def _finished(body: BodyReader, received: bytes, settings: SmtpSettings) -> bytes:
    """The mail with its Received line. Raises: Rejected for bare newlines (unless made CRLF) and for mail loops."""
    content = body.content(received)
    if has_bare_newline(content):
        if settings.bare_newline is BareNewline.REJECT:
            raise Rejected("BARE-NEWLINE", "Lines must end with CRLF; this mail has a bare CR or LF (RFC 5321 2.3.8)")
        content = normalised(content)
    end = content.find(b"\r\n\r\n")
    if len(_RECEIVED.findall(content, 0, end if end >= 0 else 2**16)) > settings.max_hops:
        raise Rejected("LOOP", f"Mail loop: more than {settings.max_hops} Received lines")
    return content


def _full(error: Unavailable) -> bool:
    return bool(re.search(r"FULL|DISK|SPACE", error.code))


def _reply_text(text: str) -> str:
    """`text` fit for one reply line of 512 bytes (RFC 5321 section 4.5.3.1.5)."""
    return printable(" ".join(text.split()))[:400]


async def stop_all(servers: Iterable[SmtpServer], grace: float = 5.0) -> None:
    """Stop several listeners side by side."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*(server.stop(grace) for server in servers))
