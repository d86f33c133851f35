"""A URL becomes engines whose connections behave alike on SQLite and PostgreSQL, and database
errors become ours.

This module must not know any table.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from edigate.errors import EdigateError, Misconfigured, Unavailable
from edigate.store.engine.files import make_private, narrow

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

_LOCK_SECONDS = 30
"""Seconds a PostgreSQL session waits for a lock, and may itself hold one between two statements: a
process that is stopped inside its transaction must not stop the others for longer."""

_ALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "connect_timeout": 10,
}
_ALIVE_THERE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""Both ends notice within half a minute that the other machine is gone."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_PLAIN = "-c datestyle=ISO"
"""Dates as text are the same on every server: digests are over them."""


def database_url(url_or_path: str | Path) -> sa.URL:
    """The URL of a SQLite file's path, or of `postgresql://...` with the psycopg driver.

    Raises: Misconfigured for any other database.
    """
    text = str(url_or_path)
    if "://" not in text and not (
        "@" in text and ":" in text
    ):  # a URL without its slashes is no file
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # their messages can hold a piece of the password
        raise Misconfigured(
            "DATABASE-URL",
            (
                "the database's URL cannot be read; in user and password write @ as %40, / as "
                "%2F, : "
                "as %3A"
            ),
        ) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return url
    raise Misconfigured("DATABASE-URL", "database must be a file path or a postgresql:// URL")


def writing_engine(url: sa.URL) -> sa.Engine:
    """An engine for the one writer: every transaction takes SQLite's write lock at once."""
    limit = f"-c idle_in_transaction_session_timeout={_LOCK_SECONDS}s"
    return _engine(url, begin="BEGIN IMMEDIATE", pool_size=1, options=limit)


def reading_engine(url: sa.URL) -> sa.Engine:
    """An engine for readers: each transaction sees one state of the database and never waits for
    the writer."""
    return _engine(url, begin="BEGIN", pool_size=8)


def session_engine(url: sa.URL, name: str) -> sa.Engine:
    """An engine for one lasting PostgreSQL session that shows itself under this name."""
    return sa.create_engine(
        url,
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"options": _ALIVE_THERE, "application_name": name, **_ALIVE},
    )


def prepare_file(url: sa.URL) -> None:
    """A SQLite database's file, made for its owner alone before SQLite opens it. Raises:
    Misconfigured."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    path = Path(url.database)
    try:
        make_private(path)
    except OSError as error:
        raise Misconfigured("DATABASE-FILE", f"{path} cannot be made: {error.strerror}") from error
    for suffix in ("-wal", "-shm"):  # SQLite makes them with the rights of the database
        narrow(path.with_name(path.name + suffix))


def copy_engine(url: sa.URL, *, immutable: bool) -> sa.Engine:
    """An engine for a database that must stay as it is. immutable: a SQLite file that nobody writes
    and without WAL."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database)).absolute().as_uri()
        how = "immutable=1" if immutable else "mode=ro"
        options: dict[str, Any] = {"check_same_thread": False}
        return sa.create_engine(
            f"sqlite:///{file}?{how}&uri=true", hide_parameters=True, connect_args=options
        )
    options = {"options": f"-c default_transaction_read_only=on {_PLAIN}", "connect_timeout": 10}
    return sa.create_engine(url, hide_parameters=True, connect_args=options)


def _engine(url: sa.URL, begin: str, pool_size: int, options: str = "") -> sa.Engine:
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
        # what an error says of a statement goes to logs; its values are other people's data
        hide_parameters=True,
        connect_args={
            "options": (
                f"-c synchronous_commit=on {_PLAIN} -c lock_timeout={_LOCK_SECONDS}s "
                f"{_ALIVE_THERE} {options}"
            ),
            **_ALIVE,
        },
    )


def has_tables(url_or_path: str | Path) -> bool:
    """Whether a database holds anything; nothing of it is changed. Raises: Unavailable,
    Misconfigured."""
    engine = reading_engine(database_url(url_or_path))
    try:
        return bool(sa.inspect(engine).get_table_names())
    except sa.exc.DBAPIError as error:
        raise from_database(error) or error from error
    finally:
        engine.dispose()


def insert_new(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """INSERT that can say ON CONFLICT, in the connection's dialect."""
    return (
        postgresql.insert(table)
        if connection.dialect.name == "postgresql"
        else sqlite.insert(table)
    )


def from_os(error: OSError) -> Unavailable:
    """A failed file operation as the error of the house: a full disk is told apart."""
    if error.errno in _FULL:
        return Unavailable(
            "DISK-FULL", "no space left for storing; free some, nothing was accepted"
        )
    return Unavailable("STORE-IO", f"storing failed: {error.strerror}")


def concerns_database(error: sa.exc.DBAPIError) -> bool:
    """Whether the database as such failed (full, locked, damaged, gone) and not this one
    statement."""
    return not isinstance(error, sa.exc.IntegrityError | sa.exc.DataError | sa.exc.ProgrammingError)


def busy(error: sa.exc.DBAPIError) -> bool:
    """Whether somebody else held a lock for longer than we wait."""
    if _sqlstate(error) == "55P03":
        return True
    text = str(error.orig).lower()
    return "database is locked" in text or "database table is locked" in text


def from_database(error: sa.exc.DBAPIError) -> EdigateError | None:
    """A database error as the error of the house, or None when it is a defect of edigate's own."""
    if not concerns_database(error):
        return None
    text = str(error.orig)
    if busy(error):
        return Unavailable("DATABASE-BUSY", "the database is busy; try again")
    if _sqlstate(error) == "53100" or "disk is full" in text or "disk full" in text:
        return Unavailable(
            "DISK-FULL", "no space left for storing; free some, nothing was accepted"
        )
    for words, reason in _OPERATORS_TURN.items():
        if any(word in text for word in words):
            return reason()
    return Unavailable(
        "DATABASE", f"the database did not do it: {(text.splitlines() or ['no reason given'])[0]}"
    )


def _file() -> Misconfigured:
    return Misconfigured(
        "DATABASE-FILE", "the database cannot be written: check the rights of the data folder"
    )


def _damaged() -> Misconfigured:
    return Misconfigured(
        "DATABASE-DAMAGED", "the database file is damaged: restore it from the backup"
    )


def _login() -> Misconfigured:
    return Misconfigured(
        "DATABASE-LOGIN",
        "the PostgreSQL server refuses this user, password or database: check store.database",
    )


# what waiting does not mend; the first two are SQLite's words, the last are PostgreSQL's at the
# login
_OPERATORS_TURN = {
    ("readonly database", "unable to open database"): _file,
    ("malformed", "file is not a database"): _damaged,
    (
        "authentication failed",
        "no pg_hba.conf entry",
        "no password supplied",
        '" does not exist',
    ): _login,
}


def _sqlstate(error: sa.exc.DBAPIError) -> str | None:
    """PostgreSQL's code of the error (appendix A of its manual); None on SQLite and for a failed
    connection."""
    found: str | None = getattr(error.orig, "sqlstate", None)
    return found


@contextmanager
def database_errors() -> Iterator[None]:
    """Database errors inside become errors of the house. Raises: Unavailable, Misconfigured."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise from_database(error) or error from error
