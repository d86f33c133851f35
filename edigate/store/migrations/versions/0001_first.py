"""The first schema.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Instant = sa.BigInteger()  # microseconds since 1970 UTC
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_due = sa.text("state IN ('queued', 'running')")
_visible = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Create everything; the chain begins with 64 zeros."""
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_head"),
    )
    op.create_table(
        "claims",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "claim", name="pk_claims"),
    )
    op.create_index("ix_claims_document_id", "claims", ["document_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("mail_id", sa.String(length=26), nullable=True),
        sa.Column("document_id", sa.String(length=26), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_document_id", "events", ["document_id"], unique=False)
    op.create_index("ix_events_mail_id", "events", ["mail_id"], unique=False)
    op.create_table(
        "mailbox_locks",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=26), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("lease_until", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_mailbox_locks"),
    )
    op.create_table(
        "objects",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name="pk_objects"),
    )
    op.create_table(
        "unknown_partners",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("gln", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(length=26), nullable=False),
        sa.Column("qualifier", sa.Text(), nullable=False),
        sa.Column("seen_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "gln", "document_id", name="pk_unknown_partners"),
    )
    op.create_index(
        "ix_unknown_partners_document_id", "unknown_partners", ["document_id"], unique=False
    )
    op.create_table(
        "usage",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("mails", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "direction", "month", name="pk_usage"),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("submitter", sa.Text(), nullable=True),
        sa.Column("peer", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("received_at", _Instant, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.String(length=26), nullable=True),
        sa.Column("once", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["objects.sha256"], name="fk_mails_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("once", name="uq_mails_once"),
    )
    op.create_index("ix_mails_document_id", "mails", ["document_id"], unique=False)
    op.create_index("ix_mails_received_at", "mails", ["received_at"], unique=False)
    op.create_index("ix_mails_sha256", "mails", ["sha256"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("mail_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_at", _Instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", _Instant, nullable=True),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("last_result", sa.Text(), nullable=True),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("done_at", _Instant, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_deliveries_mail_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint(
            "mail_id", "kind", "recipient", name="uq_deliveries_mail_id_kind_recipient"
        ),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["run_at"],
        unique=False,
        sqlite_where=_due,
        postgresql_where=_due,
    )
    op.create_table(
        "documents",
        sa.Column("document_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mail_id", sa.String(length=26), nullable=False),
        sa.Column("received_at", _Instant, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("interchange_reference", sa.Text(), nullable=False),
        sa.Column("message_reference", sa.Text(), nullable=False),
        sa.Column("message_version", sa.Text(), nullable=False),
        sa.Column("interchange_sha256", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("supplier_key", sa.Text(), nullable=False),
        sa.Column("supplier_name", sa.Text(), nullable=False),
        sa.Column("buyer_key", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", sa.Text(), nullable=True),
        sa.Column("tax", sa.Text(), nullable=True),
        sa.Column("gross", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", _Instant, nullable=True),
        sa.Column("deleted_by", sa.Text(), nullable=True),
        sa.Column("deleted_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_documents_mail_id"),
        sa.PrimaryKeyConstraint("document_id", "version", name="pk_documents"),
    )
    op.create_index("ix_documents_mail_id", "documents", ["mail_id"], unique=False)
    op.create_index(
        "ix_documents_number", "documents", ["tenant", "supplier_key", "number"], unique=False
    )
    op.create_index("ix_documents_received", "documents", ["received_at"], unique=False)
    op.create_index("ix_documents_retain_until", "documents", ["retain_until"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("mail_id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_at", _Instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("lease_until", _Instant, nullable=True),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("last_result", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("again", sa.Text(), nullable=True),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("done_at", _Instant, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_jobs_mail_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("mail_id", "tenant", name="uq_jobs_mail_id_tenant"),
    )
    op.create_index(
        "ix_jobs_due", "jobs", ["run_at"], unique=False, sqlite_where=_due, postgresql_where=_due
    )
    op.create_table(
        "mailbox_items",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("uidl", sa.String(length=26), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.String(length=26), nullable=True),
        sa.Column("document_id", sa.String(length=26), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("prefix", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", _Instant, nullable=False),
        sa.Column("fetched_at", _Instant, nullable=True),
        sa.Column("deleted_at", _Instant, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_mailbox_items_mail_id"),
        sa.ForeignKeyConstraint(["sha256"], ["objects.sha256"], name="fk_mailbox_items_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_items"),
        sa.UniqueConstraint("source", name="uq_mailbox_items_source"),
        sa.UniqueConstraint("uidl", name="uq_mailbox_items_uidl"),
    )
    op.create_index("ix_mailbox_items_document_id", "mailbox_items", ["document_id"], unique=False)
    op.create_index(
        "ix_mailbox_items_fetched", "mailbox_items", ["account", "fetched_at"], unique=False
    )
    op.create_index("ix_mailbox_items_mail_id", "mailbox_items", ["mail_id"], unique=False)
    op.create_index("ix_mailbox_items_sha256", "mailbox_items", ["sha256"], unique=False)
    op.create_index(
        "ix_mailbox_items_visible",
        "mailbox_items",
        ["account", "id"],
        unique=False,
        sqlite_where=_visible,
        postgresql_where=_visible,
    )
    op.create_table(
        "document_files",
        sa.Column("document_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "version"],
            ["documents.document_id", "documents.version"],
            name="fk_document_files_document_id_version",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["objects.sha256"], name="fk_document_files_sha256"),
        sa.PrimaryKeyConstraint("document_id", "version", "role", name="pk_document_files"),
    )
    op.create_index("ix_document_files_sha256", "document_files", ["sha256"], unique=False)
    head = sa.table("chain_head", sa.column("id"), sa.column("seq"), sa.column("hash"))
    op.execute(sa.insert(head).values(id=1, seq=0, hash="0" * 64))
