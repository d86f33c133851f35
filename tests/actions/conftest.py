"""Two tenants in one store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edigate.store import (
    Direction,
    DocumentOutcome,
    DocumentState,
    NewJob,
    Outcome,
    Standing,
    Store,
)
from tests.store.samples import claimed, document, mail, to_mailbox

OURS, THEIRS = "2800001946", "2800002001"


@dataclass(frozen=True)
class Two:
    """The store and what each tenant has in it: the id of its document and of its mail."""

    store: Store
    documents: dict[str, str]
    mails: dict[str, str]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """A held document of each, with everything that tells of it."""
    with Store.open(None, tmp_path) as store:
        documents, mails = {}, {}
        for tenant in (OURS, THEIRS):
            content = f"Subject: EDI\r\n\r\n{tenant}\r\n".encode()
            store.accept(mail(content), [to_mailbox(tenant)], [NewJob(tenant, Direction.IN)])
            job = claimed(store)
            made = document(
                job,
                number=f"RE-{tenant}",
                state=DocumentState.INVALID,
                standing=Standing.OPEN,
            )
            store.commit_outcome(job, Outcome((DocumentOutcome(made),)))
            documents[tenant], mails[tenant] = made.document_id, job.mail_id
        yield Two(store, documents, mails)
