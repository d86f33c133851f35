"""Mailboxes and accounts in numbers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edigate.store.values.mails import DeliveryState, JobState


class UsageDirection(StrEnum):
    """What is counted per account and month: mail in, mail out, archive packages in, and what POP3
    clients fetched."""

    IN = "in"
    OUT = "out"
    ARCHIVE = "archive"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """One message of a maildrop: number from 1 in this session, UIDL for ever, size with the
    prefix."""

    number: int
    uidl: str
    size: int


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """How a mailbox stands: what waits to be fetched, since when, and when somebody last
    fetched."""

    account: str
    messages: int
    octets: int
    oldest: datetime | None
    last_fetch: datetime | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of one account, direction and month (`2026-11`)."""

    account: str
    direction: UsageDirection
    month: str
    mails: int
    documents: int
    octets: int


@dataclass(frozen=True, slots=True)
class Status:
    """The store at a glance, for health checks. oldest_*: since when the oldest due work waits."""

    jobs: tuple[tuple[JobState, int], ...]
    deliveries: tuple[tuple[DeliveryState, int], ...]
    oldest_job: datetime | None
    oldest_delivery: datetime | None
    free_octets: int
