"""The ends of documents: closing and purging."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from edigate.store.values.states import DocumentState, Standing


@dataclass(frozen=True, slots=True)
class Closing:
    """Which open documents are to be closed: one by its id, or all of a number (exactly) or rule;
    all must hold. among: documents of these tenants alone, as if there were no others."""

    document_id: str | None = None
    tenant: str | None = None
    number: str | None = None
    rule: str | None = None
    among: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PurgeRules:
    """What may be destroyed, and what a person takes on himself.

    years: the tenants' periods of today by account; for a tenant that is not there the chained
    period holds. keep_fetched_days: days a package stays after it was fetched. unfetched: also what
    was never fetched, or not so long ago. clock_is_right: also when the clock is far ahead of the
    newest sign of life. more_than_a_quarter: also when that is more than a quarter of the
    documents.
    """

    years: Mapping[str, int] = field(default_factory=dict)
    keep_fetched_days: int = 90
    unfetched: bool = False
    clock_is_right: bool = False
    more_than_a_quarter: bool = False

    @property
    def overridden(self) -> str:
        """The overrides as the chain records them, "" for none."""
        names = ("unfetched", "clock_is_right", "more_than_a_quarter")
        return " ".join(name.replace("_", "-") for name in names if getattr(self, name))


@dataclass(frozen=True, slots=True)
class Expired:
    """A document past its period. fetched: since when the newest offer of every package is; stays:
    why it is kept."""

    document_id: str
    tenant: str
    mail_id: str
    number: str
    issue_date: date | None
    state: DocumentState
    standing: Standing
    retain_until: date
    versions: int
    files: int
    octets: int
    fetched: datetime | None
    stays: str = ""


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would destroy, what past its period stays and why, and what speaks against all
    of it."""

    goes: tuple[Expired, ...]
    stays: tuple[Expired, ...]
    refused: str = ""
