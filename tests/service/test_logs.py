"""Log lines: whole, one event each, and never anybody's error."""

import errno
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from edigate.service.gateway import logs


class Pieces(io.StringIO):
    """A file that remembers each write, as a second process that shares it would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return len(text)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.captureWarnings(False)


def test_each_line_is_written_in_one_piece() -> None:
    file = Pieces()
    logs.configure(file=file)
    structlog.get_logger("a").info("one", said="x\r\ny")
    structlog.get_logger("a").info("two")
    assert [json.loads(piece)["event"] for piece in file.pieces] == ["one", "two"]
    assert all(piece.count("\n") == 1 for piece in file.pieces)


def test_what_libraries_log_is_an_event_too() -> None:
    file = Pieces()
    logs.configure(file=file)
    logging.getLogger("asyncio").error("SSL\r\nbroke", exc_info=ValueError("no"))
    (line,) = file.pieces
    assert json.loads(line)["event"] == "library"


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_that_cannot_be_written_is_nobodys_error() -> None:
    logs.configure(file=Full())
    structlog.get_logger("b").info("lost")
