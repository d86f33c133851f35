"""Operators' commands on a store with real work in it."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edigate.config import load
from edigate.store import DeliveryKind, Direction, NewDelivery, NewJob, NewMail, Search, Store
from tests.acceptance.cli import edigate
from tests.acceptance.gateway import ARCHIVE, DOMAIN, MAIN, Gateway, edi_mail
from tests.generate import interchange, invoice

VERDICTS = ("VALIDATED", "HELD", "NOT_CHECKED", "TESTED", "DUPLICATE_DISCARDED")
FIXTURES = Path(__file__).parents[2] / "fixtures"


class Shop:
    """A gateway's settings and store, with three mails worked off: valid, held, held for master
    data."""

    def __init__(self, folder: Path) -> None:
        self.gateway = Gateway(folder)
        self.settings = load(self.gateway.config)
        self.mails = {}
        unknown = (FIXTURES / "unknown-gln" / "in.edi").read_bytes()
        with Store.open(None, self.settings.data) as store:
            for name, edi in (
                ("valid", interchange([invoice(2, "RE-1")])),
                ("held", interchange([invoice(2, "RE-2", tax_id=False)])),
                ("unknown", unknown),
            ):
                self.mails[name] = self._accepted(store, name, edi)
        self.work()

    def _accepted(self, store: Store, name: str, edi: bytes) -> str:
        mail = NewMail(edi_mail((f"{name}.edi", edi)), "edi@partner.example", (f"{MAIN}@{DOMAIN}",))
        away = NewDelivery(DeliveryKind.RELAY, "next@elsewhere.example")
        return store.accept(mail, (away,), (NewJob(MAIN, Direction.IN),))

    def receive(self, edi: bytes) -> None:
        """A further mail, not worked off yet."""
        with Store.open(None, self.settings.data) as store:
            self._accepted(store, "further", edi)

    def work(self) -> None:
        """A worker process, as the daemon starts them, until no job waits."""
        with self.gateway.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "edigate.service.conversion.worker", "test"],
                stdin=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdin is not None
        process.stdin.write(self.settings.model_dump_json().encode() + b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 45
        with Store.open(None, self.settings.data) as store:
            while store.jobs(unfinished=True):
                assert process.poll() is None
                assert time.monotonic() < deadline, self.gateway.log.read_text("utf-8")[-2000:]
                time.sleep(0.05)
        process.communicate()  # end of file: finish and go
        assert process.returncode == 0

    def do(self, *arguments: str, status: int = 0) -> Any:
        """Run a command with --json and take its output."""
        done = edigate(*arguments, "--config", str(self.gateway.config), "--json")
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    def documents(self) -> dict[str, str]:
        return {row["number"]: row["document"] for row in self.do("search")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


def test_search_finds_by_everything_it_offers(shop: Shop) -> None:
    assert {row["state"] for row in shop.do("search")} == {"valid", "invalid"}
    (held,) = shop.do("search", "--rule", "UST-04")
    assert held["number"] == "RE-2"
    assert len(shop.do("search", "--state", "valid", "--tenant", MAIN)) == 1
    assert shop.do("search", "--number", "RE-2", "--gross", held["gross"]) == [held]
    assert shop.do("search", "--until", "2000-01-01") == []
    assert shop.do("search", "--gross", "viel", status=2)


def test_log_tells_the_story_of_a_document_and_of_its_mail(shop: Shop) -> None:
    told = shop.do("log", shop.documents()["RE-1"])
    assert [row["event"] for row in told][:1] == ["RECEIVED"]
    assert "VALIDATED" in {row["event"] for row in told}
    assert {row["event"] for row in shop.do("log", shop.mails["held"])} >= {"RECEIVED", "HELD"}


def test_every_fact_is_one_event(shop: Shop) -> None:
    with Store.open(None, shop.settings.data) as store:
        events = store.log(limit=10_000)
        states = {
            (d.document_id, str(d.version)): d.state
            for d in store.search(Search(all_versions=True))
        }
    verdicts = Counter(
        (e.document_id, dict(e.detail)["version"]) for e in events if e.kind in VERDICTS
    )
    assert set(verdicts) == set(states)
    assert set(verdicts.values()) == {1}
    for event in (e for e in events if e.kind in VERDICTS):
        assert {"state", "number", "rules", "record", "sha256-original"} <= dict(
            event.detail
        ).keys()
    facts = Counter(
        (e.kind, e.account, e.mail_id, e.document_id, dict(e.detail).get("version")) for e in events
    )
    assert [fact for fact, times in facts.items() if times > 1] == []


def test_the_queue_is_shown_and_changed(shop: Shop) -> None:
    waiting = [row for row in shop.do("queue") if row["for"] == "next@elsewhere.example"]
    assert [row["kind"] for row in waiting] == ["mail"] * 3
    first = waiting[0]["id"]
    held = next(
        row for row in shop.do("queue", "--hold", first, "--reason", "Test") if row["id"] == first
    )
    assert held["state"] == "held"
    again = next(row for row in shop.do("queue", "--retry", first) if row["id"] == first)
    assert again["state"] == "queued"
    assert "needs a reason" in shop.do("queue", "--hold", first, "--drop", first, status=2)
    assert (
        next(row for row in shop.do("queue") if row["id"] == first)["state"] == "queued"
    )  # neither was done
    dropped = shop.do("queue", "--drop", first, "--reason", "Test")
    assert first not in {row["id"] for row in dropped if row["kind"] == "mail"}
    assert [row["for"] for row in dropped].count("edi@partner.example") == 1  # the sender is told
    silent = shop.do("queue", "--drop", waiting[1]["id"], "--silent", "--reason", "Test")
    assert [row["for"] for row in silent].count("edi@partner.example") == 1
    assert "no delivery" in shop.do("queue", "--hold", "99999", status=2)
    assert "QUEUE_CHANGED" in {row["event"] for row in shop.do("log")}


def test_release_lets_go_what_is_held_and_archives_nothing_invalid(shop: Shop) -> None:
    document = shop.documents()["RE-2"]
    delivery = next(
        r["id"] for r in shop.do("queue") if r["kind"] == "mail" and r["for"].startswith("next@")
    )
    shop.do("queue", "--hold", delivery)
    with Store.open(None, shop.settings.data) as store:
        mail = next(d.mail_id for d in store.deliveries() if d.id == int(delivery))
    (done,) = shop.do("release", mail, "--reason", "Ursache behoben")
    assert done == {"jobs": "1", "deliveries": "1"}
    shop.do("release", document)
    shop.work()
    assert shop.do("search", "--rule", "UST-04")[0]["state"] == "invalid"
    assert any(
        row["event"] == "RELEASED" and row["detail"]["reason"] == "Ursache behoben"
        for row in shop.do("log")
    )


def test_replay_keeps_what_is_archived_and_resend_offers_it_again(shop: Shop) -> None:
    document = shop.documents()["RE-1"]
    assert shop.do("replay", document) == [{"jobs": "1"}]
    shop.work()
    with Store.open(None, shop.settings.data) as store:
        assert len(store.versions(document)) == 1
        before = store.mailbox_status(ARCHIVE).messages
    assert shop.do("resend", document, "--reason", "neues DMS") == [{"offered again": "1"}]
    with Store.open(None, shop.settings.data) as store:
        assert store.mailbox_status(ARCHIVE).messages == before + 1
    assert "no mail or document" in shop.do("replay", "nothing", status=2)
    assert "no document or mail or message in a mailbox nothing" in shop.do(
        "resend", "nothing", status=2
    )


def test_a_document_is_taken_out_and_the_chain_says_by_whom(shop: Shop, tmp_path: Path) -> None:
    document = shop.documents()["RE-1"]
    written = {
        Path(row["file"]).name: Path(row["file"])
        for row in shop.do("export", document, "-o", str(tmp_path))
    }
    assert set(written) == {"original.edi", "package.pdf", "factur-x.xml", "report.json"}
    with Store.open(None, shop.settings.data) as store:
        for role, name in (("original", "original.edi"), ("pdf", "package.pdf")):
            assert written[name].read_bytes() == store.document_content(document, role)
    (taken,) = [row for row in shop.do("log", document) if row["event"] == "ACCESSED"]
    assert "by" in taken["detail"]
    assert "reason" not in taken["detail"]
    assert "no document" in shop.do("export", "nothing", "-o", str(tmp_path), status=2)
    (tmp_path / "file").write_bytes(b"")
    assert "Not a directory" in shop.do("export", document, "-o", str(tmp_path / "file"), status=2)


def test_a_deleted_document_is_hidden_and_comes_back(shop: Shop) -> None:
    document = shop.documents()["RE-1"]
    assert "needs a reason" in shop.do("delete", document, "--reason", " ", status=2)
    shop.do("delete", document, "--reason", "falscher Mandant")
    assert "RE-1" not in shop.documents()
    assert "RE-1" in {row["number"] for row in shop.do("search", "--deleted")}
    assert "needs a reason" in shop.do("restore", document, status=2)
    shop.do("restore", document, "--reason", "doch der richtige")
    assert "RE-1" in shop.documents()
    assert {"SOFT_DELETED", "RESTORED"} <= {row["event"] for row in shop.do("log", document)}


def test_usage_counts_and_knows_its_months(shop: Shop) -> None:
    assert {row["account"] for row in shop.do("usage")} >= {ARCHIVE}
    assert shop.do("usage", "--month", "2001-01") == []
    assert "not a month" in shop.do("usage", "--month", "Januar", status=2)


def test_purge_keeps_what_the_law_wants(shop: Shop) -> None:
    planned = shop.do("purge", "--dry-run")
    assert (planned["documents"], planned["kept"], planned["refused"]) == ([], [], None)
    assert "needs a reason" in shop.do("purge", status=2)
    removed = shop.do("purge", "--reason", "Frist abgelaufen")
    assert removed["documents"] == []
    assert removed["work_data"] == planned["work_data"] | {"orphaned objects": 0}
    assert len(shop.documents()) == 3


def test_master_data_free_the_invoices_they_were_missing_for(shop: Shop, tmp_path: Path) -> None:
    missing = shop.do("partners", "missing")
    assert missing
    glns = [row["gln"] for row in missing]
    lines = edigate("partners", "missing", "--config", str(shop.gateway.config)).stdout.splitlines()
    completed = tmp_path / "partners.csv"
    completed.write_text("\n".join(lines), "utf-8")
    assert "placeholders" in shop.do(
        "partners", "import", str(completed), "--tenant", MAIN, status=2
    )
    rows = [f"{gln},Musterkorb {gln[-3:]},Weg 1,90762,Fürth,DE,," for gln in glns]
    completed.write_text("\n".join([lines[0], *rows]), "utf-8")
    assert "--tenant" in shop.do(
        "partners", "import", str(completed), status=2
    )  # two tenants: whose are they?
    said = shop.do("partners", "import", str(completed), "--tenant", MAIN)
    assert said == {"tenant": MAIN, "partners": len(glns), "checked_again": 1}
    shop.work()
    assert not set(glns) & {row["gln"] for row in shop.do("partners", "missing")}
    assert "no tenant" in shop.do("partners", "missing", "--tenant", "nobody", status=2)


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    done = edigate("search", "--config", str(gateway.config))
    assert done.returncode == 2
    assert "no store" in done.stderr
    assert not (tmp_path / "data").exists()
