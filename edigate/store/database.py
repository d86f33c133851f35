"""A URL becomes engines whose connections behave alike on SQLite and PostgreSQL, and database errors become ours.

This module must not know any table.
"""

import errno
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from edigate.errors import EdigateError, Misconfigured, Unavailable

BUSY_TIMEOUT = 30
"""Seconds a SQLite connection waits for the writer of another process."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # the commit is on disk when COMMIT returns
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}",
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB of 4 kB pages between checkpoints
    "PRAGMA journal_size_limit = 67108864",
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def database_url(url_or_path: str | Path) -> sa.URL:
    """The URL of a SQLite file's path, or of `postgresql://...` with the psycopg driver.

    Raises: Misconfigured for any other database.
    """
    text = str(url_or_path)
    if "://" not in text and not ("@" in text and ":" in text):  # a URL without its slashes is no file
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # their messages can hold a piece of the password
        raise Misconfigured(
            "DATABASE-URL", "the database's URL cannot be read; in user and password write @ as %40, / as %2F, : as %3A"
        ) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return url
    raise Misconfigured("DATABASE-URL", "database must be a file path or a postgresql:// URL")


def writing_engine(url: sa.URL) -> sa.Engine:
    """An engine for the one writer: every transaction takes SQLite's write lock at once."""
    return _engine(url, begin="BEGIN IMMEDIATE", pool_size=1)


def reading_engine(url: sa.URL) -> sa.Engine:
    """An engine for readers: each transaction sees one state of the database and never waits for the writer."""
    return _engine(url, begin="BEGIN", pool_size=8)


def _engine(url: sa.URL, begin: str, pool_size: int) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url,
            poolclass=sa.QueuePool,
            pool_size=pool_size,
            max_overflow=24,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )

        # sqlite3 of the standard library would begin by itself, and too late
        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in _PRAGMAS:
                cursor.execute(pragma)
            cursor.close()

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine
    return sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=24,
        pool_pre_ping=True,
        hide_parameters=True,  # what an error says of a statement goes to logs; its values are other people's data
        connect_args={"options": "-c synchronous_commit=on -c lock_timeout=30s", "connect_timeout": 10},
    )


def insert_new(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """INSERT that can say ON CONFLICT, in the connection's dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def from_os(error: OSError) -> Unavailable:
    """A failed file operation as the error of the house: a full disk is told apart."""
    if error.errno in _FULL:
        return Unavailable("DISK-FULL", "no space left for storing; free some, nothing was accepted")
    return Unavailable("STORE-IO", f"storing failed: {error.strerror}")


def concerns_database(error: sa.exc.DBAPIError) -> bool:
    """Whether the database as such failed (full, locked, damaged, gone) and not this one statement."""
    return not isinstance(error, sa.exc.IntegrityError | sa.exc.DataError | sa.exc.ProgrammingError)


def from_database(error: sa.exc.DBAPIError) -> EdigateError | None:
    """A database error as the error of the house, or None when it is a defect of edigate's own."""
    if not concerns_database(error):
        return None
    text = str(error.orig).lower()
    if "full" in text or "no space" in text:
        return Unavailable("DISK-FULL", "no space left for storing; free some, nothing was accepted")
    if "locked" in text or "busy" in text or "lock timeout" in text:
        return Unavailable("DATABASE-BUSY", "the database is busy; try again")
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return Misconfigured("DATABASE-FILE", "the database cannot be written: check the rights of the data folder")
    if "malformed" in text or "not a database" in text:
        return Misconfigured("DATABASE-DAMAGED", "the database file is damaged: restore it from the backup")
    return Unavailable("DATABASE", f"the database did not do it: {str(error.orig).splitlines()[0]}")
