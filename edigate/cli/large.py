"""Verdicts of any number of messages in constant memory: large files are judged message by message, and what is to be
shown waits on disk.

Nothing is shown before the end of a file is reached, because a truncated interchange must not be used in part.
"""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from edigate import pipeline
from edigate.edifact.segments import Message
from edigate.edifact.stream import Closed, Finished
from edigate.findings import Finding
from edigate.pipeline import Conditions, Document, Engines
from edigate.report.verdicts import InputVerdict, InterchangeVerdict, OtherMessage, Verdict


class Octets:
    """A file's bytes by slices, read when they are asked for."""

    def __init__(self, source: BinaryIO) -> None:
        self._number = source.fileno()
        self._size = os.fstat(self._number).st_size

    def __getitem__(self, span: slice) -> bytes:
        start, stop, _ = span.indices(self._size)
        return os.pread(self._number, max(0, stop - start), start)


class Spool:
    """What was found of messages, one after the other in an unnamed file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the verdicts do)
        self._end = 0

    @property
    def end(self) -> int:
        """Where the next message will stand."""
        return self._end

    def add(self, message: Verdict | OtherMessage, reading: tuple[Finding, ...] = ()) -> None:
        """Append one; reading: what was found when it was read, before anybody judged it."""
        self._file.seek(self._end)
        pickle.dump((message, reading), self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def load(self, position: int) -> tuple[Verdict | OtherMessage, tuple[Finding, ...], int]:
        """What `add` was given at a position, and the position after it."""
        self._file.seek(position)
        message, reading = pickle.load(self._file)  # noqa: S301  (written by this very process, in an unnamed file)
        return message, reading, self._file.tell()

    def kept(self, verdict: InputVerdict) -> InputVerdict:
        """The verdict with its messages here instead of in memory."""
        return replace(
            verdict, interchanges=tuple(replace(i, messages=self._put(i.messages)) for i in verdict.interchanges)
        )

    def _put(self, messages: Iterable[Verdict | OtherMessage]) -> "Stretch":
        begin = self._end
        for message in messages:
            self.add(message)
        return Stretch(self, begin, self._end)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages of one interchange in a spool; iterated in order as often as wanted.

    as_read: as they were read, without a verdict, because nothing of the input may be used.
    """

    spool: Spool
    begin: int
    end: int
    as_read: bool = False

    def __iter__(self) -> Iterator[Verdict | OtherMessage]:
        position = self.begin
        while position < self.end:
            message, reading, position = self.spool.load(position)
            if self.as_read and isinstance(message, Verdict):
                message = OtherMessage(message.reference, "INVOIC", message.version, reading)
            yield message


Keep = Callable[[Document, Octets], Verdict]
"""Makes the verdict of one document; may write its package, provisionally."""


def check(
    path: Path, name: str, spool: Spool, keep: Keep, progress: Callable[[int], None], *, engines: Engines,
    conditions: Conditions,
) -> InputVerdict:  # fmt: skip
    """The verdict on a whole file. progress: called with the bytes read so far.

    Raises: OSError of the file.
    """
    interchanges: list[InterchangeVerdict] = []
    begin = spool.end
    with path.open("rb") as source:
        octets = Octets(source)
        for event in pipeline.judged(source, octets, engines, conditions):
            if isinstance(event, Document):
                spool.add(keep(event, octets), event.message.findings)
                progress(event.message.end)
            elif isinstance(event, Message):
                spool.add(OtherMessage(event.reference, event.type, event.version, event.findings))
                progress(event.end)
            elif isinstance(event, Closed):
                interchanges.append(_interchange(event, Stretch(spool, begin, spool.end)))
                begin = spool.end
            elif isinstance(event, Finished):
                if not event.readable:
                    as_read = (replace(i, messages=replace(_stretch(i), as_read=True)) for i in interchanges)
                    return InputVerdict(name, False, tuple(as_read), event.findings)
                return InputVerdict(name, True, tuple(interchanges), event.findings)
    raise AssertionError("the reader's stream always ends with Finished")


def _interchange(event: Closed, messages: Stretch) -> InterchangeVerdict:
    closed = event.interchange
    return InterchangeVerdict(
        closed.control_reference, closed.sender, closed.recipient, closed.test, messages, closed.findings
    )


def _stretch(interchange: InterchangeVerdict) -> Stretch:
    assert isinstance(interchange.messages, Stretch)
    return interchange.messages
