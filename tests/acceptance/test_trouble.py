"""The store cannot be written for a while: nothing is acknowledged, nothing is lost, and all goes
on by itself."""

import os
import poplib
import resource
import signal
import smtplib
import time
from collections.abc import Callable

import pytest

from tests.acceptance.gateway import (
    ARCHIVE,
    MAIN,
    NOTICES,
    PASSWORD,
    PATIENCE,
    Gateway,
    edi_mail,
    free_port,
    parsed,
)
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance


def may_write(gateway: Gateway, octets: int) -> None:
    """Let the gateway's processes write files up to this size only: the smallest size is a full
    disk."""
    for pid in (gateway.process.pid, *gateway.workers()):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


def wait_for_worker(gateway: Gateway) -> int:
    """The worker's process id, when it is ready."""
    gateway.wait_for("worker.ready")
    (worker,) = gateway.workers()
    return worker


def test_a_disk_that_is_full_for_a_while_ends_no_worker_for_good(gateway: Gateway) -> None:
    worker = wait_for_worker(gateway)
    os.kill(worker, signal.SIGSTOP)
    for number in range(3):
        gateway.send(
            edi_mail(("re.edi", interchange([invoice(2, f"RE-{number}")])), number=number), MAIN
        )
    may_write(gateway, 1)
    os.kill(worker, signal.SIGCONT)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-9")]))), MAIN)
    assert refused.value.smtp_code in (451, 452)
    time.sleep(3)
    os.kill(worker, signal.SIGKILL)  # its successor finds the disk full too, and dies of it
    time.sleep(4)
    may_write(gateway, resource.RLIM_INFINITY)
    gateway.settled()
    assert len(gateway.fetch(MAIN)) == 3
    assert len(gateway.fetch(ARCHIVE)) == 3
    with gateway.store() as store:
        assert {j.state.value for j in store.jobs()} == {"done"}


def test_fetching_goes_on_while_nothing_can_be_written(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN)
    gateway.settled()
    may_write(gateway, 1)
    for _ in range(
        2
    ):  # also a second time: the lock of the first session could not be written, nor taken back
        client = poplib.POP3("127.0.0.1", gateway.pop3, timeout=60)
        client.user(ARCHIVE)
        client.pass_(PASSWORD)
        assert client.stat()[0] == 1
        assert any(b"X-Edigate-Invoice-Number: RE-1" in line for line in client.retr(1)[1])
        client.dele(1)
        with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
            client.quit()
    may_write(gateway, resource.RLIM_INFINITY)
    assert len(gateway.fetch(ARCHIVE, delete=True)) == 1
    assert gateway.fetch(ARCHIVE) == []


def test_mail_from_outside_and_archiving_leave_the_reserve(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    worker = wait_for_worker(gateway)
    os.kill(worker, signal.SIGSTOP)
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN)
    gateway.kill()
    normal = gateway.config.read_text("utf-8")
    gateway.config.write_text(
        normal.replace("[store]", "[store]\nreserve_mib = 1000000000"), "utf-8"
    )
    gateway.start()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-2")]))), MAIN)
    assert refused.value.smtp_code == 452
    gateway.wait_for("disk.reserve")
    gateway.wait_for("store.trouble")
    assert len(gateway.fetch(MAIN, delete=True)) == 1
    with gateway.store() as store:
        assert [j.state.value for j in store.jobs()] == ["queued"]
    assert gateway.stop() == 0
    gateway.config.write_text(normal, "utf-8")
    gateway.start()
    gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 1


def test_mail_that_waits_for_a_route_which_was_removed_comes_into_the_mailbox(
    make: Callable[..., Gateway],
) -> None:
    route = f'route = "127.0.0.1:{free_port()}"'
    gateway = make(tenant=route, more="[relay]\nfirst_retry_seconds = 1")
    gateway.start()
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-1")])))
    gateway.send(mail, MAIN)
    gateway.settled()
    assert gateway.fetch(MAIN) == []
    gateway.config.write_text(gateway.config.read_text("utf-8").replace(route, ""), "utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while not (found := gateway.fetch(MAIN)) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert found[0].startswith(b"Return-Path: <edi@partner.example>\r\nReceived: ")
    assert found[0].endswith(mail)
    assert len(gateway.fetch(ARCHIVE)) == 1


def test_a_mail_that_takes_too_long_is_held_and_the_admins_are_told(
    make: Callable[..., Gateway],
) -> None:
    gateway = make(more="timeout_seconds = 5")
    gateway.start()
    gateway.send(edi_mail(("long.edi", interchange([invoice(30_000, "RE-1")]))), MAIN)
    gateway.send(edi_mail(("short.edi", interchange([invoice(2, "RE-2")])), number=2), MAIN)
    deadline = time.monotonic() + PATIENCE
    with gateway.store() as store:
        while {j.state.value for j in store.jobs()} != {"held", "done"}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert [str(parsed(m)["Subject"]) for m in gateway.fetch(NOTICES)] == [
        "[edigate] ALARM: an invoice could not be checked"
    ]
    assert len(gateway.fetch(MAIN)) == 2
    assert len(gateway.fetch(ARCHIVE)) == 1
    died = [e for e in gateway.events() if e["event"] == "worker.died"]
    assert len(died) == 2
    assert all("Timeout (0:00:05)!" in e["exception"] for e in died)
