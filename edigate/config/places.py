"""Which configuration file a command uses when none is named."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "EDIGATE_CONFIG"
USUAL = (Path("edigate-data/config.toml"), Path("/etc/edigate/edigate.toml"))
"""Where commands on a running store look, in this order, after the variable."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A configuration file. said: whether the caller named it; why: what led to it, for people."""

    file: Path
    said: bool
    why: str


def of_variable(environment: Mapping[str, str] = os.environ) -> Whereabouts | None:
    """The file that EDIGATE_CONFIG names, there or not; None when it is unset or empty."""
    named = environment.get(VARIABLE, "")
    return Whereabouts(Path(named), False, VARIABLE) if named else None


def whereabouts(
    given: Path | None, environment: Mapping[str, str] = os.environ
) -> Whereabouts | None:
    """The file of a command on a running store: the one given, else EDIGATE_CONFIG, else the first
    usual one.

    What the variable names is taken also when it is missing, for another store than the one meant
    would be the greater harm. None: nothing was given and nothing is there.
    """
    if given is not None:
        return Whereabouts(given, True, "--config")
    named = of_variable(environment)
    if named is not None:
        return named
    return next((Whereabouts(file, False, "usual place") for file in USUAL if _there(file)), None)


def _there(file: Path) -> bool:
    """Whether a file is there; one that may not be looked at is, so that its reader says why it
    cannot be read."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
