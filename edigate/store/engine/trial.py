"""A row of full length in every table, written, read and taken back: a narrow column shows before a
mail is lost."""

import secrets
import string
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.engine.base import Base
from edigate.store.engine.writer import Transaction

_TEXT = 500
"""Characters of a text without a limit; longer ones do not fit into every index of PostgreSQL."""
_LETTERS = string.ascii_letters + "äöüß€"
_MOMENT = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


class _TakenBack(Exception):
    """Ends the transaction without a trace."""

    def __init__(self, tables: int) -> None:
        super().__init__()
        self.tables = tables


class Trial(Base):
    """`doctor`'s look at the tables."""

    def try_tables(self) -> int:
        """Write, read and take back a row of full length in every table; returns in how many.

        Raises: Unavailable, Misconfigured; sqlalchemy.exc.DBAPIError and ValueError name a table
        that cannot hold it.
        """
        try:
            self._write(_try)
        except _TakenBack as done:
            return done.tables
        raise AssertionError("the transaction must not end in order")


def _try(tx: Transaction) -> None:
    text = "".join(secrets.choice(_LETTERS) for _ in range(_TEXT))
    for table in schema.metadata.sorted_tables:
        row = {column.name: _full(column, text) for column in table.columns}
        tx.connection.execute(sa.insert(table), row)
        key = sa.and_(*(column == row[column.name] for column in table.primary_key))
        found = tx.connection.execute(sa.select(table).where(key)).one()._mapping
        for name, value in row.items():
            if found[name] != value:
                raise ValueError(f"{table.name}.{name} does not give back what was written")
    raise _TakenBack(len(schema.metadata.sorted_tables))


def _full(column: sa.Column[Any], text: str) -> object:
    """The longest or largest value of a column; the same for every column of one type, so that
    references fit."""
    kind = column.type
    if isinstance(kind, schema.Instant):
        return _MOMENT
    if isinstance(kind, sa.String):  # Text too
        return text[: kind.length or _TEXT]
    if isinstance(kind, sa.LargeBinary):
        return text.encode()
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Date):
        return date.max
    return 2**62 if isinstance(kind, sa.BigInteger) else 2**31 - 1
