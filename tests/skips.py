"""Every skipped test is told with its reason; in CI a reason that nobody has accepted is a failure.

A test that skips proves nothing, and a suite that skips in silence looks as green as one that ran.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

ACCEPTED = {
    r"EDIGATE_SAMPLES ": "the official examples are not part of the project",
    r"SQLite has no (sessions|logins|locks of rows|columns of limited width)": (
        "the test is about PostgreSQL; it runs there"
    ),
    r"a copy of a folder: PostgreSQL's is in its server": "SQLite alone can be copied as a folder",
    r"no PostgreSQL: ": "CI installs it; who works offline has SQLite",
    r"PostgreSQL refuses to run as root": "containers without other users",
    r".* is not installed$": (
        "POP3 and SMTP clients of others; CI installs what the distribution has"
    ),
    r"pdfsig \(poppler-utils\) is not on the path": "as the clients",
    r"systemd-analyze is not installed here": "containers have no systemd",
    r"openssl is not on the path": "the time stamp authority of the tests",
    r"cannot mount a small disk here": "needs the right to mount",
    r"only Linux tells a process": "Linux's /proc",
    r"reads /proc": "Linux's /proc",
    r"this machine has one account only": "needs a second account",
    r"only root can start a process of another account": "needs root",
    r"(repetitions and packages need a syntax|the comma separates)": "not every syntax has it",
    r".*(veraPDF|Java|java|Mustang|JPype|jar)": (
        "official validators; make conformance says what it skips"
    ),
    r"long test: make soak": "make soak runs it",
    r"no recording of fsync here": "needs /proc/self/fd",
}  # fmt: skip
"""Beginning of a reason (a regular expression) -> why it may be."""


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without what pytest puts in front."""
    told = report.longrepr
    said = str(told[2]) if isinstance(told, tuple) else str(told)
    return said.removeprefix("Skipped: ").strip() or "no reason given"


def unaccepted(reasons: Iterable[str]) -> list[str]:
    """The reasons that stand in no list, each once."""
    return sorted({r for r in reasons if not any(re.match(known, r) for known in ACCEPTED)})


def lines(reasons: Sequence[str]) -> list[str]:
    """What is told at the end: every reason with how often it was given."""
    counted = Counter(reasons)
    return [f"{count} skipped: {reason}" for reason, count in sorted(counted.items())]


def in_ci() -> bool:
    """Whether a machine runs the suite, and nobody reads along."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
