"""A database of any age becomes one of this version, by Alembic, step by step and in one
transaction."""

from pathlib import Path

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store.proof import baseline, row_digests
from edigate.store.schema import REVISION

FOLDER = Path(__file__).parent

_ADVISORY_LOCK = 0x65646967617465
"""The key under which nodes take turns at migrating one PostgreSQL database."""


def bring_up_to_date(engine: sa.Engine) -> None:
    """Apply the migrations the database lacks; almost free when there are none.

    Raises: Misconfigured when a newer edigate has used the database.
    """
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        found = revision(connection)
        if found == REVISION:
            return
        _upgrade(connection, found)


def revision(connection: sa.Connection) -> str | None:
    """The newest migration a database has seen; None where there was none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: sa.Connection, found: str | None) -> None:
    # only a database that needs it pays for loading Alembic
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise Misconfigured(
            "DATABASE-NEWER",
            f"a newer edigate has used this database (its version: {found}); install that one",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    row_digests.install(connection)
    baseline.chain(connection)
