"""What a verification finds: problems, spans of bytes, time stamps. Values only."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, end) of a file."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """One thing that is not as it must be. code: key of its words in
    `templates/verification.toml`."""

    code: str
    values: tuple[tuple[str, str], ...] = ()


def problem(code: str, /, **values: object) -> PackageProblem:
    """A problem with the values that fill its words."""
    return PackageProblem(code, tuple((name, str(value)) for name, value in values.items()))


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What an authority attests: the seal existed at this moment (aware UTC). intact: the
    authority's own signature holds, and it is over this seal."""

    at: datetime | None
    authority: str
    intact: bool
