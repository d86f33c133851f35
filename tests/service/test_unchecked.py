"""The official rules do not run to their end: nothing is called valid, the job is tried again, then
held as not checked; the admins are told, the tenant is not."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from edigate.checks.official.schematron import NotChecked, Schematron, SchematronResult
from edigate.config import Sealing, Settings, Tenant
from edigate.invoice.origin import Origins
from edigate.service.conversion import worker as workers
from edigate.service.conversion.worker import Worker
from edigate.store import DeliveryKind, DocumentState, EventKind, JobState, Store
from edigate.store.values import Search
from tests.acceptance.gateway import edi_mail
from tests.generate import interchange, invoice
from tests.store import samples
from tests.store.samples import TENANT


class _Fails(Schematron):
    """The engine as it is when it ends with an error; `rules` are the real ones."""

    def __init__(self, rules: Schematron, times: int) -> None:
        self.rules, self.times = rules, times

    def check(self, xml: bytes, paths: object, origins: Origins | None = None) -> SchematronResult:  # type: ignore[override]
        self.times -= 1
        if self.times >= 0:
            raise NotChecked("the engine failed")
        return self.rules.check(xml, paths, origins)  # type: ignore[arg-type]


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker with one mail to convert, that need not wait between its tries."""
    monkeypatch.setattr(workers, "_RETRY_SECONDS", 0.0)
    settings = Settings(
        hostname="gw.example", domain="edi.example", data=tmp_path, admins=("ops@far.example",),
        seal=Sealing(enabled=False),
        tenant=(Tenant(account=TENANT, name="Baumarkt Süd AG", notify=("buch@far.example",)),),
    )  # fmt: skip
    made = Worker("w1", settings, sys.stderr)
    samples.received(made.store, edi_mail(("re.edi", interchange([invoice(3, "RE-1")])), to=TENANT))
    with made.store:
        yield made


def _broken(worker: Worker, times: int) -> None:
    worker.engines = replace(worker.engines, schematron=_Fails(worker.engines.schematron, times))


def _told(store: Store) -> list[tuple[str, str]]:
    notices = [d for d in store.deliveries(limit=100) if d.kind is DeliveryKind.NOTIFY]
    subjects = (
        str(message_from_bytes(store.mail_content(d.mail_id), policy=SMTP)["Subject"])
        for d in notices
    )
    return [(d.recipient, subject) for d, subject in zip(notices, subjects, strict=True)]


def test_an_engine_that_fails_is_tried_again_then_held_and_only_the_admins_are_told(
    worker: Worker,
) -> None:
    _broken(worker, 100)
    for _ in (1, 2):
        assert worker.work()
        assert worker.store.search(Search()) == ()
        assert [j.state for j in worker.store.jobs()] == [JobState.QUEUED]
    assert worker.work()
    assert not worker.work()
    (document,) = worker.store.search(Search())
    assert document.state is DocumentState.NOT_CHECKED
    assert not [
        d for d in worker.store.deliveries(limit=100) if d.account and d.account.endswith("archive")
    ]
    assert _told(worker.store) == [
        ("ops@far.example", "[edigate] ALARM: an invoice could not be checked")
    ]
    assert EventKind.NOT_CHECKED in {e.kind for e in worker.store.log()}


def test_an_engine_that_recovers_makes_the_package(worker: Worker) -> None:
    _broken(worker, 1)
    assert worker.work()
    assert worker.work()
    (document,) = worker.store.search(Search())
    assert document.state is DocumentState.VALID
    assert _told(worker.store) == []
