"""TOML files -> one frozen `Settings` value, or a list of what is wrong and how to mend it."""

import difflib
import glob
import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from edigate.config.settings import ClosedTable, Settings, Tenant
from edigate.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read: the bytes' SHA-256, whose it is (uid), when it was changed (seconds
    since 1970)."""

    path: Path
    sha256: str
    owner: int
    changed: float


def load(path: Path, files: list[ReadFile] | None = None) -> Settings:
    """Read a configuration file and the files it includes; relative paths count from the file that
    names them.

    files: takes what was read, also when it is refused; the files that settings only name
    (passwords, keys) are not read here and not among them. Raises: Misconfigured naming every wrong
    key, where it stands and what would be right.
    """
    seen = [] if files is None else files
    document = _read(path, seen)
    tenants = [_anchored(t, path.parent, Tenant) for t in _tables(document.get("tenant", []))]
    for pattern in document.get("include", []):
        for included in sorted(Path(name) for name in glob.glob(str(path.parent / str(pattern)))):
            extra = _read(included, seen)
            unknown = set(extra) - {"tenant"}
            if unknown:
                raise Misconfigured(
                    "CONFIG",
                    f"{included}: only [[tenant]] may stand here, not {sorted(unknown)[0]!r}",
                )
            tenants += [
                _anchored(t, included.parent, Tenant) for t in _tables(extra.get("tenant", []))
            ]
    document = _anchored(document, path.parent, Settings) | {"tenant": tenants}
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise Misconfigured(
            "CONFIG", "\n".join(f"{path}: {line}" for line in _complaints(error))
        ) from None


def _read(path: Path, files: list[ReadFile]) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content, status = file.read(), os.fstat(file.fileno())
        files.append(
            ReadFile(path, hashlib.sha256(content).hexdigest(), status.st_uid, status.st_mtime)
        )
        return tomllib.loads(content.decode("utf-8").replace("\r\n", "\n"))
    except FileNotFoundError:
        raise Misconfigured(
            "CONFIG", f"{path}: no such file; `edigate config example` prints one to start from"
        ) from None
    except OSError as error:
        raise Misconfigured("CONFIG", f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise Misconfigured(
            "CONFIG", f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured("CONFIG", f"{path}: not TOML: {error}") from None


def _tables(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _anchored(table: Any, folder: Path, section: type[ClosedTable]) -> Any:
    """`table` with the relative values of its keys of type Path made to count from `folder`."""
    if not isinstance(table, dict):
        return table
    return {
        key: _anchored_value(value, folder, section.model_fields.get(key))
        for key, value in table.items()
    }


def _anchored_value(value: Any, folder: Path, field: FieldInfo | None) -> Any:
    if field is None:  # an unknown key, which is told later
        return value
    inner = section_of(field.annotation)
    if inner is not None:
        inside = [_anchored(entry, folder, inner) for entry in _tables(value)]
        return inside if isinstance(value, list) else inside[0]
    if isinstance(value, str) and _is_path(field.annotation):
        return str(folder / value)
    return value


def _is_path(annotation: Any) -> bool:
    return annotation is Path or any(_is_path(a) for a in getattr(annotation, "__args__", ()))


def _complaints(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        where = ".".join(
            str(step + 1) if isinstance(step, int) else str(step) for step in problem["loc"]
        )
        if problem["type"] == "extra_forbidden":
            key = str(problem["loc"][-1])
            near = difflib.get_close_matches(key, _keys_at(problem["loc"][:-1]), 1)
            yield f"unknown key {where!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        elif problem["type"] == "missing":
            yield f"{where!r} is missing"
        else:
            yield (
                f"{where!r}: {problem['msg'].removeprefix('Value error, ')}"
                if where
                else problem["msg"]
            )


def _keys_at(location: tuple[str | int, ...]) -> list[str]:
    section: type[ClosedTable] = Settings
    for step in location:
        if isinstance(step, str) and step in section.model_fields:
            section = section_of(section.model_fields[step].annotation) or section
    return list(section.model_fields)


def section_of(annotation: Any) -> type[ClosedTable] | None:
    """The section a key holds, alone, optional or several times; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, ClosedTable):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = section_of(argument)
        if found is not None:
            return found
    return None


def password_hash(inline: str | None, file: Path | None, whose: str) -> str | None:
    """The argon2id hash given inline or in a file; None when neither is given.

    Raises: Misconfigured when the file cannot be read or holds no argon2id hash.
    """
    if file is None:
        return inline
    try:
        text = file.read_text("utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            "CONFIG", f"{whose}: {file} cannot be read ({error.strerror})"
        ) from None
    if not text.startswith("$argon2id$"):
        raise Misconfigured(
            "CONFIG", f"{whose}: {file} holds no argon2id hash; make one with `edigate passwd`"
        )
    return text
