"""Evidence of the whole store: its proof, its signed head, the certificates it sealed with. It
takes no scope: the chain is one for all tenants."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from edigate.actions.acting import Who
from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.service.sealing import heads, keys
from edigate.service.sealing.certificates import Used, ever_used
from edigate.service.sealing.heads import Head
from edigate.store import Copy, EventKind, NewEvent, Problem, Store
from edigate.store.proof.copies import cannot_be_written

_RECORDED = 20
"""Problems that the event of a failed proof names."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proof found. notes: what could not be judged; events, head: the end of the chain."""

    found: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    events: int
    head: str

    @property
    def intact(self) -> bool:
        """Whether everything is as the chain says."""
        return not self.found


def head(store: Store, settings: Settings) -> Head:
    """The end of the chain, signed. Raises: Misconfigured for a seal key that cannot be used."""
    return heads.make(store, settings, keys.sealer(settings))


def certificates(store: Store, settings: Settings) -> tuple[Used, ...]:
    """Every certificate the gateway ever sealed with. Raises: Misconfigured."""
    return ever_used(settings, store)


@contextmanager
def opened(settings: Settings, *, copy: bool, read_only: bool) -> Iterator[Store | Copy]:
    """The store of the settings, or what can only be read of it. copy: `settings.data` is a copy of
    a data folder. Raises: Misconfigured where there is none."""
    database = None if copy else settings.store.database or None
    if not database and not (settings.data / "edigate.sqlite3").exists():
        raise Misconfigured("STORE", f"{settings.data} holds no store; is `data` right?")
    if copy or read_only or (not database and cannot_be_written(settings.data)):
        with Copy.open(database, settings.data) as only_read:
            yield only_read
        return
    with Store.open(database, settings.data) as store:
        yield store


def prove(
    store: Store | Copy,
    settings: Settings,
    who: Who,
    given: Sequence[Head],
    watch: Callable[[int, int], None],
) -> Evidence:
    """Prove the whole store; what was found is recorded in its own chain, unless it is only read.

    given: heads kept elsewhere, which the chain has to hold. watch: called with how much was looked
    at, and of how much.
    """
    found, notes = _judged(given, settings, store)
    anchors = [one.anchor for one in given]
    found += store.verify(watch, anchors=anchors, notes=notes)
    events, last = store.chain_head()
    if isinstance(store, Store):
        _record(store, who, found, last)
    return Evidence(tuple(found), tuple(notes), events, last)


def _judged(
    given: Sequence[Head], settings: Settings, store: Store | Copy
) -> tuple[list[Problem], list[Problem]]:
    """What is wrong with the heads by themselves, and what is only to be noted."""
    trusted = (
        frozenset(used.fingerprint for used in ever_used(settings, store)) if given else frozenset()
    )
    found = [problem for head in given for problem in heads.problems(head, trusted)]
    if trusted:
        return found, []
    unknown = [p for p in found if p.why == "head_foreign"]
    notes = [Problem(p.code, p.subject, "head_trust", p.values) for p in unknown]
    return [p for p in found if p not in unknown], notes


def _record(store: Store, who: Who, found: Sequence[Problem], last: str) -> None:
    kind = EventKind.INTEGRITY_VIOLATED if found else EventKind.VERIFIED
    subjects = tuple((f.code.lower(), f.subject) for f in found[:_RECORDED])
    detail = (("by", who.by), ("problems", str(len(found))), ("head", last), *subjects)
    store.record(NewEvent(kind, detail=detail))
