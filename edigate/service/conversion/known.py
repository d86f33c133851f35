"""What is held already: the same content again is known, and nobody is told of it twice.

A bounce, a quotation, the other half of a mail in text and HTML, or the same file sent once more:
whoever was told of the first has nothing to do about the second. The store knows of what was held
before, this of what one job holds. Only what has a number or a reference can be known: without one
two different invoices may look the same.
"""

from dataclasses import dataclass, field
from datetime import datetime

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.findings import Finding, finding
from edigate.pipeline import JudgedMessage
from edigate.service.conversion.bench import Case
from edigate.store import Job, Mail, Store


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two held documents the same. content: hash of a message, or of all the bytes of an
    interchange nothing can be used of."""

    supplier: str
    number: str
    content: str


@dataclass(slots=True)
class Known:
    """What one job holds, and the store to ask for what was held before."""

    store: Store
    _held: dict[_Key, tuple[str, datetime]] = field(default_factory=dict)

    def document(self, case: Case, document: JudgedMessage) -> JudgedMessage:
        """A held document, a duplicate where its content is held already. Raises: Unavailable."""
        who = pipeline.identity(document)
        if document.state is not State.INVALID or not who.number:
            return document
        key = _Key(pipeline.supplier_key(document), who.number, pipeline.content_hash(document))
        found = self._before(key, case.job, case.mail, case.document_id, case.version)
        return document if found is None else document.with_findings((found,), State.DUPLICATE)

    def interchange(self, job: Job, mail: Mail, sha256: str, document_id: str) -> Finding | None:
        """What says that an interchange nothing can be used of is held already.

        Raises: Unavailable.
        """
        return self._before(
            _Key("", "", sha256), job, mail, document_id, job.next_version(document_id)
        )

    def _before(
        self, key: _Key, job: Job, mail: Mail, document_id: str, version: int
    ) -> Finding | None:
        found = self._held.get(key)
        if found is None:
            before = self.store.held_before(
                job.tenant, key.supplier, key.number, key.content, document_id, again=version > 1
            )
            found = None if before is None else (before.document_id, before.created_at)
        if found is None or found[0] == document_id:
            self._held[key] = (document_id, mail.received_at)
            return None
        return finding("MAIL-09", document=found[0], first_seen=found[1].date().isoformat())
