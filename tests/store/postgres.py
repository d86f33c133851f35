"""A private PostgreSQL for tests: found by EDIGATE_TEST_POSTGRES, or started under a temporary
folder.

EDIGATE_TEST_POSTGRES is the URL of a server on which databases may be created and dropped.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from edigate.store.engine.identifiers import new_id

VARIABLE = "EDIGATE_TEST_POSTGRES"


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _as_user(folder: Path) -> list[str] | None:
    """How to run a command as somebody PostgreSQL accepts (it refuses root); [] when we are that
    already."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["runuser", "-u", name, "--"]
    return None


@dataclass
class Cluster:
    """A PostgreSQL server of our own under a temporary folder."""

    folder: Path
    binaries: Path
    prefix: list[str]

    @property
    def url(self) -> str:
        """URL of its database `postgres`."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def make(self) -> None:
        """Make it, not started."""
        self._control("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        # fsync off: these tests ask for right answers, durability is SQLite's test
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._control("pg_ctl", "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it; `immediate` is a crash, `fast` ends the sessions in order."""
        self._control("pg_ctl", "-m", mode, "stop")

    def _control(self, program: str, *arguments: object) -> None:
        _run(self.prefix, self.binaries / program, "-D", self.folder / "data", *arguments)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server of our own; skips the test, saying why, where there can be none."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip(
            f"no PostgreSQL: set {VARIABLE}=postgresql://... or install the server (initdb, pg_ctl)"
        )
    folder = Path(tempfile.mkdtemp(prefix="edigate-pg-"))
    prefix = _as_user(folder)
    if prefix is None:
        pytest.skip("PostgreSQL refuses to run as root and there is no user postgres or nobody")
    try:
        made = Cluster(folder, binaries, prefix)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[str]:
    """URL of a running server (database `postgres`); skips the test, saying why, when there is
    none."""
    if url := os.environ.get(VARIABLE):
        yield url
        return
    with cluster() as own:
        yield own.url


def _run(prefix: list[str], *command: object) -> None:
    done = subprocess.run(
        [*prefix, *map(str, command)], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


@contextmanager
def database(server_url: str, template: str | None = None) -> Iterator[str]:
    """URL of a fresh database (a copy of the one whose URL is `template`, if given), dropped
    afterwards."""
    name = f"edigate_{new_id().lower()}"
    source = sa.make_url(template).database if template else "template1"
    url = sa.make_url(server_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {source}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
