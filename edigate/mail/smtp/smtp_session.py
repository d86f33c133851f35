"""One SMTP connection without its mails: greeting, TLS, limits, login. MAIL, RCPT and DATA stand in
`smtp_mail`.

The session loop and STARTTLS are aiosmtpd's; commands, body and limits are ours, because a gateway
has to take megabyte lines unchanged, refuse what could smuggle, and say in each reply whose turn it
is. Must not know where mails are stored.
"""

# ruff: noqa: N802, ARG002  (the names and parameters of commands are aiosmtpd's)

import asyncio
import base64
import binascii
import logging
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from aiosmtpd.smtp import SMTP

from edigate.findings import printable
from edigate.mail.accounts import Account, Accounts, Passwords
from edigate.mail.admission import Connections, Failures, Memory
from edigate.mail.smtp.envelope import Accept, Recipient, SmtpSettings

log = structlog.get_logger("edigate.smtp")
# aiosmtpd logs what peers send as it comes, control characters included; our own events say what
# matters.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

CHUNK = 256 * 1024
_LAST_WORD = 5.0  # seconds a peer has to read the last reply


@dataclass(slots=True)
class Shared:
    """What all connections of one kind of listener share."""

    settings: SmtpSettings
    accounts: Callable[[], Accounts]
    accept: Accept
    passwords: Passwords | None
    connections: Connections
    failures: Failures
    memory: Memory
    sessions: "set[Session]" = field(default_factory=set)
    stopping: bool = False


class Session(SMTP):
    """One connection, without the commands that carry mail."""

    line_length_limit = (
        CHUNK  # of the stream's buffer; command lines have their own, shorter limits
    )

    def __init__(self, shared: Shared) -> None:
        settings = shared.settings
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
        self._shared = shared
        self._settings = settings
        self._peer = ""
        self._counted = False
        self._replies = 0
        self._errors = 0
        self._login_failures = 0
        self._account: Account | None = None
        self._esmtp = False
        self._helo = ""
        self.busy = False
        self._parting = False
        self._reserved = 0
        self._sender: str | None = None
        self._utf8 = False
        self._recipients: dict[str, Recipient] = {}

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            peer = transport.get_extra_info("peername")
            self._peer = str(peer[0]) if peer else ""
            self._counted = self._shared.connections.enter(self._peer)
            if not self._counted or self._shared.stopping:
                reason = (
                    "too many connections from your address"
                    if not self._counted
                    else "shutting down"
                )
                assert isinstance(transport, asyncio.Transport)
                transport.write(f"421 4.7.0 {self.hostname} {reason}, try again later\r\n".encode())
                transport.close()
                log.info("smtp.refused", peer=self._peer, reason=reason)
                if self._counted:
                    self._shared.connections.leave(self._peer)
                    self._counted = False
                return
            self._shared.sessions.add(self)
        else:
            # After STARTTLS nothing that was said before counts (RFC 3207 section 4.2).
            self._helo, self._esmtp, self._account = "", False, None
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._counted:
            return
        self._counted = False
        self._shared.connections.leave(self._peer)
        self._shared.sessions.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._counted and not self._parting:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._counted else False

    def stop_when_idle(self) -> None:
        """Say goodbye now, or after the reply to the mail that is on its way."""
        if not self.busy:
            self._say_last(f"421 4.3.2 {self.hostname} shutting down, try again later")

    def abort(self) -> None:
        """End the connection at once."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _timeout_cb(self) -> None:
        log.info("smtp.timeout", peer=self._peer)
        self._say_last(f"421 4.4.2 {self.hostname} timeout, closing connection")

    def _say_last(self, reply: str) -> None:
        """Send a reply and no more; what the peer still sends is thrown away.

        Closing at once would make the kernel answer commands on their way with a reset, which takes
        the reply with it.
        """
        transport = self.transport
        if self._parting or not isinstance(transport, asyncio.Transport) or transport.is_closing():
            return
        self._parting = True
        transport.write(reply.encode() + b"\r\n")
        try:
            if transport.can_write_eof():
                transport.write_eof()
                transport.resume_reading()
            else:
                transport.close()
        except OSError:  # the peer has reset the connection already
            transport.abort()
        self.loop.call_later(_LAST_WORD, transport.abort)

    async def _hang_up(self, reply: str) -> None:
        """Send a last reply and carry out nothing more; ends by cancellation when the connection is
        gone."""
        self._say_last(reply)
        await self.loop.create_future()

    async def push(self, status: str | bytes) -> None:
        if isinstance(status, str):
            if status.startswith("500 Error: command"):
                # aiosmtpd would repeat what the peer sent, whatever it was
                status = "500 5.5.1 Unknown command"
            status = status.encode()
        reply = status
        self._replies += 1
        # 452 is how a sender learns to send the remaining recipients in a second mail: no
        # misbehaviour.
        if reply[:1] in (b"4", b"5") and reply[:3] != b"452":
            self._errors += 1
        if self._errors > self._settings.max_errors or self._replies > self._settings.max_replies:
            log.info("smtp.dropped", peer=self._peer, errors=self._errors, replies=self._replies)
            await self._hang_up(
                f"421 4.7.0 {self.hostname} too many errors or commands, closing connection"
            )
        self._writer.write(reply + b"\r\n")
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(
            error, ssl.SSLError
        ):  # what came after STARTTLS was no TLS of ours: the peer's affair
            log.info("smtp.tls-failed", peer=self._peer, reason=printable(error.reason or ""))
            return "454 4.7.0 TLS did not come about"
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
        offers = [
            self.hostname,
            f"SIZE {self._settings.max_size}",
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
        ]
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
            # Commands sent in the clear together with STARTTLS would have to be thrown away; nobody
            # honest sends them.
            log.warning("smtp.injection", peer=self._peer)
            await self._hang_up(
                "421 4.7.0 Commands after STARTTLS before TLS was up, closing connection"
            )
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
        elif self._shared.failures.blocked(self._peer):
            log.warning("auth.blocked", protocol="smtp", peer=self._peer)
            await self._hang_up(
                "421 4.7.0 Too many failed logins from your address, try again later"
            )
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
        decoded = (
            self._decoded(answer.decode("ascii", "replace")) if len(answer) <= 12_288 else None
        )
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
        passwords = self._shared.passwords
        assert passwords is not None
        self._reset_timeout()
        account = await passwords.check(self._shared.accounts(), login, password)
        if account is not None and not account.archive:
            self._account = account
            log.info("auth.accepted", protocol="smtp", peer=self._peer, account=account.name)
            await self.push("235 2.7.0 Welcome")
            return
        self._shared.failures.add(self._peer)
        self._login_failures += 1
        shown = self._shared.accounts().shown(login)
        log.warning("auth.failed", protocol="smtp", peer=self._peer, login=shown)
        await asyncio.sleep(self._settings.login_delay)
        if self._login_failures >= self._settings.max_login_failures:
            await self._hang_up("421 4.7.0 Too many failed logins, closing connection")
        await self.push("535 5.7.8 Login or password is wrong")
