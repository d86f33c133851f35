"""Ids of any length, a document's standing, who fetched a message, and which rows an event proves.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_IDS = {
    "claims": ("document_id",),
    "deliveries": ("mail_id",),
    "document_files": ("document_id",),
    "documents": ("document_id", "mail_id"),
    "events": ("document_id", "mail_id"),
    "jobs": ("mail_id",),
    "mailbox_items": ("document_id", "mail_id", "uidl"),
    "mailbox_locks": ("holder",),
    "mails": ("document_id", "id"),
    "unknown_partners": ("document_id",),
}
_Id = sa.String(64)
_Instant = sa.BigInteger()
_open = sa.text("standing = 'open'")
_certificate = sa.text("kind = 'CERTIFICATE_USED'")
_unsettled = sa.text("standing IN ('open', 'closed')")


def upgrade() -> None:
    """SQLite ignores the length of a text column, so only PostgreSQL's columns grow."""
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in _IDS.items():
            for column in columns:
                op.alter_column(table, column, type_=_Id)
    op.add_column(
        "documents", sa.Column("standing", sa.String(16), nullable=False, server_default="done")
    )
    op.add_column("documents", sa.Column("standing_at", _Instant))
    op.add_column("documents", sa.Column("standing_by", sa.Text))
    op.add_column("documents", sa.Column("standing_reason", sa.Text))
    op.add_column("documents", sa.Column("settled_by", _Id))
    for queue in ("deliveries", "jobs"):
        op.add_column(queue, sa.Column("set_at", _Instant))
    op.add_column("documents", sa.Column("supplier_ids", sa.Text))
    op.add_column("mailbox_items", sa.Column("fetched_over", sa.String(16)))
    op.add_column("mailbox_items", sa.Column("fetched_from", sa.Text))
    op.add_column("events", sa.Column("proves", sa.Text))
    op.create_index("ix_events_kind", "events", ["kind", "seq"])
    op.create_index("ix_events_at", "events", ["at"])
    op.execute("UPDATE documents SET standing = 'open' WHERE state IN ('invalid', 'not-checked')")
    op.create_index(
        "ix_documents_open",
        "documents",
        ["tenant", "received_at"],
        sqlite_where=_open,
        postgresql_where=_open,
    )
    op.create_index(
        "ix_events_certificates",
        "events",
        ["seq"],
        sqlite_where=_certificate,
        postgresql_where=_certificate,
    )
    op.create_index(
        "ix_documents_unsettled",
        "documents",
        ["tenant", "number"],
        sqlite_where=_unsettled,
        postgresql_where=_unsettled,
    )
