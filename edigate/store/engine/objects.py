"""Bytes become objects named by their SHA-256: small ones rows of the database, larger ones
read-only files.

A file is written, fsynced and renamed into place, and its folder fsynced, before any row names it.
What no row names is an orphan and is collected later. Another place for the files (S3) would
implement `Objects`.
"""

import fcntl
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edigate.store.engine.database import from_os
from edigate.store.engine.files import LOCK_PATIENCE, lock, opened, sync_folder

INLINE = 128 * 1024
"""Up to this many octets the bytes go into the database row: one fsync instead of three."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.part")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object ready to be named by rows. content is None when the bytes are in the object
    folder."""

    sha256: str
    size: int
    content: bytes | None


SHELVES = tuple(f"{n:02x}" for n in range(256))
"""How the digests of objects begin."""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """Something among the objects. name: below the root; sha256: the object it is by name, "" for
    anything else.

    ours: its rights are those we give. at: when it was last written, seconds since 1970.
    """

    name: str
    sha256: str
    ours: bool
    at: float


class Objects(Protocol):
    """Where larger objects are kept."""

    def put(self, sha256: str, content: bytes) -> None:
        """Keep the bytes durably. Raises: Unavailable."""

    def get(self, sha256: str) -> bytes | None:
        """The bytes, or None when there is no such object. Raises: Unavailable."""

    def remove(self, sha256: str) -> None:
        """Forget an object, if it is there."""

    def listed(self, older_than: float) -> Iterator[str]:
        """Digests of objects last put before `older_than` (seconds since 1970)."""

    def found(self, shelf: str) -> Iterator["FoundObject"]:
        """Everything there is whose digest begins with `shelf` (two hex digits); what has no shelf,
        for ""."""

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """While open, nothing that was put is collected."""
        yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """While open, nothing is put."""
        yield


class Folder:
    """Objects as files `ab/abcdef...` under one local folder."""

    def __init__(self, root: Path, *, make: bool = True) -> None:
        """make: create the folder; a copy that is only read stays as it is."""
        self.root = root
        if make:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = root / ".lock"

    def put(self, sha256: str, content: bytes) -> None:
        """Write, fsync, rename, fsync the folder. Raises: Unavailable (disk full, I/O error)."""
        path = self._path(sha256)
        partial = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self.root)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            partial.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise from_os(error) from error

    def get(self, sha256: str) -> bytes | None:
        """The file's bytes, not yet verified; None when there is no such file. Raises:
        Unavailable."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise from_os(error) from error

    def remove(self, sha256: str) -> None:
        """Delete the file, if it is there."""
        self._path(sha256).unlink(missing_ok=True)

    def listed(self, older_than: float) -> Iterator[str]:
        """Digests of the files last written before `older_than`; left-over partial files of that
        age are deleted."""
        for path in sorted(self.root.glob("??/*")):
            if path.stat().st_mtime >= older_than:
                continue
            if path.name.endswith(".part"):
                path.unlink(missing_ok=True)
            else:
                yield path.name

    def found(self, shelf: str) -> Iterator[FoundObject]:
        """What lies on a shelf, or beside the shelves; not what is being written or was left half
        written."""
        try:
            entries = sorted(os.scandir(self.root / shelf), key=lambda e: e.name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise from_os(error) from error
        for entry in entries:
            if not shelf and (entry.name == ".lock" or (entry.name in SHELVES and entry.is_dir())):
                continue
            if shelf and _PARTIAL.fullmatch(entry.name):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # collected meanwhile
                continue
            regular = entry.is_file(follow_symlinks=False)
            named = (
                regular and entry.name[:2] == shelf and _DIGEST.fullmatch(entry.name) is not None
            )
            ours = stat.S_IMODE(status.st_mode) == 0o400
            yield FoundObject(
                f"{shelf}/{entry.name}".lstrip("/"),
                entry.name if named else "",
                ours,
                status.st_mtime,
            )

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Shared lock: many put at once."""
        with self._locked(fcntl.LOCK_SH):
            yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Exclusive lock: waits until nobody is between putting a file and committing the row that
        names it."""
        with self._locked(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        try:
            descriptor = opened(self._lock)
        except OSError as error:
            raise from_os(error) from error
        try:
            lock(descriptor, mode, time.monotonic() + LOCK_PATIENCE)
            yield
        finally:
            os.close(descriptor)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


def digest(content: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def an_hour_ago() -> float:
    """Seconds since 1970, one hour before now: younger objects are never orphans."""
    return time.time() - 3600
