"""The mails of an SMTP connection: MAIL, RCPT, DATA -> `Envelope` values, each acknowledged after
it was kept.

Must not know where mails are stored: `accept` is given.
"""

# ruff: noqa: N802  (the names of commands are aiosmtpd's)

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from edigate.errors import EdigateError, Rejected, Unavailable
from edigate.findings import printable
from edigate.mail.accounts import Address, parse_path
from edigate.mail.smtp.data import BareNewline, BodyReader, has_bare_newline, normalised
from edigate.mail.smtp.envelope import Envelope, Recipient, SmtpSettings
from edigate.mail.smtp.smtp_session import CHUNK, Session, log

_LARGE = 2**20  # bodies above are looked through in a thread
_NAME = re.compile(r"[A-Za-z0-9.:_\[\]-]{1,255}")
_RECEIVED = re.compile(rb"^Received:", re.IGNORECASE | re.MULTILINE)


class MailSession(Session):
    """A connection that takes mails."""

    async def _ready(self) -> bool:
        if not self._helo:
            await self.push("503 5.5.1 Send EHLO first")
        elif self._settings.submission and not self._login_allowed():
            await self.push("530 5.7.0 Issue STARTTLS first")
        elif self._settings.submission and self._account is None:
            await self.push("530 5.7.0 Authentication required")
        elif self._shared.stopping:
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
            await self.push(
                "501 5.1.7 Syntax: MAIL FROM:<address> [SIZE=n] [BODY=8BITMIME] [SMTPUTF8]"
            )
            return
        sender, written = path
        parameters = written.upper().split()
        refused = next(filter(None, map(self._refused_parameter, parameters)), None)
        utf8 = "SMTPUTF8" in parameters
        if refused is None and sender is not None and not sender.ascii and not utf8:
            refused = "553 5.6.7 A non-ASCII address needs SMTPUTF8"
        if refused is None:
            self._sender, self._utf8 = str(sender) if sender else "", utf8
        await self.push(refused or "250 2.1.0 Sender OK")

    def _refused_parameter(self, parameter: str) -> str | None:
        """Why a parameter of MAIL cannot be granted; None where it can (RFC 1870, 6152, 6531)."""
        name, _, value = parameter.partition("=")
        if name == "SIZE" and value.isascii() and value.isdigit():
            largest = self._settings.max_size
            fits = len(value) <= 20 and int(value) <= largest
            too_large = f"552 5.3.4 Larger than {largest} bytes, the limit here; send smaller mails"
            return None if fits else too_large
        if parameter in ("SMTPUTF8", "BODY=7BIT", "BODY=8BITMIME"):
            return None
        return f"555 5.5.4 Parameter {printable(name[:20])} is not known here"

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._ready():
            return
        if self._sender is None:
            await self.push("503 5.5.1 MAIL comes first")
            return
        path = parse_path(arg[3:]) if arg and arg[:3].upper() == "TO:" else None
        if arg and arg[3:].strip().lower() == "<postmaster>":
            path = Address("postmaster", self._shared.accounts().domain), ""
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
        accounts = self._shared.accounts()
        account = accounts.at(address)
        if account is not None and account.archive:
            await self._refuse(
                address, "550 5.7.1 Archive accounts take no mail; write to the account itself"
            )
        elif account is not None:
            self._recipients[account.name.lower()] = Recipient(str(address), account.name)
            await self.push("250 2.1.5 Recipient OK")
        elif (
            accounts.local(address)
            and address.local.lower() == "postmaster"
            and self._settings.postmaster
        ):
            self._recipients["postmaster"] = Recipient(self._settings.postmaster, None)
            await self.push("250 2.1.5 Recipient OK")
        elif accounts.local(address):
            await self._refuse(address, "550 5.1.1 No such account here; check the address")
        elif not self._settings.submission:
            await self._refuse(
                address,
                (
                    "550 5.7.1 Relaying denied: here only accounts of this gateway; log in at the "
                    "submission port"
                ),
            )
        elif not self._settings.smarthost:
            await self._refuse(
                address,
                (
                    "550 5.7.1 This gateway has no way to other hosts; its operator can set a "
                    "smarthost"
                ),
            )
        else:
            self._recipients[str(address)] = Recipient(str(address), None)
            await self.push("250 2.1.5 Recipient OK")

    async def _refuse(self, address: Address, reply: str) -> None:
        log.info(
            "smtp.recipient-refused",
            peer=self._peer,
            recipient=printable(str(address)),
            reply=reply,
        )
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
        self.busy = True
        body = BodyReader(self._settings.max_size)
        try:
            await self.push("354 End with <CRLF>.<CRLF>")
            if await self._read_body(body):
                reply = await self._take(body)
            else:
                reply = "452 4.3.1 Too much mail at this moment, try again later"
        finally:
            # also when the peer is gone: the budget is everybody's
            self._shared.memory.give_back(self._reserved)
            self._reserved = 0
            self._forget_mail()
            self.busy = False
        if reply.startswith("250"):
            self._replies = self._errors = 0
        await self.push(reply)
        if self._shared.stopping:
            await self._hang_up(f"421 4.3.2 {self.hostname} shutting down")

    async def _read_body(self, body: BodyReader) -> bool:
        """Read to the true end of the mail; False when memory ran short meanwhile and it was not
        kept."""
        enough = True
        started = time.monotonic()
        while True:
            chunk = await self._reader.read(CHUNK)
            if not chunk:
                raise asyncio.CancelledError
            rest = body.feed(chunk)
            if rest is not None:
                self._reader._buffer[:0] = rest  # type: ignore[attr-defined]  # commands the peer has pipelined
                self._reset_timeout()
                return enough
            if not body.overflow:
                if self._shared.memory.take(len(chunk)):
                    self._reserved += len(chunk)
                else:
                    enough = False
                    body.discard()
            elapsed = time.monotonic() - started
            if elapsed > self._settings.idle and body.size < elapsed * self._settings.min_rate:
                await self._hang_up(f"421 4.4.2 {self.hostname} too slow, closing connection")
            self._reset_timeout()

    async def _take(self, body: BodyReader) -> str:
        """Judge a mail that was read and hand it to `accept`; the reply."""
        if body.overflow:
            return (
                f"552 5.3.4 Larger than {self._settings.max_size} bytes, the limit here; send "
                "smaller mails"
            )
        mail_id, now = self._settings.new_id(), datetime.now(UTC)
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
                helo=printable(self._helo)[:255],
                tls=self._tls,
                authenticated=self._account.name if self._account else None,
                received_at=now,
                listener=self._settings.name,
                smtputf8=self._utf8,
            )
            kept_as = await self._without_the_peer(self._accept(envelope))
        except Rejected as error:
            log.info("smtp.rejected", peer=self._peer, mail=mail_id, code=error.code)
            return f"554 5.6.0 {_reply_text(error.message)}"
        except Unavailable as error:
            log.warning(
                "smtp.unavailable",
                peer=self._peer,
                mail=mail_id,
                code=error.code,
                reason=error.message,
            )
            return (
                "452 4.3.1 Storage is full, try again later"
                if _full(error)
                else "451 4.3.0 Try again later"
            )
        return f"250 2.0.0 OK {_reply_text(kept_as)}"

    async def _without_the_peer(self, work: Coroutine[Any, Any, str]) -> str:
        """A peer that hangs up now must not leave the work half done: it goes on without the reply,
        and what stopped it is logged."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._nobody_listens)
            raise

    def _nobody_listens(self, task: "asyncio.Task[str]") -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, EdigateError):
            log.warning("smtp.unavailable", peer=self._peer, code=error.code, reason=error.message)
        elif error is not None:
            log.error("smtp.defect", peer=self._peer, exc_info=error)

    async def _accept(self, envelope: Envelope) -> str:
        started = time.monotonic()
        kept_as = await self._shared.accept(envelope)
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
        line = (
            f"Received: from {helo} ({literal}) by {self.hostname} with {protocol}{secured} "
            f"id {mail_id}{to}; "
        )
        return f"{line}{format_datetime(now)}\r\n".encode()


async def _at_once(function: Callable[..., bytes], *args: Any) -> bytes:
    return function(*args)


def _finished(body: BodyReader, received: bytes, settings: SmtpSettings) -> bytes:
    """The mail with its Received line. Raises: Rejected for bare newlines (unless made CRLF) and
    for mail loops."""
    content = body.content(received)
    if has_bare_newline(content):
        if settings.bare_newline is BareNewline.REJECT:
            raise Rejected(
                "BARE-NEWLINE",
                "Lines must end with CRLF; this mail has a bare CR or LF (RFC 5321 2.3.8)",
            )
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
