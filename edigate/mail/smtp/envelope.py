"""What SMTP hands over and how its listeners are set: values only, shared by the rooms' sides of a
connection."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from edigate.mail.admission import is_loopback
from edigate.mail.smtp.data import BareNewline


@dataclass(frozen=True, slots=True)
class Recipient:
    """One accepted RCPT. account: the main account here, or None when the mail goes on to another
    host."""

    address: str
    account: str | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as received. content: its bytes with the Received line as first line. sender: "" for
    the null sender.

    id: stands in the Received line; `accept` may use it as the mail's id. tls: protocol version or
    None. authenticated: the submitter's account name. received_at: aware UTC. smtputf8: needs
    SMTPUTF8 on its way on.
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
"""Keeps a mail durably and returns its id. Raises: Unavailable (452 when its code speaks of a full
disk, else 451), Rejected (554); anything else is a defect and reads 451 to the peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How one kind of listener behaves. Times in seconds, sizes in bytes.

    submission: AUTH required, and mail for other domains is taken when `smarthost` is set.
    plain_login: whether a peer may log in without TLS. min_rate: bytes per second that a body must
    reach after its first `idle` seconds. new_id: makes the ids of mails, as the Received line and
    the reply name them. postmaster: where mail for `postmaster` goes on to (RFC 5321 section 4.5.1
    wants it taken); None: refused.
    """

    hostname: str
    new_id: Callable[[], str]
    name: str = "mx"
    submission: bool = False
    smarthost: bool = False
    postmaster: str | None = None
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
