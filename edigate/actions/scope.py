"""Whose data a question may see. Every question about a tenant's data carries one; there is no
default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """The accounts whose data may be seen; None: everybody's. What lies outside of it does not
    exist: an id of another tenant is answered like one that was never given."""

    accounts: frozenset[str] | None

    @classmethod
    def everything(cls) -> "Scope":
        """The operator's and the auditor's view of the whole gateway."""
        return cls(None)

    @classmethod
    def of(cls, *accounts: str) -> "Scope":
        """What the people of these tenants may see. account: the main one, as in the settings."""
        return cls(frozenset(accounts))

    def sees(self, account: str | None) -> bool:
        """Whether data of this account, main or archive, lie inside; those of nobody are the
        gateway's own."""
        if self.accounts is None:
            return True
        return account is not None and account.partition(".")[0] in self.accounts

    def only(self, found: Iterator[T] | tuple[T, ...], account: str) -> tuple[T, ...]:
        """Those of the values inside. account: the attribute that says whose each is."""
        return tuple(one for one in found if self.sees(getattr(one, account)))
