"""A copy of a data folder becomes a store that can be proven and read, and stays as it is to the
byte."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store.chapters.journal import Journal
from edigate.store.engine.base import now
from edigate.store.engine.database import copy_engine, database_url, from_database, from_os
from edigate.store.engine.objects import Folder
from edigate.store.migrations import revision
from edigate.store.proof.verify import StoreProof
from edigate.store.schema import REVISION


class Copy(Journal, StoreProof):
    """What can be done with a store that is only read: proving it, and looking at its log."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.node = ""
        self._clock = now
        self._folder = folder
        self._objects = Folder(folder / "objects", make=False)
        self._apart: Path | None = None
        self._reading = self._engine(url)
        try:
            with self._read() as connection:
                found = revision(connection)
        except sa.exc.DBAPIError as error:
            raise from_database(error) or error from error
        if found != REVISION:
            self.close()
            what = "an older" if found is None or found < REVISION else "a newer"
            raise Misconfigured(
                "DATABASE-OTHER",
                f"{what} edigate wrote this copy (its version: {found}); verify it with that one, "
                "or start this"
                " version on a copy that may be written",
            )

    @classmethod
    def open(cls, url_or_path: str | Path | None, data_folder: str | Path) -> Self:
        """Open a copy; nothing is written, no migration takes place. Raises: Misconfigured,
        Unavailable."""
        folder = Path(data_folder).absolute()
        file = folder / "edigate.sqlite3"
        if url_or_path is None and not file.exists():
            raise Misconfigured("STORE", f"{folder} holds no store; is the folder right?")
        return cls(database_url(url_or_path or file), folder)

    def close(self) -> None:
        """Let go of the copy."""
        self._reading.dispose()
        if self._apart is not None:
            shutil.rmtree(self._apart, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _engine(self, url: sa.URL) -> sa.Engine:
        """A SQLite file with a WAL beside it is put together apart: SQLite would write beside the
        copy to read it."""
        if url.get_backend_name() != "sqlite":
            return copy_engine(url, immutable=False)
        file = Path(str(url.database))
        wal = file.with_name(f"{file.name}-wal")
        if not wal.exists() or not wal.stat().st_size:
            return copy_engine(url, immutable=True)
        try:
            self._apart = Path(tempfile.mkdtemp(prefix="edigate-copy-"))
            for part in (file, wal):
                target = self._apart / part.name
                shutil.copyfile(part, target)
        except OSError as error:
            raise from_os(error) from error
        return copy_engine(url.set(database=str(self._apart / file.name)), immutable=False)


def cannot_be_written(folder: Path) -> bool:
    """Whether a data folder is there to be read only: by its rights (also for root, whom they do
    not bind)."""
    file = folder / "edigate.sqlite3"
    return any(
        not p.stat().st_mode & 0o222 or not os.access(p, os.W_OK)
        for p in (folder, file)
        if p.exists()
    )
