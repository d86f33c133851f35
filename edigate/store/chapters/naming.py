"""What a person types becomes an id of the store: the id itself, or a beginning that only one
has."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import schema
from edigate.store.engine.base import Base, spellings
from edigate.store.engine.failures import Unknown

_D = schema.documents.c
_M = schema.mails.c
_I = schema.mailbox_items.c
_E = schema.events.c

_MOST = 10
"""Candidates that are listed."""
_CHUNK = 500
_LENGTHS = (22, 18, 14, 12, 10, 8)
"""How much of an unknown id is tried, to name what comes near it."""


class IdKind(StrEnum):
    """What can have an id."""

    DOCUMENT = "document"
    MAIL = "mail"
    MESSAGE = "message in a mailbox"


_COLUMNS: Mapping[IdKind, tuple[sa.Column[str], ...]] = {
    IdKind.DOCUMENT: (_D.document_id, _E.document_id),
    IdKind.MAIL: (_M.id, _E.mail_id),
    IdKind.MESSAGE: (_I.uidl,),
}
"""Where ids of a kind stand; in the events also those of what was purged."""

_OWNED: Mapping[IdKind, tuple[sa.Column[str], ...]] = {
    IdKind.DOCUMENT: _COLUMNS[IdKind.DOCUMENT],
    IdKind.MAIL: (_D.mail_id,),
}
"""Where a tenant's ids stand: of mails, those that one of its documents came in."""


@dataclass(frozen=True, slots=True)
class FoundId:
    """An id and what it is the id of."""

    kind: IdKind
    id: str


class Naming(Base):
    """Finding ids."""

    def named(self, text: str, *kinds: IdKind, among: frozenset[str] | None = None) -> FoundId:
        """The one thing of these kinds (none given: any) whose id is `text` or begins with it,
        letter case ignored.

        among: only documents of these tenants and the mails they came in, as if there were no
        others; messages are not looked at. Raises: Unknown naming what comes near, Misconfigured
        (AMBIGUOUS-ID) naming the candidates.
        """
        columns = _COLUMNS if among is None else _OWNED
        asked = tuple(kind for kind in kinds or tuple(IdKind) if kind in columns)
        wanted = text.strip()
        what = " or ".join(asked)
        with self._read() as connection:
            found = _beginning(connection, wanted, asked, among)
            exact = [one for one in found if one.id.upper() == wanted.upper()]
            if len(exact or found) == 1:
                return (exact or found)[0]
            if not found:
                raise Unknown(what, f"{text}{_near(connection, wanted, asked, among)}")
        listed = ", ".join(f"{one.id} ({one.kind})" for one in found[:_MOST])
        more = " and others" if len(found) > _MOST else ""
        raise Misconfigured(
            "AMBIGUOUS-ID", f"several begin with {text}: {listed}{more}; write more of it"
        )

    def senders(self, mail_ids: Collection[str]) -> dict[str, str]:
        """The reverse path of each of these mails that is still there."""
        wanted = sorted(set(mail_ids))
        out: dict[str, str] = {}
        with self._read() as connection:
            for start in range(0, len(wanted), _CHUNK):
                some = wanted[start : start + _CHUNK]
                rows = connection.execute(sa.select(_M.id, _M.sender).where(_M.id.in_(some)))
                out |= {row.id: row.sender for row in rows}
        return out


def _beginning(
    connection: sa.Connection, text: str, kinds: Iterable[IdKind], among: frozenset[str] | None
) -> list[FoundId]:
    """Everything whose id begins so, each once; at most one more than is listed, and the exact one
    first."""
    found: dict[str, FoundId] = {}
    if not (text.isascii() and text.isalnum()):
        return []
    columns = _COLUMNS if among is None else _OWNED
    for kind in kinds:
        for column in columns[kind]:
            for prefix in dict.fromkeys((text, text.upper(), text.lower())):
                begins = _begins(connection, column, prefix)
                query = sa.select(column).distinct().where(begins).order_by(column).limit(_MOST + 1)
                if among is not None:
                    query = query.where(column.table.c.tenant.in_(sorted(among)))
                for identifier in connection.scalars(query):
                    found.setdefault(identifier, FoundId(kind, identifier))
    return sorted(found.values(), key=lambda one: (len(one.id) != len(text), one.id))


def _begins(
    connection: sa.Connection, column: sa.Column[str], prefix: str
) -> sa.ColumnElement[bool]:
    """As SQLite can look it up in its index; PostgreSQL's order depends on its locale, so it
    compares."""
    if connection.dialect.name == "postgresql":
        return column.startswith(prefix, autoescape=True)
    return sa.and_(column >= prefix, column < f"{prefix}~")  # ids are letters and digits of ASCII


def _near(
    connection: sa.Connection, text: str, kinds: Iterable[IdKind], among: frozenset[str] | None
) -> str:
    """What was perhaps meant: ids that begin alike, or documents with this invoice number."""
    numbered_so = sa.and_(_D.current, _D.number.in_(spellings(text)))
    query = sa.select(_D.document_id).where(numbered_so).order_by(_D.document_id).limit(3)
    if among is not None:
        query = query.where(_D.tenant.in_(sorted(among)))
    numbered = connection.scalars(query).all()
    if numbered:
        return f"; that is the invoice number of document {', '.join(numbered)}"
    for length in (n for n in (len(text) - 1, *_LENGTHS) if n < len(text)):
        found = _beginning(connection, text[:length], kinds, among)
        if found:
            return f"; near it: {', '.join(one.id for one in found[:3])}"
    return ""
