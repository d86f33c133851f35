"""Acts that destroy or hide need a reason; where none is needed and none was given, none is
recorded."""

from collections.abc import Callable

import pytest

from edigate.errors import Misconfigured
from edigate.store import NEED_A_REASON, Act, Closing, EventKind, PurgeRules, Store, acted
from tests.store.samples import archived, mail, received, to_relay

BLANK = ("", " ", "\t\n", "\u200b", "\u00a0", "\u2060\ufeff", "-", "...", "—", "\0", "\u202e")
Do = Callable[[Store, str], object]


def _delivery(store: Store) -> int:
    store.accept(mail(), [to_relay()])
    return store.deliveries(unfinished=True)[0].id


def _job(store: Store) -> int:
    received(store)
    return store.jobs(unfinished=True)[0].id


COMPULSORY: dict[str, Do] = {
    "delete": lambda store, reason: store.soft_delete(archived(store), "anna", reason),
    "restore": lambda store, reason: store.restore(archived(store), "anna", reason),
    "purge": lambda store, reason: store.purge_document(archived(store), "anna", reason),
    "close": lambda store, reason: store.close_documents(Closing(archived(store)), "anna", reason),
    "purge-all": lambda store, reason: store.purge(PurgeRules(), "anna", reason),
    "drop": lambda store, reason: store.drop_delivery(_delivery(store), "anna", reason),
    "drop-job": lambda store, reason: store.drop_job(_job(store), "anna", reason),
}
OPTIONAL: dict[str, Do] = {
    "replay": lambda store, reason: store.replay(archived(store), "anna", reason),
    "resend": lambda store, reason: store.reoffer(archived(store), "anna", reason),
    "hold": lambda store, reason: store.hold_delivery(_delivery(store), "anna", reason),
    "retry": lambda store, reason: store.retry_delivery(_delivery(store), "anna", reason),
}


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("act", COMPULSORY)
def test_an_act_that_needs_a_reason_is_not_done_without(store: Store, act: str, blank: str) -> None:
    with pytest.raises(Misconfigured, match="needs a reason") as refused:
        COMPULSORY[act](store, blank)
    assert refused.value.code == "REASON"
    assert not [e for e in store.log() if dict(e.detail).get("by")]


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("act", OPTIONAL)
def test_no_reason_is_invented(store: Store, act: str, blank: str) -> None:
    OPTIONAL[act](store, blank)
    (said,) = [dict(e.detail) for e in store.log() if dict(e.detail).get("by")]
    assert said["by"] == "anna"
    assert "reason" not in said


@pytest.mark.parametrize("act", OPTIONAL)
def test_a_reason_is_recorded_as_it_was_said(store: Store, act: str) -> None:
    OPTIONAL[act](store, " Prüfung 2026/7 ")
    (said,) = [dict(e.detail) for e in store.log() if dict(e.detail).get("by")]
    assert said["reason"] == "Prüfung 2026/7"


def test_holding_without_a_reason_keeps_what_the_next_hop_said_last(store: Store) -> None:
    number = _delivery(store)
    (claimed,) = store.claim_deliveries()
    store.deferred(claimed, store._clock(), "451 busy")
    store.hold_delivery(number, "anna", "")
    (delivery,) = store.deliveries(unfinished=True)
    assert delivery.last_result == "451 busy"
    assert "delivery" in dict(store.log(kinds=[EventKind.QUEUE_CHANGED])[0].detail)


@pytest.mark.parametrize("act", list(Act))
def test_which_acts_need_a_reason_is_decided_in_one_place(act: Act) -> None:
    if act not in NEED_A_REASON:
        assert acted(act, "anna", None) == (("by", "anna"),)
        return
    with pytest.raises(Misconfigured, match=act.value):
        acted(act, "anna", None)
