"""Logs: one event per line on standard error, JSON or for people; values can never break a line."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from edigate.findings import printable


def configure(level: str = "info", form: str = "json", file: TextIO | None = None) -> None:
    """Set up structlog for this process. level: debug, info, warning, error; form: `json` or `console`; file: default
    is standard error."""
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
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Text from outside (addresses, EDIFACT) must not begin a line of its own; our own traces may."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = printable(value)
    return event


def warn(message: str) -> None:
    """Log a warning about the settings."""
    structlog.get_logger("edigate").warning("config.warning", reason=message)
