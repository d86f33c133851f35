"""A diagnosis: one thing that was looked at, how it stands, what to do. Knows nothing of what is
looked at."""

from dataclasses import dataclass
from enum import StrEnum

from edigate.secrecy import masked


class Level(StrEnum):
    """How something stands: fine, worth a look, or about to hurt."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at. cure: what to do, empty when there is nothing to do."""

    topic: str
    level: Level
    message: str
    cure: str = ""


def ok(topic: str, message: str) -> Diagnosis:
    """Nothing to do."""
    return Diagnosis(topic, Level.OK, masked(message))


def warn(topic: str, message: str, cure: str) -> Diagnosis:
    """Works now, may not tomorrow."""
    return Diagnosis(topic, Level.WARN, masked(message), cure)


def fail(topic: str, message: str, cure: str) -> Diagnosis:
    """Does not work, or will lose time or data."""
    return Diagnosis(topic, Level.FAIL, masked(message), cure)
