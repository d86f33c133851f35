"""The database goes away, at the start and under load: nothing is acknowledged that is not kept,
nothing is done twice, and everything goes on by itself."""

import os
import signal
import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.gateway import ARCHIVE, MAIN, PATIENCE, Gateway, edi_mail, parsed
from tests.generate import interchange, invoice
from tests.store import postgres

pytestmark = pytest.mark.acceptance


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A server that the test may stop."""
    with postgres.cluster() as own:
        yield own


@pytest.fixture
def database(cluster: postgres.Cluster) -> str:
    """The database of the test's gateways."""
    return cluster.url


def send(gateway: Gateway, number: str) -> None:
    """One mail with one invoice."""
    gateway.send(
        edi_mail(
            ("re.edi", interchange([invoice(2, number)], reference=number[-14:])), subject=number
        ),
        MAIN,
    )


def archived(gateway: Gateway) -> Counter[str]:
    """Invoice numbers in the archive account."""
    return Counter(str(parsed(m)["X-Edigate-Invoice-Number"]) for m in gateway.fetch(ARCHIVE))


def test_a_daemon_waits_for_its_database_and_opens_no_port_before(
    make: Callable[..., Gateway], cluster: postgres.Cluster
) -> None:
    cluster.stop()
    gateway = make()
    gateway.start(wait=False)
    try:
        gateway.wait_for("store.waiting")
        for port in (gateway.mx, gateway.submission, gateway.pop3):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.1", port), timeout=1)
    finally:
        cluster.start()
    gateway.wait_until_listening()
    send(gateway, "RE-1")
    gateway.settled()
    assert archived(gateway) == {"RE-1": 1}


def test_a_daemon_that_waits_ends_when_it_is_told_to(
    make: Callable[..., Gateway], cluster: postgres.Cluster
) -> None:
    cluster.stop()
    gateway = make()
    gateway.start(wait=False)
    try:
        gateway.wait_for("store.waiting")
        assert gateway.stop() == 0
    finally:
        cluster.start()


class Sender(threading.Thread):
    """Sends one mail after the other, each until it is acknowledged."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(daemon=True)
        self.gateway, self.done = gateway, threading.Event()
        self.acknowledged: list[str] = []
        self.told: set[int] = set()

    def run(self) -> None:
        number = 0
        while not self.done.is_set():
            number += 1
            while not self._send(f"RE-{number}"):
                time.sleep(0.2)

    def _send(self, number: str) -> bool:
        try:
            send(self.gateway, number)
        except smtplib.SMTPResponseException as error:
            self.told.add(error.smtp_code)
            return False
        self.acknowledged.append(number)
        return True


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_the_database_restarts_under_load(
    make: Callable[..., Gateway], cluster: postgres.Cluster, mode: str
) -> None:
    gateway = make(workers=2)
    gateway.start()
    sender = Sender(gateway)
    sender.start()
    for _ in range(3):
        time.sleep(2)
        before = len(sender.acknowledged)
        cluster.stop(mode)
        time.sleep(2)
        cluster.start()
        deadline = time.monotonic() + PATIENCE
        while len(sender.acknowledged) < before + 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    sender.done.set()
    sender.join(60)
    gateway.settled()
    assert gateway.process.poll() is None
    assert sender.told <= {451}
    assert set(sender.acknowledged) <= set(archived(gateway))
    assert set(archived(gateway).values()) == {1}
    with gateway.store() as store:
        assert not list(store.verify())
    assert gateway.stop() == 0


def test_a_second_daemon_on_one_database_is_refused(
    make: Callable[..., Gateway],
    tmp_path_factory: pytest.TempPathFactory,
    cluster: postgres.Cluster,
) -> None:
    first = make()
    first.start()
    second = Gateway(tmp_path_factory.mktemp("second"), database=cluster.url)
    try:
        second.start(wait=False)
        assert second.process.wait(60) == 2
        said = second.log.read_text("utf-8")
        assert f"another edigate daemon ('edigate {first.process.pid} " in said
        assert "uses this database" in said
        os.kill(first.process.pid, signal.SIGKILL)
        second.start()
        send(second, "RE-1")
        second.settled()
        assert archived(second) == {"RE-1": 1}
    finally:
        second.kill()
