"""Opening, locking, migrating."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from edigate.errors import Misconfigured, Unavailable
from edigate.store import Store, schema
from edigate.store.migrations import FOLDER
from tests.store.conftest import House
from tests.store.samples import mail


def test_migrations_build_the_metadata(house: House) -> None:
    store = house.open()
    with store._reading.connect() as connection:
        options = {"compare_type": _type_differs, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []


def _type_differs(
    context: MigrationContext,
    _found: object,
    _column: object,
    found: sa.types.TypeEngine[Any],
    meant: Any,
) -> bool | None:
    """SQLite does not know the length of a text column, so it never had to be changed there."""
    if (
        context.dialect.name == "sqlite"
        and isinstance(found, sa.String)
        and isinstance(meant, sa.String)
    ):
        return False
    return None


def test_the_newest_migration_is_the_one_the_schema_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


def test_opening_again_keeps_everything(house: House) -> None:
    first = house.open()
    mail_id = first.accept(mail())
    first.close()
    first.close()
    with house.open() as second:
        assert second.mail_content(mail_id) == mail().content
    with pytest.raises(Unavailable, match="shutting down"):
        second.accept(mail())


def test_a_database_of_a_newer_edigate_is_left_alone(house: House) -> None:
    store = house.open()
    store._write(
        lambda tx: tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    )
    with pytest.raises(Misconfigured, match="newer edigate"):
        house.open()


def test_a_second_daemon_is_refused_and_named(house: House) -> None:
    house.open(daemon=True)
    house.open().accept(mail())
    program = (
        f"from edigate.store import Store; Store.open({house.url!r}, {str(house.folder)!r}, "
        "daemon=True)"
    )
    second = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert second.returncode != 0
    assert f"another edigate (pid {_pid(house.folder)}) uses this folder" in second.stderr
    house.opened[0].close()
    house.open(daemon=True)


def test_a_database_that_two_data_folders_name_has_one_daemon(house: House, tmp_path: Path) -> None:
    first = house.open(daemon=True)
    url = house.url or str(house.folder / "edigate.sqlite3")
    with pytest.raises(
        Misconfigured, match=r"another edigate daemon .* uses this database"
    ) as refused:
        Store.open(url, tmp_path / "other", daemon=True)
    assert refused.value.code == "DATABASE-IN-USE"
    Store.open(url, tmp_path / "other").close()
    first.close()
    Store.open(url, tmp_path / "other", daemon=True).close()


def _end_sessions(url: str) -> None:
    """The server ends every session of the database, as a restart does."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_daemon_that_lost_its_session_takes_its_place_again_or_finds_out(
    house: House, tmp_path: Path
) -> None:
    if house.url is None:
        pytest.skip("SQLite has no sessions that could be lost")
    first = house.open(daemon=True)
    _end_sessions(house.url)
    first.keep_sole()
    with pytest.raises(Misconfigured, match="uses this database"):
        Store.open(house.url, tmp_path / "other", daemon=True)
    _end_sessions(house.url)
    with (
        Store.open(house.url, tmp_path / "other", daemon=True),
        pytest.raises(Misconfigured) as lost,
    ):
        first.keep_sole()
    assert lost.value.code == "DATABASE-IN-USE"


def test_a_login_that_the_server_refuses_is_the_operators_turn(
    house: House, tmp_path: Path
) -> None:
    if house.url is None:
        pytest.skip("SQLite has no logins")
    wrong = (
        sa.make_url(house.url).set(database="there_is_none").render_as_string(hide_password=False)
    )
    with pytest.raises(Misconfigured) as refused:
        Store.open(wrong, tmp_path / "other", daemon=True)
    assert refused.value.code == "DATABASE-LOGIN"


def test_a_row_of_full_length_fits_everywhere_and_leaves_no_trace(house: House) -> None:
    store = house.open()
    store.accept(mail())
    before = dump(store)
    assert store.try_tables() == len(schema.metadata.tables)
    assert dump(store) == before
    assert not list(store.verify())


def dump(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store._read() as connection:
        tables = schema.metadata.sorted_tables
        return {t.name: [tuple(row) for row in connection.execute(sa.select(t))] for t in tables}


def test_a_column_that_is_too_narrow_is_found(house: House) -> None:
    if house.url is None:
        pytest.skip("SQLite has no columns of limited width")
    store = house.open()
    for table, column in (("mails", "id"), ("mailbox_locks", "holder"), ("events", "kind")):
        with store._writing.begin() as connection:
            connection.execute(
                sa.text(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar(26)")
            )
        with pytest.raises(sa.exc.DataError, match=table):
            store.try_tables()
        with store._writing.begin() as connection:
            connection.execute(
                sa.text(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar(64)")
            )


def test_files_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Store.open(None, tmp_path / "data", daemon=True) as store:
            store.accept(mail(b"x" * 200_000))
            found = {p: stat.S_IMODE(p.lstat().st_mode) for p in (tmp_path / "data").rglob("*")}
    finally:
        os.umask(before)
    assert {p.suffix for p in found} >= {
        ".sqlite3",
        ".sqlite3-wal",
        ".sqlite3-shm",
        ".lock",
        ".now",
        ".next",
    }
    assert {p: oct(mode) for p, mode in found.items() if mode & 0o077} == {}


def test_files_of_an_earlier_version_are_taken_from_others(tmp_path: Path) -> None:
    Store.open(None, tmp_path / "data").close()
    file = tmp_path / "data" / "edigate.sqlite3"
    file.chmod(0o644)
    Store.open(None, tmp_path / "data").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _pid(folder: Path) -> str:
    return (folder / "edigate.lock").read_text().strip()


def test_a_database_it_cannot_use_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="postgresql://"):
        Store.open("mysql://localhost/edigate", tmp_path)
    (tmp_path / "edigate.sqlite3").write_bytes(
        b"this is no database, and it is long enough to be read as one" * 20
    )
    with pytest.raises(Misconfigured, match="damaged"):
        Store.open(None, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="data folder"):
        Store.open(None, tmp_path / "file" / "below")
    with pytest.raises(Unavailable):
        Store.open(f"postgresql://nobody@/none?host={tmp_path}", tmp_path / "pg", daemon=True)
    Store.open(None, tmp_path / "pg", daemon=True).close()


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    with Store.open(None, tmp_path) as store:
        for engine in (store._writing, store._reading):
            with engine.connect() as connection:
                said = [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                ]
                assert said == ["wal", 2, 1, 30000]
