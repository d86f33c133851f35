"""Where the files edigate ships are found: `schemas/` (what is right) and `templates/` (what people read).

In the wheel both folders stand inside the package; in a checkout they stand beside it.
"""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def _root() -> Path:
    return _PACKAGE if (_PACKAGE / "schemas").is_dir() else _PACKAGE.parent


def schema(name: str) -> Path:
    """Path of a shipped file under `schemas/`, e.g. `rules/ustg.toml`."""
    return _root() / "schemas" / name


def template(name: str) -> Path:
    """Path of a shipped file under `templates/`, e.g. `mail/held.txt`."""
    return _root() / "templates" / name
