"""Proving that the store still holds what was put into it: the chain, and everything the chain says
must be there."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.engine.base import Base
from edigate.store.engine.objects import digest
from edigate.store.proof import row_digests
from edigate.store.proof.foreign import Foreign
from edigate.store.proof.older import older_problems
from edigate.store.proof.rightful import foreign_orders, never_done
from edigate.store.proof.scratch import Scratch
from edigate.store.proof.walk import Walk
from edigate.store.values import EVERY_OBJECT, Anchor, Problem, Share

_TOLD = 256
"""Rows between two words to `progress`."""


class StoreProof(Base):
    """`edigate verify --config FILE`."""

    _folder: Path

    def verify(
        self,
        progress: Callable[[int, int], None] | None = None,
        *,
        share: Share = EVERY_OBJECT,
        anchors: Sequence[Anchor] = (),
        notes: list[Problem] | None = None,
    ) -> Iterator[Problem]:
        """Walk what the chain says must be there, and what is there; yield what is wrong. Nothing:
        all is as written.

        progress: told (looked at, of how many) now and then. share: whose bytes are hashed; chain
        and rows are proven whole. anchors: heads kept elsewhere. notes: gets what is no violation
        (rows from before the first BASELINE, what an interrupted write left). Reads one state of
        the database, so it may run beside the daemon; memory does not grow with the store. Raises:
        Unavailable.
        """
        heard: list[Problem] = [] if notes is None else notes
        with self._snapshot() as connection, Scratch() as scratch:
            counted = (schema.events, schema.objects, *row_digests.tables())
            total = sum(
                connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in counted
            )
            seen, told = 0, 0
            for found in self._stages(connection, scratch, share, tuple(anchors), heard):
                if isinstance(found, Problem):
                    yield found
                    continue
                seen += found
                if progress is not None and (seen - told >= _TOLD):
                    told = seen
                    progress(min(seen, total), total)
            if progress is not None:
                progress(total, total)

    def _stages(
        self,
        connection: sa.Connection,
        scratch: Scratch,
        share: Share,
        anchors: tuple[Anchor, ...],
        notes: list[Problem],
    ) -> Iterator[Problem | int]:
        walk = Walk(connection, scratch, anchors)
        yield from walk.run()
        yield from foreign_orders(connection)
        yield from never_done(connection, scratch, walk)
        yield from self._files(walk)
        for table in row_digests.tables():
            for found in scratch.compare(table.name, row_digests.rows_of(connection, table)):
                if isinstance(found, int):
                    yield found
                else:
                    yield row_digests.problem(table.name, found.key, found.why, found.seq)
        yield from older_problems(connection, scratch)
        if walk.baseline is not None:
            day = f"{walk.baseline[1]:%Y-%m-%d %H:%M:%S} UTC"
            for name, count in scratch.unproven():
                values = (("table", name), ("count", str(count)), ("before", day))
                notes.append(Problem("UNPROVEN", name, "unproven", values))
        for problem in Foreign(self._objects, connection, self._known_now).problems():
            (notes.append(problem) if problem.why == "leftover" else (yield problem))
        yield from self._contents(connection, share)

    def _files(self, walk: Walk) -> Iterator[Problem]:
        """Files of the data folder whose digest stands in the chain, such as the settings in
        force."""
        for name, (*before, said) in sorted(walk.files.items()):
            file = self._folder / Path(name).name
            found = _digest_of(file)
            # the file that was to take its place when the power went lies beside it
            cut_off = not before or found is None or found in before
            if found != said and not (cut_off and _digest_of(file.with_suffix(".new")) == said):
                yield Problem("SETTINGS", name, "file_altered" if found else "file_missing")

    def _contents(self, connection: sa.Connection, share: Share) -> Iterator[Problem | int]:
        """The bytes of objects against their names. Digests are hashed one by one, so memory holds
        one object."""
        objects = schema.objects.c
        for first, last in share.ranges():
            query = sa.select(objects.sha256, objects.size, objects.content).where(
                objects.sha256.between(first, last)
            )
            rows = connection.execute(
                query.order_by(objects.sha256).execution_options(yield_per=16)
            )
            for row in rows:
                content = row.content if row.content is not None else self._objects.get(row.sha256)
                # a missing one was said before
                if content is not None and (
                    len(content) != row.size or digest(content) != row.sha256
                ):
                    yield Problem("OBJECT", row.sha256, "object_altered")
                yield 1

    def _known_now(self, sha256: str) -> bool:
        """Whether a row names the file by now: the state that is verified may be older."""
        objects = schema.objects.c
        with self._read() as connection:
            query = sa.select(objects.sha256).where(
                objects.sha256 == sha256, objects.content.is_(None)
            )
            return connection.execute(query).first() is not None


def _digest_of(file: Path) -> str | None:
    try:
        return digest(file.read_bytes())
    except OSError:
        return None
