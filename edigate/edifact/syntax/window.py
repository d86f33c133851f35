"""A moving window over the input, addressed by offsets in the whole input.

`read()` gives it everything at once; a stream gives it a function that reads on. Must not know
EDIFACT.
"""

from collections.abc import Callable

CHUNK = 1 << 20


class Window:
    """The bytes that are in memory now; `start` and `stop` are offsets in the input."""

    __slots__ = ("_read", "held", "start")

    def __init__(self, held: bytes = b"", read: Callable[[int], bytes] | None = None) -> None:
        self.held = held
        self.start = 0
        self._read = read

    @property
    def stop(self) -> int:
        """Offset after the last byte in memory."""
        return self.start + len(self.held)

    def more(self, keep: int) -> bool:
        """Read on; bytes before offset `keep` are let go. False at the end of the input.

        The amount read doubles with what must be kept, so that growing stays linear.
        """
        if self._read is None:
            return False
        kept = self.held[max(keep - self.start, 0) :]
        chunk = self._read(max(CHUNK, len(kept)))
        if not chunk:
            self._read = None
            return False
        self.start = self.stop - len(kept)
        self.held = kept + chunk
        return True

    def ensure(self, offset: int, size: int) -> None:
        """Have `size` bytes from `offset` in memory, or all there are; earlier bytes are let go."""
        while self.stop < offset + size and self.more(offset):
            pass

    def cut(self, start: int, stop: int) -> bytes:
        """The bytes [start, stop)."""
        return self.held[start - self.start : stop - self.start]

    def startswith(self, prefix: bytes, offset: int) -> bool:
        """Whether `prefix` stands at `offset`."""
        return self.held.startswith(prefix, offset - self.start)
