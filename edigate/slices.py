"""An input by slices, so that a large one need not be in memory as a whole."""

from typing import Protocol


class Bytes(Protocol):
    """Bytes that can be had by slices: `bytes` itself, or a large file that is not read as a
    whole."""

    def __getitem__(self, span: slice, /) -> bytes: ...

    def __len__(self) -> int: ...
