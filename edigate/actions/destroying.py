"""Removing for good what neither the law nor the tenants want kept. It is about the whole store, so
it takes no scope."""

from dataclasses import dataclass

from edigate.actions.acting import Who
from edigate.config import Settings
from edigate.store import Act, PurgePlan, PurgeRules, Store, reason_for


@dataclass(frozen=True, slots=True)
class PurgeWish:
    """What a person takes on himself: packages not fetched, or not long ago; a clock that is far
    ahead of the last sign of life; more than a quarter of the store."""

    unfetched: bool = False
    clock_is_right: bool = False
    more_than_a_quarter: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """What went, or would go. removed: work data by name, and how many."""

    plan: PurgePlan
    removed: tuple[tuple[str, int], ...]


def purgeable(store: Store, settings: Settings, wish: PurgeWish) -> Removed:
    """What `purge` would remove; nothing is changed."""
    rules = _rules(settings, wish)
    return Removed(store.purge_plan(rules), _work_data(store, settings, rules))


def purge(store: Store, settings: Settings, who: Who, wish: PurgeWish) -> Removed:
    """Remove it. Work data first, so that they are what `purgeable` counted; the documents' own
    mails follow by themselves.

    Raises: Misconfigured without a reason.
    """
    reason = reason_for(Act.PURGE, who.reason)
    planned = purgeable(store, settings, wish)
    rules, days = _rules(settings, wish), settings.store.keep_deleted_days
    removed = planned.removed
    if not planned.plan.refused:
        removed = _work_data(store, settings, rules)
        store.purge_mails(days, unfetched=rules.unfetched)
        store.purge_fetched(days, unfetched=rules.unfetched)
    plan = store.purge(rules, who.by, reason)
    return Removed(plan, (*removed, ("orphaned objects", store.collect_orphans())))


def _rules(settings: Settings, wish: PurgeWish) -> PurgeRules:
    return PurgeRules(
        {tenant.account: tenant.retention_years for tenant in settings.tenant},
        settings.store.keep_fetched_days,
        wish.unfetched,
        wish.clock_is_right,
        wish.more_than_a_quarter,
    )


def _work_data(store: Store, settings: Settings, rules: PurgeRules) -> tuple[tuple[str, int], ...]:
    mails, octets, entries = store.work_data(
        settings.store.keep_deleted_days, unfetched=rules.unfetched
    )
    return (
        ("mails without documents", mails),
        ("their bytes", octets),
        ("mailbox entries", entries),
    )
