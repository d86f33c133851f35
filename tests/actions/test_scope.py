"""No question and no act of one tenant reaches another's data. The first tests are made from the
room's functions: a new one without a scope makes them fail, unless it is about all of the
gateway."""

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import edigate.actions
from edigate.actions import acting, asking
from edigate.actions.acting import Who
from edigate.actions.scope import Scope
from edigate.errors import EdigateError
from edigate.store import Closing, Search, Store
from tests.actions.conftest import OURS, THEIRS, Two

_WHOLE = {
    "on_queue": "deliveries of all tenants, by number; operators alone",
    "purge": "destroys by the law's time for all tenants",
    "purgeable": "what purge would do",
    "head": "the chain is one",
    "certificates": "the gateway's seal",
    "prove": "the chain is one",
    "reload": "the gateway's settings",
    "check_again": "is given a tenant that a scope let through",
}
"""Functions about the whole gateway, with the reason."""

WHO = Who("test (uid 1)", "Probe")
MONTH = datetime.now(UTC).strftime("%Y-%m")


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in iter_modules(edigate.actions.__path__, "edigate.actions."):
        for name, function in vars(import_module(module.name)).items():
            own = inspect.isfunction(function) and function.__module__ == module.name
            if own and not name.startswith("_"):
                yield name, function


def test_every_function_on_a_store_takes_a_scope_without_default() -> None:
    for name, function in _functions():
        parameters = list(inspect.signature(function).parameters.values())
        if not parameters or parameters[0].name != "store" or name in _WHOLE:
            continue
        assert parameters[1].name == "scope", name
        assert parameters[1].annotation is Scope, name
        assert parameters[1].default is inspect.Parameter.empty, name


def test_what_is_about_the_whole_gateway_is_there() -> None:
    assert set(_WHOLE) <= {name for name, _ in _functions()}


READS: dict[str, Callable[[Store, Scope], object]] = {
    "found": lambda store, scope: asking.found(store, scope, Search(deleted=True)),
    "story": lambda store, scope: asking.story(store, scope, None, None),
    "waiting": asking.waiting,
    "used": lambda store, scope: asking.used(store, scope, MONTH),
    "missing_partners": asking.missing_partners,
}


def test_every_question_is_tried() -> None:
    asked = {n for n, f in _functions() if f.__module__ == asking.__name__}
    assert asked == {*READS, "named", "document_named", "every"}


@pytest.mark.parametrize("name", READS)
def test_a_tenants_answer_holds_nothing_of_another(two: Two, name: str) -> None:
    whole = repr(READS[name](two.store, Scope.everything()))
    ours = repr(READS[name](two.store, Scope.of(OURS)))
    for foreign in (THEIRS, two.documents[THEIRS], two.mails[THEIRS]):
        assert foreign not in ours
    nobody = READS[name](two.store, Scope.of())
    assert OURS not in repr(nobody)
    if name in ("found", "story", "used"):
        assert THEIRS in whole
        assert OURS in ours


ACTS: dict[str, Callable[[Store, Scope, str], object]] = {
    "named": asking.named,
    "document_named": asking.document_named,
    "story": lambda store, scope, text: asking.story(store, scope, text, None),
    "replay": lambda store, scope, text: acting.replay(store, scope, WHO, text),
    "release": lambda store, scope, text: acting.release(store, scope, WHO, text),
    "resend": lambda store, scope, text: acting.resend(store, scope, WHO, text),
    "take_out": lambda store, scope, text: acting.take_out(store, scope, WHO, text),
    "delete": lambda store, scope, text: acting.delete(store, scope, WHO, text),
    "restore": lambda store, scope, text: acting.restore(store, scope, WHO, text),
    "closable": lambda store, scope, text: acting.closable(store, scope, Closing(document_id=text)),
    "close": lambda store, scope, text: acting.close(store, scope, WHO, Closing(document_id=text)),
}


def test_every_act_is_tried() -> None:
    acts = {n for n, f in _functions() if f.__module__ == acting.__name__}
    assert acts - set(_WHOLE) <= set(ACTS)


def _refused(call: Callable[[], object], text: str) -> str:
    with pytest.raises(EdigateError) as refused:
        call()
    return f"{refused.value.code}: {refused.value.message.replace(text, 'ID')}"


@pytest.mark.parametrize("name", ACTS)
def test_the_id_of_another_tenant_is_answered_like_one_that_does_not_exist(
    two: Two, name: str
) -> None:
    act, scope = ACTS[name], Scope.of(OURS)
    foreign, invented = two.documents[THEIRS], "0ZZZZZZZZZZZZZZZZZZZZZZZZZZ"
    before = two.store.chain_head()
    said = _refused(lambda: act(two.store, scope, foreign), foreign)
    near = said.partition("; near it")[0]
    assert near == _refused(lambda: act(two.store, scope, invented), invented).partition(";")[0]
    assert THEIRS not in said
    assert foreign not in said
    assert two.store.chain_head() == before, "and nothing was done"


def test_a_beginning_is_unique_among_what_may_be_seen(two: Two) -> None:
    ours, theirs = two.documents[OURS], two.documents[THEIRS]
    shared = next(ours[:n] for n in range(len(ours), 0, -1) if theirs.startswith(ours[:n]))
    assert asking.document_named(two.store, Scope.of(OURS), shared) == ours
    with pytest.raises(EdigateError, match="several begin"):
        asking.document_named(two.store, Scope.everything(), shared)


def test_closing_by_number_closes_only_what_may_be_seen(two: Two) -> None:
    which = Closing(number=f"RE-{THEIRS}")
    assert len(acting.closable(two.store, Scope.everything(), which)) == 1
    assert acting.closable(two.store, Scope.of(OURS), which) == ()
    assert acting.close(two.store, Scope.of(OURS), WHO, which) == ()


def test_the_faces_are_thin() -> None:
    """No command changes the store but by this room."""
    folder = Path(edigate.actions.__file__).parents[1] / "cli"
    changes = ("replay", "reoffer", "soft_delete", "close_documents", "purge", "record", "retry_")
    for file in folder.rglob("*.py"):
        text = file.read_text("utf-8")
        assert not [name for name in changes if f"store.{name}" in text], file
