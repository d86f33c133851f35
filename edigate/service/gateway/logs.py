"""Logs: one event per line on standard error, JSON or for people; values can never break a line."""

import contextlib
import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

from edigate.findings import printable
from edigate.secrecy import masked


def configure(level: str = "info", form: str = "json", file: TextIO | None = None) -> None:
    """Set up structlog for this process. level: debug, info, warning, error; form: `json` or
    `console`; file: default is standard error."""
    out = file or sys.stderr
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _one_line,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _Lines(out))),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    if not any(isinstance(handler, _FromLibraries) for handler in root.handlers):
        root.addHandler(_FromLibraries(logging.WARNING))
    sys.excepthook = _uncaught


class _Lines:
    """A file that is written line by line, each in one piece, for daemon and workers share it; what
    cannot be written is dropped: a full disk or a closed pipe behind the log must not become the
    error of a mail just accepted."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._line = ""

    def write(self, text: str) -> int:
        """Take text; write once the line is complete."""
        self._line += text
        if self._line.endswith("\n"):
            line, self._line = self._line, ""
            with contextlib.suppress(OSError, ValueError):
                self._file.write(line)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()


class _FromLibraries(logging.Handler):
    """What libraries log (a failed TLS handshake, a task nobody looked at) as events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, "library", said=record.getMessage(), exc_info=record.exc_info or None
        )


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger("edigate").critical("defect", exc_info=(kind, error, trace))


def _one_line(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Text from outside (addresses, EDIFACT) must not begin a line of its own; our own traces may.

    Secrets are masked in both.
    """
    for key, value in event.items():
        event[key] = masked(value) if key == "exception" else _shown(value)
    return event


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return printable(masked(value))
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    if isinstance(value, dict):
        return {key: _shown(one) for key, one in value.items()}
    return value


def warn(message: str) -> None:
    """Log a warning about the settings."""
    structlog.get_logger("edigate").warning("config.warning", reason=message)


def settings_found(file: Path) -> None:
    """Log which settings are used, where nobody named them."""
    structlog.get_logger("edigate").info("config.found", file=str(file.absolute()))
