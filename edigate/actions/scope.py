"""Whose data a question may see. Every question about a tenant's data carries one; there is no
default, and the store's queries do the filtering."""

from dataclasses import dataclass


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

    def sees(self, account: str) -> bool:
        """Whether the tenant with this main account lies inside."""
        return self.accounts is None or account in self.accounts
