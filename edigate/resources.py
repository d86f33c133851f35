"""The files edigate ships, `schemas/` (what is right) and `templates/` (what people read): where
they are, and the one way to read tables and TOML from them.

Keys and columns are closed: what nobody asks for is an error that names the nearest known word, so
that a misspelt key is never passed over. In the wheel both folders stand inside the package; in a
checkout they stand beside it.
"""

import difflib
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from edigate.errors import Misconfigured

_PACKAGE = Path(__file__).parent


@cache
def _root() -> Path:
    return _PACKAGE if (_PACKAGE / "schemas").is_dir() else _PACKAGE.parent


def schema(name: str) -> Path:
    """Path of a shipped file under `schemas/`, e.g. `rules/sums.toml`."""
    return _root() / "schemas" / name


def schemas(pattern: str) -> list[Path]:
    """Paths of the shipped files under `schemas/` that a pattern names, e.g. `law/*/rules.toml`, in
    order."""
    return sorted((_root() / "schemas").glob(pattern))


def template(name: str) -> Path:
    """Path of a shipped file under `templates/`, e.g. `letters.toml`."""
    return _root() / "templates" / name


def toml(path: Path) -> dict[str, Any]:
    """The tables of a shipped TOML file. Raises: Misconfigured (SHIPPED-FILE) where it is missing
    or no TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(path, f"cannot be read: {error}") from error


def table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a shipped TSV file by column; the header has exactly these columns, and short
    rows end in "".

    Raises: Misconfigured (SHIPPED-FILE) naming file and line.
    """
    try:
        header, *lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise _wrong(path, "cannot be read, or is empty") from error
    closed(header.split("\t"), columns, f"{path.name}, header", optional=())
    order = header.split("\t")
    found = []
    for number, line in enumerate(lines, 2):
        cells = line.split("\t")
        if len(cells) > len(order):
            raise _wrong(path, f"line {number} has {len(cells)} columns, not {len(order)}")
        if line.strip():
            found.append(dict(zip(order, cells + [""] * (len(order) - len(cells)), strict=True)))
    return found


def closed(
    found: Collection[str],
    known: Collection[str],
    where: str,
    optional: Collection[str] | None = None,
) -> None:
    """Refuse keys that are not known, and miss those that are neither there nor optional (None: all
    are optional).

    Raises: Misconfigured (SHIPPED-FILE) that names the place and the nearest known key.
    """
    for key in found:
        if key not in known:
            near = difflib.get_close_matches(key, [str(k) for k in known], 1)
            hint = (
                f"; did you mean {near[0]!r}?"
                if near
                else f"; known: {', '.join(sorted(map(str, known)))}"
            )
            raise Misconfigured("SHIPPED-FILE", f"{where}: unknown key {key!r}{hint}")
    missing = () if optional is None else [k for k in known if k not in found and k not in optional]
    if missing:
        raise Misconfigured("SHIPPED-FILE", f"{where}: {', '.join(missing)} missing")


def texts_of(entry: object, where: str) -> tuple[str, str]:
    """The German and the English text of a `{de, en}` table. Raises: Misconfigured
    (SHIPPED-FILE)."""
    if not isinstance(entry, Mapping):
        raise Misconfigured("SHIPPED-FILE", f"{where}: a table with the texts de and en is needed")
    closed(entry, ("de", "en"), where, optional=())
    return str(entry["de"]).strip(), str(entry["en"]).strip()


def one_of(value: object, known: Collection[str], where: str) -> str:
    """A word of a closed list. Raises: Misconfigured (SHIPPED-FILE) that names the nearest."""
    closed((str(value),), known, where)
    return str(value)


def _wrong(path: Path, why: str) -> Misconfigured:
    return Misconfigured("SHIPPED-FILE", f"{path.name}: {why}")
