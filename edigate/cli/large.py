"""A file of any size -> its verdicts in constant memory: messages are judged one by one and spooled to disk.

Nothing is shown before the end of the file is reached, because a truncated interchange must not be used in part.
"""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from edigate import pipeline
from edigate.edifact.segments import Message
from edigate.edifact.stream import Closed, Finished
from edigate.pipeline import Conditions, Document, Engines
from edigate.report.verdicts import InputVerdict, InterchangeVerdict, OtherMessage, Verdict


class Octets:
    """A file's bytes by slices, read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def __getitem__(self, span: slice) -> bytes:
        start, stop = span.start or 0, span.stop
        assert isinstance(stop, int), "a slice of a large file has an end"
        return os.pread(self._file.fileno(), max(0, stop - start), start)


class Spool:
    """Messages of one interchange in a file of their own; iterated in order as often as wanted."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the verdict does)
        self._count = 0

    def add(self, message: Verdict | OtherMessage) -> None:
        """Append one."""
        pickle.dump(message, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[Verdict | OtherMessage]:
        self._file.flush()
        position = 0
        for _ in range(self._count):
            self._file.seek(position)
            message = pickle.load(self._file)  # noqa: S301  (written by this very process, in an unnamed file)
            position = self._file.tell()
            yield message


Keep = Callable[[Document, Octets], Verdict]
"""Makes the verdict of one document; may write its package, provisionally."""


def check(
    path: Path, engines: Engines, conditions: Conditions, keep: Keep, progress: Callable[[int], None]
) -> InputVerdict:
    """The verdict on a whole file. progress: called with the bytes read so far.

    Raises: OSError of the file.
    """
    octets = Octets(path)
    interchanges: list[InterchangeVerdict] = []
    spool = Spool()
    with path.open("rb") as source:
        for event in pipeline.judged(source, octets, engines, conditions):
            if isinstance(event, Document):
                spool.add(keep(event, octets))
                progress(event.message.end)
            elif isinstance(event, Message):
                spool.add(OtherMessage(event.reference, event.type, event.version, event.findings))
                progress(event.end)
            elif isinstance(event, Closed):
                closed = event.interchange
                interchanges.append(
                    InterchangeVerdict(
                        closed.control_reference, closed.sender, closed.recipient, closed.test, spool, closed.findings
                    )
                )
                spool = Spool()
            elif isinstance(event, Finished):
                if not event.readable:
                    interchanges = [replace(i, messages=()) for i in interchanges]
                return InputVerdict(str(path), event.readable, tuple(interchanges), event.findings)
    raise AssertionError("the reader's stream always ends with Finished")
