"""Verdicts of any number of messages in constant memory: large files are judged message by message,
and what is to be shown waits on disk.

A file is read twice: its envelopes first, because nothing of a truncated interchange may be used.
"""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from edigate import pipeline
from edigate.pipeline import Conditions, Engines, JudgedMessage
from edigate.report.presentation import InputVerdict, InterchangeVerdict, OtherMessage, Verdict


class Octets:
    """A file's bytes by slices, read when they are asked for."""

    def __init__(self, source: BinaryIO) -> None:
        self._number = source.fileno()
        self._size = os.fstat(self._number).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice) -> bytes:
        start, stop, _ = span.indices(self._size)
        return os.pread(self._number, max(0, stop - start), start)


class Spool:
    """What was found of messages, one after the other in an unnamed file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the verdicts do)
        self._end = 0

    def stretch(self) -> "Stretch":
        """An empty stretch at the end; only the last one may grow."""
        return Stretch(self, self._end)

    def add(self, message: Verdict | OtherMessage) -> int:
        """Append one; the position after it."""
        self._file.seek(self._end)
        pickle.dump(message, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()
        return self._end

    def load(self, position: int) -> tuple[Verdict | OtherMessage, int]:
        """What `add` was given at a position, and the position after it."""
        self._file.seek(position)
        message = pickle.load(self._file)  # noqa: S301  (written by this very process, in an unnamed file)
        return message, self._file.tell()

    def kept(self, verdict: InputVerdict) -> InputVerdict:
        """The verdict with its messages here instead of in memory."""
        return replace(
            verdict,
            interchanges=tuple(
                replace(i, messages=self._put(i.messages)) for i in verdict.interchanges
            ),
        )

    def _put(self, messages: Iterable[Verdict | OtherMessage]) -> "Stretch":
        stretch = self.stretch()
        for message in messages:
            stretch.add(message)
        return stretch


class Stretch:
    """Messages of one interchange in a spool; iterated in order as often as wanted."""

    __slots__ = ("_begin", "_end", "_spool")

    def __init__(self, spool: Spool, begin: int) -> None:
        self._spool, self._begin, self._end = spool, begin, begin

    def add(self, message: Verdict | OtherMessage) -> None:
        """Append one."""
        self._end = self._spool.add(message)

    def __iter__(self) -> Iterator[Verdict | OtherMessage]:
        position = self._begin
        while position < self._end:
            message, position = self._spool.load(position)
            yield message


Keep = Callable[[JudgedMessage, Octets], Verdict]
"""Makes the verdict of one document, and writes its package where one is wanted."""


def check(
    path: Path,
    name: str,
    spool: Spool,
    keep: Keep,
    progress: Callable[[int], None],
    *,
    engines: Engines,
    conditions: Conditions,
) -> InputVerdict:
    """The verdict on a whole file. progress: called with the bytes judged so far.

    Raises: OSError of the file.
    """
    stretches: dict[int, Stretch] = {}
    with path.open("rb") as source:
        octets = Octets(source)
        survey = pipeline.surveyed(source, octets, conditions)
        source.seek(0)
        envelopes = {seen.number: seen for seen in survey.interchanges}
        concerns = survey.readable or not pipeline.whole(survey.interchanges, survey.findings)
        for number, _, found in pipeline.judged(source, octets, survey, engines, conditions):
            message = found.message if isinstance(found, JudgedMessage) else found
            concerns = concerns or survey.syntax.may_be_invoice(envelopes[number], message)
            if number not in stretches:
                stretches[number] = spool.stretch()
            if isinstance(found, JudgedMessage):
                stretches[number].add(keep(found, octets))
            else:
                stretches[number].add(
                    OtherMessage(found.reference, found.type, found.version, found.findings)
                )
            progress(message.end)
    interchanges = tuple(
        InterchangeVerdict(
            seen.control_reference,
            seen.sender,
            seen.recipient,
            seen.test,
            stretches.get(seen.number, ()),
            seen.findings,
        )
        for seen in survey.interchanges
    )
    return InputVerdict(name, survey.readable, interchanges, survey.findings, concerns=concerns)
