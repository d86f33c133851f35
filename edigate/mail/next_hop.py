"""The way out: a mail's bytes -> the next host, byte for byte, and what became of each recipient.

Must not know queues; `next_attempt` only says when to try again, and `edigate.mail.dsn` tells
senders of failures.
"""

import contextlib
import random
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

import aiosmtplib

from edigate.findings import printable
from edigate.mail.accounts import parse_address


class RecipientFate(Enum):
    """What became of a recipient."""

    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class RelayTls(Enum):
    """TLS on the way to the next host: none, STARTTLS with a checked certificate, or TLS from the
    first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Sent:
    """The result for one recipient. code: reply code, 0 without one; status: as RFC 3463; remote:
    host that spoke."""

    recipient: str
    fate: RecipientFate
    code: int
    status: str
    text: str
    remote: str


async def send(
    message: bytes,
    sender: str,
    recipients: Sequence[str],
    host: str,
    port: int,
    *,
    hostname: str,
    tls: RelayTls = RelayTls.NONE,
    tls_context: ssl.SSLContext | None = None,
    username: str | None = None,
    password: str | None = None,
    smtputf8: bool = False,
    timeout: float = 60.0,
    data_timeout: float = 600.0,
) -> tuple[Sent, ...]:
    """Send one mail to the next host; a result for every recipient, in order. Never raises for what
    a peer does.

    sender: "" for the null sender. message: lines ended by CRLF; goes out unchanged apart from
    dot-stuffing. timeout, data_timeout: seconds for a command and for the reply to the mail's end
    (RFC 5321 section 4.5.3.2).
    """
    remote = f"{host}:{port}"
    client = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        local_hostname=hostname,
        use_tls=tls is RelayTls.IMPLICIT,
        start_tls=tls is RelayTls.STARTTLS,
        tls_context=tls_context,
        username=username,
        password=password,
        timeout=timeout,
    )
    done = _malformed(sender, recipients, remote)
    fit = [recipient for recipient in recipients if recipient not in done]
    if not fit:
        return tuple(done.values())
    try:
        await client.connect()
        await _transaction(
            client,
            message,
            sender,
            fit,
            remote=remote,
            done=done,
            data_timeout=data_timeout,
            smtputf8=smtputf8,
        )
    except aiosmtplib.SMTPResponseException as error:
        # A refused connection or login concerns us, not the mail: it waits until that is mended.
        rest = _judged("", error.code, error.message, remote)
        _fill(done, fit, replace(rest, fate=RecipientFate.TEMPORARY))
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        text = _one_line(str(error)) or type(error).__name__
        _fill(done, fit, Sent("", RecipientFate.TEMPORARY, 0, "4.4.1", text, remote))
    finally:
        client.close()
    return tuple(done[recipient] for recipient in recipients)


def _malformed(sender: str, recipients: Sequence[str], remote: str) -> dict[str, Sent]:
    """Results for what is no address: it could carry a command of its own onto the wire."""
    sender_fits = not sender or parse_address(sender) is not None
    return {
        recipient: Sent(
            recipient, RecipientFate.PERMANENT, 0, "5.1.3", "not a mail address", remote
        )
        for recipient in recipients
        if not sender_fits or parse_address(recipient) is None
    }


async def _transaction(
    client: aiosmtplib.SMTP,
    message: bytes,
    sender: str,
    recipients: Sequence[str],
    *,
    remote: str,
    done: dict[str, Sent],
    data_timeout: float,
    smtputf8: bool,
) -> None:
    """MAIL, RCPT and DATA; `done` is filled as recipients are settled."""
    await client.ehlo()
    options = []
    if client.supports_extension("SIZE"):
        options.append(f"SIZE={len(message)}")
    if client.supports_extension("8BITMIME") and not message.isascii():
        options.append("BODY=8BITMIME")
    if smtputf8:
        if not client.supports_extension("SMTPUTF8"):
            _fill(
                done,
                recipients,
                Sent(
                    "",
                    RecipientFate.PERMANENT,
                    0,
                    "5.6.7",
                    "the next host cannot take SMTPUTF8",
                    remote,
                ),
            )
            return
        options.append("SMTPUTF8")
    encoding = "utf-8" if smtputf8 else "ascii"
    try:
        await client.mail(sender, options=options, encoding=encoding)
    except aiosmtplib.SMTPSenderRefused as error:
        _fill(done, recipients, _judged("", error.code, error.message, remote))
        return
    accepted = []
    for recipient in recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
            accepted.append(recipient)
        except aiosmtplib.SMTPRecipientRefused as error:
            done[recipient] = _judged(recipient, error.code, error.message, remote)
    if accepted:
        try:
            reply = await client.data(message, timeout=data_timeout)
            result = Sent(
                "",
                RecipientFate.SENT,
                reply.code,
                _status(reply.code, reply.message),
                _one_line(reply.message),
                remote,
            )
        except aiosmtplib.SMTPDataError as error:
            result = _judged("", error.code, error.message, remote)
        _fill(done, accepted, result)
    with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=5)


def _fill(done: dict[str, Sent], recipients: Sequence[str], result: Sent) -> None:
    for recipient in recipients:
        done.setdefault(recipient, replace(result, recipient=recipient))


def _judged(recipient: str, code: int, text: str, remote: str) -> Sent:
    """A refusal: 5xx is final, everything else is tried again (RFC 5321 section 4.2.1).

    552 for too many recipients and 5xx of a policy that speaks of a temporary status are taken at
    their enhanced word.
    """
    status = _status(code, text)
    permanent = 500 <= code < 600 and not status.startswith("4")
    return Sent(
        recipient,
        RecipientFate.PERMANENT if permanent else RecipientFate.TEMPORARY,
        code,
        status,
        _one_line(text),
        remote,
    )


def _status(code: int, text: str) -> str:
    """The enhanced status code of a reply, or the plainest one of its class (RFC 3463)."""
    found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)", text)
    return found[1] if found else f"{code // 100 if code // 100 in (2, 4, 5) else 4}.0.0"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))[:300]


def next_attempt(
    attempts: int,
    now: datetime,
    *,
    first: float = 60.0,
    longest: float = 7200.0,
    jitter: random.Random | None = None,
) -> datetime:
    """When to try again after `attempts` failures (1 or more): `first` seconds, doubled each time
    up to `longest`.

    A tenth more or less by chance keeps mails that failed together from coming back together.
    """
    pause = _pause(attempts, first, longest)
    spread = (jitter or random).uniform(0.9, 1.1)
    return now + timedelta(seconds=pause * spread)


def attempts_within(period: timedelta, *, first: float = 60.0, longest: float = 7200.0) -> int:
    """How many attempts `next_attempt` makes room for in a period, at least 1: time told without a
    clock."""
    attempts, waited = 1, _pause(1, first, longest)
    while waited <= period.total_seconds():
        attempts += 1
        waited += _pause(attempts, first, longest)
    return attempts


def _pause(attempts: int, first: float, longest: float) -> float:
    return float(min(longest, first * 2 ** min(max(attempts, 1) - 1, 30)))
