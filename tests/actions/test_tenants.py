"""Tenants whose names begin alike, mails for both, shortened ids: what one may see and do, on both
databases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from edigate.actions import acting, asking
from edigate.actions.acting import Who
from edigate.actions.scope import Scope
from edigate.errors import EdigateError
from edigate.store import (
    Closing,
    DeliveryKind,
    Direction,
    Event,
    NewDelivery,
    NewJob,
    Outcome,
    Search,
    Store,
    Unknown,
)
from tests.actions.test_scope import ACTS, READS
from tests.store.conftest import house, postgres_template, sqlite_template, store
from tests.store.samples import claimed, held, mail, to_mailbox, valid

__all__ = ["house", "postgres_template", "sqlite_template", "store"]
"""Fixtures of the store's tests: both databases."""

OURS, THEIRS = "4001", "40011"
"""One is the beginning of the other: a prefix must not open it."""
GLNS = {OURS: "4319876000028", THEIRS: "4300001000007"}
WHO = Who("anna (uid 1000)", "asked for")
MISSING = "01ZZZZZZZZZZZZZZZZZZZZZZZZ"


@dataclass
class Town:
    """A store with two tenants: a mail of each, with a valid and a held document, and one mail for
    both. Ids by tenant."""

    store: Store
    mails: dict[str, str]
    valid: dict[str, str]
    held: dict[str, str]


@pytest.fixture
def town(store: Store) -> Town:
    here = Town(store, {}, {}, {})
    for tenant in (OURS, THEIRS):
        relayed = NewDelivery(DeliveryKind.RELAY, f"{tenant}@far.example")
        here.mails[tenant] = store.accept(
            mail(tenant.encode(), sender=f"{tenant}@partner.example"),
            [to_mailbox(tenant), relayed],
            [NewJob(tenant, Direction.IN)],
        )
        _convert(here, tenant, tenant)
    store.accept(
        mail(b"both"),
        [to_mailbox(OURS), to_mailbox(THEIRS)],
        [NewJob(OURS, Direction.IN), NewJob(THEIRS, Direction.IN)],
    )
    return here


def _convert(town: Town, tenant: str, number: str) -> None:
    job = claimed(town.store)
    good = valid(job, 1, number=f"RE-{number}", claim=f"DE123456789/RE-{number}")
    bad = held(job, 2, GLNS[tenant], number=f"HE-{number}", claim=f"DE123456789/HE-{number}")
    town.store.commit_outcome(job, Outcome((good, bad)))
    town.valid[tenant], town.held[tenant] = good.document.document_id, bad.document.document_id


ANSWERS: Mapping[str, Callable[[Store, Scope], object]] = {
    **READS,
    "used": lambda store, scope: asking.used(store, scope, "2026-11"),
    "closable": lambda store, scope: acting.closable(store, scope, Closing(rule="UST-01")),
}
"""Questions that name nothing: what they answer is all of the scope."""

BY_ID: Mapping[str, Callable[[Store, Scope, str], object]] = {
    **ACTS,
    "found": lambda store, scope, text: asking.found(store, scope, Search(), text),
}
"""Questions and acts that name a mail or a document."""


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_speaks_of_the_scope_alone(town: Town, name: str) -> None:
    ask = ANSWERS[name]
    ours, everything = (ask(town.store, s) for s in (Scope.of(OURS), Scope.everything()))
    both = ask(town.store, Scope.of(OURS, THEIRS))
    foreign = {town.mails[THEIRS], town.valid[THEIRS], town.held[THEIRS], GLNS[THEIRS]}
    assert not [word for word in (*foreign, f"'{THEIRS}", "far.example") if word in repr(ours)]
    assert f"'{OURS}" in repr(ours)
    assert f"'{OURS}" in repr(both)
    assert f"'{THEIRS}" in repr(both)
    assert f"'{THEIRS}" in repr(everything)
    assert f"'{OURS}" not in repr(ask(town.store, Scope.of()))


@pytest.mark.parametrize("name", BY_ID)
@pytest.mark.parametrize("cut", [None, 8, 20], ids=["whole", "start", "most"])
def test_an_id_of_another_tenant_is_answered_like_none(
    town: Town, name: str, cut: int | None
) -> None:
    before = town.store.chain_head()
    said = {
        text: _refusal(BY_ID[name], town.store, text[:cut]).replace(text[:cut], "ID")
        for text in (town.held[THEIRS], town.valid[THEIRS], town.mails[THEIRS], MISSING)
        if not _ours_begin_so(town, text[:cut])
    }
    assert len(set(said.values())) == 1, said
    assert town.store.chain_head() == before


def _ours_begin_so(town: Town, text: str) -> bool:
    return any(own[OURS].startswith(text) for own in (town.mails, town.valid, town.held))


def _refusal(ask: Callable[[Store, Scope, str], object], store: Store, text: str) -> str:
    with pytest.raises(EdigateError) as refused:
        ask(store, Scope.of(OURS), text)
    assert isinstance(refused.value, Unknown)
    return str(refused.value).partition("; near it")[0]


def test_a_beginning_need_only_be_unique_in_the_scope(town: Town) -> None:
    """As short as leads astray outside of it."""
    ids = sorted((town.held[OURS], town.held[THEIRS]))
    same = next(n for n in range(len(ids[0]), -1, -1) if ids[0][:n] == ids[1][:n])
    own = {town.valid[OURS], town.held[OURS]}
    if len({one[:same] for one in own}) == 1:
        short = next(
            town.held[OURS][:n]
            for n in range(1, 40)
            if not town.valid[OURS].startswith(town.held[OURS][:n])
        )
    else:
        short = town.held[OURS][:same]
    assert asking.document_named(town.store, Scope.of(OURS), short) == town.held[OURS]


def test_acts_inside_a_scope_leave_others_alone(store: Store) -> None:
    """One mail for two tenants: whoever may act for one does not act for the other."""
    mail_id = store.accept(
        mail(b"both"),
        [to_mailbox(OURS), to_mailbox(THEIRS)],
        [NewJob(OURS, Direction.IN), NewJob(THEIRS, Direction.IN)],
    )
    documents = {}
    for _ in range(2):
        job = claimed(store)
        outcome = held(job, 1, claim=f"DE123456789/{job.tenant}")
        store.commit_outcome(job, Outcome((outcome,)))
        documents[job.tenant] = outcome.document.document_id
    for act in (acting.replay, acting.release, acting.resend):
        with pytest.raises(Unknown):
            act(store, Scope.of(OURS), WHO, mail_id)
    assert acting.replay(store, Scope.of(OURS), WHO, documents[OURS]) == 1
    assert [job.tenant for job in store.jobs(unfinished=True)] == [OURS]
    assert acting.release(store, Scope.of(OURS), WHO, documents[OURS]).jobs == 1
    assert acting.replay(store, Scope.everything(), WHO, mail_id) == 2


def test_an_act_is_chained_with_who_and_why(town: Town) -> None:
    acting.close(town.store, Scope.of(OURS), WHO, Closing(town.held[OURS]))
    said: Event = asking.story(town.store, Scope.of(OURS), town.held[OURS], 1).events[-1]
    assert dict(said.detail)["by"] == WHO.by
    assert WHO.reason in dict(said.detail).values()
