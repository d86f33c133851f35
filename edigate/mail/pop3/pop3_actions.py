"""What the POP3 dialog asks of its shell, and what the shell may answer: values only."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class DropMessage(Protocol):
    """A message of an opened maildrop. uidl: 1 to 70 characters 0x21-0x7E, never used again; size
    in octets."""

    @property
    def uidl(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes. message: the UIDL of the message they are the whole of."""

    octets: bytes
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Check this login and open its maildrop; answered by `opened` or `refused`."""

    login: str
    password: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read this message; answered by `fetched`. lines: how many body lines TOP asked for, None for
    all of it."""

    uidl: str
    lines: int | None


@dataclass(frozen=True, slots=True)
class Finish:
    """QUIT in the transaction state: delete these for good; answered by `finished`."""

    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StartTls:
    """Begin TLS (the +OK was sent before); answered by `secured`."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection."""


Action = Send | Login | Fetch | Finish | StartTls | HangUp


class SessionState(Enum):
    """RFC 1939 section 3, and the ends of the session."""

    AUTHORIZATION = "authorization"
    TRANSACTION = "transaction"
    CLOSED = "closed"


class Refusal(Enum):
    """Why a login fails, as the client reads it."""

    WRONG = "-ERR [AUTH] Login or password is wrong"
    IN_USE = "-ERR [IN-USE] Another session has this mailbox open, try again when it has ended"
    BLOCKED = "-ERR [SYS/TEMP] Too many failed logins from your address, try again later"
    TROUBLE = "-ERR [SYS/TEMP] The mailbox cannot be opened now, try again later"
