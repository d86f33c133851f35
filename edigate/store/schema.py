"""The tables, as SQLAlchemy Core metadata; the migrations build the same (a test compares them).

Every moment is an integer of microseconds since 1970 UTC: exact, and the same on SQLite and
PostgreSQL.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

REVISION = "0002"
"""The newest migration; a database that stands there needs none."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime kept as integer microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + timedelta(microseconds=value)


# SQLite counts rows by itself only in a column of type INTEGER
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Digest = sa.String(64)
_Id = sa.String(64)  # 26 characters are made; earlier versions made some of 32

UNFINISHED = sa.text("state IN ('queued', 'running')")
"""What a queue is searched for; said in the same words, SQLite takes the index that holds only
these rows."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# content is NULL when the bytes are in the object folder
objects = sa.Table(
    "objects",
    metadata,
    sa.Column("sha256", _Digest, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("content", sa.LargeBinary),
)

mails = sa.Table(
    "mails",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipients", sa.Text, nullable=False),  # JSON list
    sa.Column("submitter", sa.Text),
    sa.Column("peer", sa.Text),
    sa.Column("message_id", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("sha256", _Digest, sa.ForeignKey("objects.sha256"), nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("document_id", _Id, index=True),
    sa.Column("once", sa.Text, unique=True),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _Serial, primary_key=True, autoincrement=True),
    sa.Column("mail_id", _Id, sa.ForeignKey("mails.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("run_at", Instant, nullable=False),
    sa.Column(
        "set_at", Instant
    ),  # when run_at or the lease was set; a moment to come means a clock that was ahead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("node", sa.Text),
    sa.Column("last_result", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.UniqueConstraint("mail_id", "kind", "recipient"),
    # only what is still to be done is searched for
    sa.Index(
        "ix_deliveries_due",
        "run_at",
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    ),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", _Serial, primary_key=True, autoincrement=True),
    sa.Column("mail_id", _Id, sa.ForeignKey("mails.id"), nullable=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("direction", sa.String(8), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("run_at", Instant, nullable=False),
    sa.Column(
        "set_at", Instant
    ),  # when run_at or the lease was set; a moment to come means a clock that was ahead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("node", sa.Text),
    sa.Column("worker", sa.Text),
    sa.Column("last_result", sa.Text),
    sa.Column("scope", sa.Text),  # JSON list of document ids; NULL: all
    sa.Column("again", sa.Text),  # asked for while running: "*" or a JSON list like scope
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.UniqueConstraint("mail_id", "tenant"),
    sa.Index(
        "ix_jobs_due",
        "run_at",
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    ),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("document_id", _Id, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("direction", sa.String(8), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("mail_id", _Id, sa.ForeignKey("mails.id"), nullable=False, index=True),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("retain_until", sa.Date, nullable=False, index=True),
    sa.Column("interchange_reference", sa.Text, nullable=False),
    sa.Column("message_reference", sa.Text, nullable=False),
    sa.Column("message_version", sa.Text, nullable=False),
    sa.Column("interchange_sha256", sa.Text, nullable=False),
    sa.Column("type_code", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("issue_date", sa.Date),
    sa.Column("supplier_key", sa.Text, nullable=False),
    sa.Column("supplier_name", sa.Text, nullable=False),
    sa.Column("buyer_key", sa.Text, nullable=False),
    sa.Column("buyer_name", sa.Text, nullable=False),
    sa.Column("order_number", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("net", sa.Text),
    sa.Column("tax", sa.Text),
    sa.Column("gross", sa.Text),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
    sa.Column("warnings", sa.Integer, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),  # blank-separated, a blank at both ends
    sa.Column(
        "supplier_ids", sa.Text
    ),  # `kind:id`, blank-separated; NULL: written before there was such a column
    sa.Column("record", _Digest, nullable=False),  # digest of everything above, also in the chain
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("deleted_at", Instant),
    sa.Column("deleted_by", sa.Text),
    sa.Column("deleted_reason", sa.Text),
    # what people made of it; proven by events, like the marks of deletion
    sa.Column("standing", sa.String(16), nullable=False, server_default="done"),
    sa.Column("standing_at", Instant),
    sa.Column("standing_by", sa.Text),
    sa.Column("standing_reason", sa.Text),
    sa.Column("settled_by", _Id),
    sa.Index("ix_documents_number", "tenant", "supplier_key", "number"),
    sa.Index("ix_documents_received", "received_at"),
    sa.Index(
        "ix_documents_open",
        "tenant",
        "received_at",
        sqlite_where=sa.text("standing = 'open'"),
        postgresql_where=sa.text("standing = 'open'"),
    ),
    # what a correction may settle
    sa.Index(
        "ix_documents_unsettled",
        "tenant",
        "number",
        sqlite_where=sa.text("standing IN ('open', 'closed')"),
        postgresql_where=sa.text("standing IN ('open', 'closed')"),
    ),
)

document_files = sa.Table(
    "document_files",
    metadata,
    sa.Column("document_id", _Id, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("role", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("sha256", _Digest, sa.ForeignKey("objects.sha256"), nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(
        ["document_id", "version"], ["documents.document_id", "documents.version"]
    ),
)

# what may be valid only once: whoever inserts the row has the number
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("claim", sa.Text, primary_key=True),
    sa.Column("document_id", _Id, nullable=False, index=True),
)

unknown_partners = sa.Table(
    "unknown_partners",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("gln", sa.Text, primary_key=True),
    sa.Column("document_id", _Id, primary_key=True, index=True),
    sa.Column("qualifier", sa.Text, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

mailbox_items = sa.Table(
    "mailbox_items",
    metadata,
    sa.Column("id", _Serial, primary_key=True, autoincrement=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("uidl", _Id, nullable=False, unique=True),
    sa.Column(
        "source", sa.Text, nullable=False, unique=True
    ),  # what was delivered: nothing is delivered twice
    sa.Column("mail_id", _Id, sa.ForeignKey("mails.id"), index=True),
    sa.Column("document_id", _Id, index=True),
    sa.Column("version", sa.Integer),
    sa.Column("prefix", sa.LargeBinary, nullable=False),
    sa.Column("sha256", _Digest, sa.ForeignKey("objects.sha256"), nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),  # with prefix
    sa.Column("delivered_at", Instant, nullable=False),
    sa.Column("fetched_at", Instant),
    sa.Column(
        "fetched_over", sa.String(16)
    ),  # protocol or way of hand-over; NULL with a moment: noted before 0.2
    sa.Column("fetched_from", sa.Text),  # the client's address, or where it was handed to
    sa.Column("deleted_at", Instant),
    sa.Index("ix_mailbox_items_fetched", "account", "fetched_at"),
    sa.Index(
        "ix_mailbox_items_visible",
        "account",
        "id",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)

mailbox_locks = sa.Table(
    "mailbox_locks",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("holder", _Id, nullable=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("lease_until", Instant, nullable=False),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("direction", sa.String(16), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("mails", sa.BigInteger, nullable=False),
    sa.Column("documents", sa.BigInteger, nullable=False),
    sa.Column("octets", sa.BigInteger, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("tenant", sa.Text),
    sa.Column("account", sa.Text),
    sa.Column("mail_id", _Id, index=True),
    sa.Column("document_id", _Id, index=True),
    sa.Column("detail", sa.Text, nullable=False),  # JSON list of pairs, exactly as hashed
    sa.Column(
        "proves", sa.Text
    ),  # JSON list of [table, digest, key]: rows as they were written with this event
    sa.Column("previous", _Digest, nullable=False),
    sa.Column("hash", _Digest, nullable=False),
    sa.Index(
        "ix_events_certificates",
        "seq",
        sqlite_where=sa.text("kind = 'CERTIFICATE_USED'"),
        postgresql_where=sa.text("kind = 'CERTIFICATE_USED'"),
    ),
    sa.Index("ix_events_kind", "kind", "seq"),
)

# one row; whoever appends to the chain locks it, and a cut-off tail does not match it
chain_head = sa.Table(
    "chain_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", _Digest, nullable=False),
)
