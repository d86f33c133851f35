"""Pieces of the envelope -> interchanges and messages, one at a time and in constant memory.

`read()` of the room's `reader` collects the same events; there is one way to read EDIFACT here. A
consumer of the stream learns only at `Closed` and `Finished` whether an interchange was whole:
messages of a truncated one must not be used, so what they lead to stays provisional until then.
Must not know invoices.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from edigate.edifact.syntax.assembly import Assembly
from edigate.edifact.syntax.folds import Folds, Placing, Unfolding, folds_in
from edigate.edifact.syntax.fragments import Outside, without_messages, wreck
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.notes import Notes, excerpt, outside
from edigate.edifact.syntax.scan import Piece, PieceKind, Scanner, TooLong
from edigate.edifact.syntax.segments import Interchange, Message, ObjectPackage
from edigate.edifact.syntax.window import Window
from edigate.findings import Finding

_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"U\x00N\x00", b"\x00U\x00N")


@dataclass(frozen=True, slots=True)
class InterchangeOpened:
    """UNB was read: the interchange as far as it is known, without messages."""

    interchange: Interchange


@dataclass(frozen=True, slots=True)
class Closed:
    """The interchange ended: all that is known of it, still without the messages that came before
    as events."""

    interchange: Interchange


@dataclass(frozen=True, slots=True)
class Finished:
    """The input ended. Fields as in `Transmission`."""

    findings: tuple[Finding, ...]
    leftovers: tuple[tuple[int, int], ...]
    readable: bool


Event = InterchangeOpened | Message | Closed | Finished


def stream(
    source: BinaryIO,
    limits: Limits | None = None,
    *,
    only: Container[str] | None = None,
    wanted: Callable[[int, int], bool] | None = None,
    charsets: Mapping[str, str] | None = None,
) -> Iterator[Event]:
    """Read a binary file: Opened, its messages, Closed for each interchange; Finished at the end.
    Never raises for what the bytes are.

    only: message types whose segments are wanted (None: all); of others only UNH and UNT are taken
    apart, their counts and references are checked all the same. wanted: the same by place, asked
    with the number of the interchange and that of the message in it (both from 1). charsets: UNB
    sender id -> Python codec, where a partner is known to send another charset than UNB says.
    Memory: the largest message (bytes and segments) plus two chunks of 1 MiB. Raises: OSError of
    the file; Misconfigured for a codec that does not exist.
    """
    folds = folds_in(source)
    window = Window(read=Unfolding(source, folds).read if folds.count else source.read)
    return events(window, limits or Limits(), folds, only=only, wanted=wanted, charsets=charsets)


def events(
    window: Window,
    limits: Limits,
    folds: Folds,
    *,
    only: Container[str] | None = None,
    wanted: Callable[[int, int], bool] | None = None,
    charsets: Mapping[str, str] | None = None,
) -> Iterator[Event]:
    """The same over a window of unfolded text; folds: where it was folded."""
    found = _Reading(window, limits, only, wanted, charsets or {}).events()
    return map(_placed(Placing(folds)), found) if folds.count else found


def _placed(placing: Placing) -> Callable[[Event], Event]:
    """What gives an event its places in the input."""

    def place(event: Event) -> Event:
        if isinstance(event, Message):
            return placing.message(event)
        if isinstance(event, Finished):
            findings = tuple(map(placing.finding, event.findings))
            return replace(event, findings=findings, leftovers=placing.spans(event.leftovers))
        return replace(event, interchange=placing.interchange(event.interchange))

    return place


class _Reading:
    """State of reading one input."""

    def __init__(
        self,
        window: Window,
        limits: Limits,
        only: Container[str] | None,
        wanted: Callable[[int, int], bool] | None,
        charsets: Mapping[str, str],
    ) -> None:
        self.window, self.limits, self.only, self.charsets = window, limits, only, charsets
        self.wanted = wanted
        self.notes = Notes()
        self.leftovers: list[tuple[int, int]] = []
        self.readable = True
        self.interchanges = 0
        self.current: Assembly | None = None
        self.held: Message | None = (
            None  # a message waits until it is known whether packages follow it
        )
        self.packages: list[ObjectPackage] = []  # those that follow it
        self.run: Outside | None = None  # bytes of nobody
        self.wrecks = 0

    def events(self) -> Iterator[Event]:
        try:
            for piece in Scanner(self.window, self.limits).pieces():
                yield from self._on(piece)
                if self._beyond_limits(piece):
                    break
        except TooLong as stop:
            self._stop("message_bytes", self.limits.message_bytes, stop.start)
        yield from self._end_run(followed=False)
        yield from self._close(self.window.stop, whole=False)
        if not self.interchanges:
            self.readable = False
            self.notes.add("EDI-01")
        yield Finished(self.notes.findings(), tuple(self.leftovers), self.readable)

    def _on(self, piece: Piece) -> Iterator[Event]:
        ends_fragment = piece.tag == "UNT" and self.held is not None and self.held.number < 0
        if piece.kind is not PieceKind.PACKAGE and not ends_fragment:
            yield from self._release()
        if piece.kind is not PieceKind.LEFTOVER:
            yield from self._end_run(followed=piece.kind is PieceKind.OPEN)
        act = self._ACTIONS.get(piece.kind)
        if act is not None:
            act(self, piece)
        elif piece.kind is PieceKind.OPEN:
            self.interchanges += 1
            wanted = partial(self.wanted, self.interchanges) if self.wanted else None
            self.current = Assembly(
                piece, self.limits, self.only, self.charsets, wanted=wanted, place=self.interchanges
            )
            yield InterchangeOpened(self.current.interchange())
            if not piece.complete:
                yield from self._close(piece.start + len(piece.raw), whole=False)
        elif piece.kind is PieceKind.CLOSE and self.current is not None:
            whole = self.current.close(piece)
            yield from self._close(piece.start + len(piece.raw), whole=whole)
        elif piece.kind is PieceKind.CUT:
            yield from self._close(piece.start, whole=False)
        elif self.current is not None:
            added = self.current.add(piece)
            if isinstance(added, ObjectPackage):
                self.packages.append(added)
            else:
                self.held = added

    def _release(self) -> Iterator[Event]:
        """The message that waited, with its packages."""
        if self.held is not None:
            yield replace(self.held, packages=tuple(self.packages)) if self.packages else self.held
        self.held, self.packages = None, []

    def _close(self, end: int, *, whole: bool) -> Iterator[Event]:
        yield from self._release()
        if self.current is None:
            return
        interchange = self.current.finish(end, whole=whole)
        self.readable &= interchange.complete
        if self.current.empty:
            yield without_messages(interchange)
        self.current = None
        yield Closed(interchange)

    def _padding(self, piece: Piece) -> None:
        self.notes.add(
            "EDI-05", outside(piece.raw[:8], piece.start), hits=len(piece.raw.strip(b" \t\r\n"))
        )

    def _bad_una(self, piece: Piece) -> None:
        self.readable = False
        self._leave(piece)
        self.notes.add(
            "EDI-11", outside(piece.raw[:9], piece.start), characters=excerpt(piece.raw[3:9])
        )

    def _leftover(self, piece: Piece) -> None:
        follows = self._leave(piece)
        if piece.start == 0 and piece.raw.startswith(_UTF16):
            self.notes.add("EDI-25")
        if self.run is None and not follows:
            self.run = Outside(piece.start)
        if self.run is not None:
            self.run.add(piece.raw)

    def _end_run(self, *, followed: bool) -> Iterator[Event]:
        """The run has ended: an interchange that cannot be read, or other text. followed: by an
        interchange."""
        run, self.run = self.run, None
        if run is None:
            return
        seen = wreck(run, -1 - self.wrecks, self.limits) if self.interchanges or followed else None
        if seen is None:
            beginning = run.text()
            place = replace(outside(beginning, run.start), end=run.end)
            self.notes.add(
                "EDI-04", place, kind=str(run.start), offset=run.start, bytes=excerpt(beginning)
            )
            return
        self.wrecks += 1
        interchange, message = seen
        yield InterchangeOpened(interchange)
        yield message
        yield Closed(interchange)

    _ACTIONS: Mapping[PieceKind, Callable[["_Reading", Piece], None]] = {
        PieceKind.PADDING: _padding,
        PieceKind.BAD_UNA: _bad_una,
        PieceKind.LEFTOVER: _leftover,
    }

    def _leave(self, piece: Piece) -> bool:
        """Account for bytes outside interchanges; whether they continue the run before them."""
        start, end = piece.start, piece.start + len(piece.raw)
        if self.leftovers and self.leftovers[-1][1] == start:
            self.leftovers[-1] = (self.leftovers[-1][0], end)
            return True
        self.leftovers.append((start, end))
        return False

    def _beyond_limits(self, piece: Piece) -> bool:
        if self.current is not None and self.current.message_count > self.limits.messages:
            self._stop("messages", self.limits.messages, piece.start)
            return True
        if self.interchanges > self.limits.interchanges:
            self._stop("interchanges", self.limits.interchanges, piece.start)
            return True
        return False

    def _stop(self, name: str, allowed: int, start: int) -> None:
        self.readable = False
        self.notes.add(
            "EDI-19", outside(b"", start), limit=name, allowed=allowed, actual=f"> {allowed}"
        )
