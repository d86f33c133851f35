"""Rows from a version that did not chain them, against the little its events say: digest and sender
of a mail, the record of a document, the UIDL of a message that nobody deleted."""

import json
from collections.abc import Iterator

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.chapters.documents import record_digest
from edigate.store.proof.scratch import Older, Scratch
from edigate.store.values import Problem


def older_problems(connection: sa.Connection, scratch: Scratch) -> Iterator[Problem | int]:
    """What is not as an older event says; and 0, now and then, to show that work goes on."""
    for what, check in (("mail", _mail), ("document", document_problem), ("item", _item)):
        for fact in scratch.older(what):
            problem = check(connection, fact)
            yield 0 if problem is None else problem


def _mail(connection: sa.Connection, fact: Older) -> Problem | None:
    mails = schema.mails.c
    row = connection.execute(
        sa.select(mails.sha256, mails.sender, mails.size).where(mails.id == fact.id)
    ).one_or_none()
    if row is None:
        return _said("mails", "MAIL", fact, "missing")
    same = json.loads(fact.value) == [row.sha256, row.sender, str(row.size)]
    return None if same else _said("mails", "MAIL", fact, "altered")


def document_problem(connection: sa.Connection, fact: Older) -> Problem | None:
    """Whether a document is what its verdict recorded, with its files."""
    documents, files = schema.documents.c, schema.document_files.c
    document_id, _, version = fact.id.rpartition(".")
    if not version.isdigit():
        return None
    which = (documents.document_id == document_id, documents.version == int(version))
    row = connection.execute(sa.select(schema.documents).where(*which)).one_or_none()
    if row is None:
        return _said("documents", "DOCUMENT", fact, "missing")
    listed = connection.execute(
        sa.select(files.role, files.name, files.media_type, files.sha256, files.size).where(
            files.document_id == document_id, files.version == int(version)
        )
    ).all()
    now = record_digest(row._asdict(), [file._asdict() for file in listed])
    return (
        None if row.record == now == fact.value else _said("documents", "DOCUMENT", fact, "altered")
    )


def _item(connection: sa.Connection, fact: Older) -> Problem | None:
    items = schema.mailbox_items.c
    row = connection.execute(sa.select(items.account).where(items.uidl == fact.id)).one_or_none()
    if row is None:
        return _said("mailbox_items", "MAILBOX", fact, "missing")
    return None if row.account == fact.value else _said("mailbox_items", "MAILBOX", fact, "altered")


def _said(table: str, code: str, fact: Older, why: str) -> Problem:
    return Problem(code, fact.id, why, (("table", table), ("event", str(fact.seq))))
