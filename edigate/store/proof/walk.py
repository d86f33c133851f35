"""The chain from its first event to its head: is it whole, and what does it say must be there?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.proof import audit, row_digests
from edigate.store.proof.scratch import Older, Scratch
from edigate.store.values import Anchor, EventKind, Problem

_MANY = 2000
_FILES = (EventKind.STARTED, EventKind.CONFIG_CHANGED)
_COME = (EventKind.RECEIVED, EventKind.CREATED)
_GONE = (EventKind.DELETED_BY_CLIENT, EventKind.PURGED)
_GIVEN = (EventKind.DELIVERED, EventKind.RESENT)
VERDICTS = (
    EventKind.VALIDATED,
    EventKind.HELD,
    EventKind.NOT_CHECKED,
    EventKind.TESTED,
    EventKind.DUPLICATE_DISCARDED,
)


@dataclass(frozen=True, slots=True)
class Purged:
    """An event that says a document was destroyed."""

    document_id: str
    seq: int
    at: datetime
    detail: Mapping[str, str]


@dataclass
class Walk:
    """One walk. files: the digests said of files of the data folder, the newest last; baseline:
    number and moment, if any; taken: rows taken away by events that may not; purged: documents that
    were destroyed."""

    connection: sa.Connection
    scratch: Scratch
    anchors: tuple[Anchor, ...] = ()
    files: dict[str, list[str]] = field(default_factory=dict)
    baseline: tuple[int, datetime] | None = None
    taken: list[Problem] = field(default_factory=list)
    purged: list[Purged] = field(default_factory=list)
    _waiting: list[tuple[str, str, str, int, bool]] = field(default_factory=list)
    _disorder: list[int] = field(default_factory=list)
    _proving: bool = False

    def run(self) -> Iterator[Problem | int]:
        """Every problem of the chain, and 1 for every event."""
        seq, previous, last = 0, audit.GENESIS, None
        met = set()
        query = sa.select(schema.events).order_by(schema.events.c.seq)
        rows = self.connection.execute(query.execution_options(yield_per=1000))
        for row in rows:
            yield from _links(row, seq, previous)
            if last is not None and row.at < last and f'["{audit.CLOCK_BACK}",' not in row.detail:
                self._disorder.append(row.seq)
            seq, previous, last = row.seq, row.hash, row.at
            self._hear(row)
            for anchor in self.anchors:
                if anchor.seq == seq:
                    met.add(anchor)
                    yield from _compared(anchor, previous)
            yield 1
        self.scratch.say(self._waiting)
        yield from self._ends(seq, previous)
        for anchor in self.anchors:
            if anchor not in met:
                yield from _unmet(anchor, seq)

    def _ends(self, seq: int, previous: str) -> Iterator[Problem]:
        """Order of time (what an older version wrote had no promise of it), and the head."""
        for number in self._disorder:
            if self.baseline is None or number > self.baseline[0]:
                yield Problem("CHAIN", f"event {number}", "chain_order")
        heads = self.connection.execute(sa.select(schema.chain_head)).all()
        if [tuple(head) for head in heads] != [(1, seq, previous)]:
            yield Problem("CHAIN", "chain head", "chain_head", (("seq", str(seq)),))

    def _hear(self, row: Any) -> None:
        """Take down what an event says must be there from now on."""
        if row.proves is not None:
            self._proving = True
            old = row.kind == EventKind.BASELINE
            if old and self.baseline is None:
                self.baseline = (row.seq, row.at)
            proofs = _listed(row.proves)
            self._waiting += [(table, said, key, row.seq, old) for table, said, key in proofs]
            self.taken += _taken(row, proofs)
            if len(self._waiting) >= _MANY:
                self.scratch.say(self._waiting)
                self._waiting.clear()
        elif not self._proving:
            self._hear_older(row)
        if row.kind in _GONE:
            self._forget(row)
        if row.kind == EventKind.PURGED and row.document_id is not None:
            self.purged.append(Purged(row.document_id, row.seq, row.at, _detail(row)))
        if row.kind in _FILES:
            for name, value in audit.pairs(row.detail):
                if name == "file":
                    file, _, digest = value.rpartition(" ")
                    self.files.setdefault(file, []).append(digest)

    def _hear_older(self, row: Any) -> None:
        """An event of a version that did not chain rows; what it names is all there is to prove
        them."""
        kind, about = row.kind, (row.seq, row.mail_id, row.document_id)
        if kind in _COME:
            said = _detail(row)
            value = json.dumps([said.get("sha256"), said.get("from"), said.get("size")])
            self.scratch.remember(
                Older("mail", str(row.mail_id), value, row.seq, row.mail_id, None)
            )
        elif kind in VERDICTS and "record" in (said := _detail(row)):
            document = f"{row.document_id}.{said.get('version')}"
            self.scratch.remember(
                Older("document", document, said["record"], row.seq, None, row.document_id)
            )
        elif kind in _GIVEN:
            self.scratch.remember(
                Older("item", _detail(row).get("uidl", ""), row.account or "", *about)
            )

    def _forget(self, row: Any) -> None:
        """What may be gone by now: a message that a client deleted, a mail or document with all
        that was of it."""
        if row.kind == EventKind.DELETED_BY_CLIENT:
            self.scratch.forget("id", _detail(row).get("uidl", ""))
        elif row.document_id is not None:
            self.scratch.forget("document", row.document_id)
        elif row.mail_id is not None:
            self.scratch.forget("mail", row.mail_id)


def _links(row: Any, seq: int, previous: str) -> Iterator[Problem]:
    name = f"event {row.seq}"
    if row.seq != seq + 1:
        missing = (("first", str(seq + 1)), ("last", str(row.seq - 1)))
        yield Problem("CHAIN", f"event {seq + 1}", "chain_missing", missing)
    if row.previous != previous:
        yield Problem("CHAIN", name, "chain_link")
    try:
        intact = row.hash == audit.link(row.previous, row._mapping)
    except ValueError:  # previous is no hexadecimal digest
        intact = False
    if not intact:
        yield Problem("CHAIN", name, "chain_altered")


def _compared(anchor: Anchor, found: str) -> Iterator[Problem]:
    if anchor.hash != found:
        yield Problem(
            "HEAD", f"event {anchor.seq}", "head_other", (("at", anchor.at), ("hash", anchor.hash))
        )


def _unmet(anchor: Anchor, seq: int) -> Iterator[Problem]:
    """The chain ends before the head: its tail was cut, or an older copy was put back."""
    said = (("at", anchor.at), ("seq", str(anchor.seq)), ("found", str(seq)))
    yield Problem("HEAD", f"event {anchor.seq}", "head_cut", said)


def _taken(row: Any, proofs: list[tuple[str, str, str]]) -> Iterator[Problem]:
    """Rows that an event says are gone though it may not take them: only a purge may, of a document
    the one that names it."""
    for table, said, key in proofs:
        if said or table in row_digests.MAY_GO:
            continue
        whose = key.partition(row_digests.SEPARATOR)[0]
        own = table not in ("documents", "document_files") or whose == row.document_id
        if row.kind != EventKind.PURGED or not own:
            yield row_digests.problem(table, key, "taken", row.seq)


def _listed(proves: str) -> list[tuple[str, str, str]]:
    """What an event proves; one that was tampered with (the chain says so) may be anything."""
    try:
        return [(str(table), str(said), str(key)) for table, said, key in json.loads(proves)]
    except (ValueError, TypeError):
        return []


def _detail(row: Any) -> Mapping[str, str]:
    try:
        return dict(audit.pairs(row.detail))
    except (ValueError, TypeError):
        return {}
