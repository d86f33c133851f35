"""What goes wrong outside: each case gets a clear word to the one whose turn it is, and nothing is
lost."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.acceptance.cli import edigate
from tests.acceptance.gateway import ARCHIVE, MAIN, NOTICES, Gateway, attachments, edi_mail, parsed
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance


def notices(gateway: Gateway) -> list[dict[str, object]]:
    """The reports of all error mails."""
    return [json.loads(attachments(raw)["report.json"]) for raw in gateway.fetch(NOTICES)]


def rules(report: dict[str, object]) -> set[str]:
    """Every rule in a report, wherever it stands."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if "rule" in value:
                found.add(str(value["rule"]))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(report)
    return found


@pytest.mark.parametrize(
    ("name", "content", "reported"),
    [
        ("garbage.edi", os.urandom(5000), True),
        ("truncated.edi", interchange([invoice(3, "RE-1")])[:-60], True),
        ("empty.edi", b"", True),
        ("text.txt", b"Guten Tag, anbei nichts.", False),
    ],
)
def test_what_cannot_be_read_is_reported_and_passed_on(
    gateway: Gateway, name: str, content: bytes, reported: bool
) -> None:
    mail = (
        edi_mail((name, content)) if name.endswith(".edi") else edi_mail(subject=content.decode())
    )
    gateway.send(mail, MAIN)
    gateway.settled()
    assert gateway.fetch(MAIN)[0].endswith(mail)
    assert gateway.fetch(ARCHIVE) == []
    assert len(gateway.fetch(NOTICES)) == int(reported)


def test_an_empty_mail_passes(gateway: Gateway) -> None:
    gateway.send(b"\r\n", MAIN)
    gateway.send(b"", MAIN)
    gateway.settled()
    assert len(gateway.fetch(MAIN)) == 2
    assert gateway.fetch(NOTICES) == []


def test_a_broken_message_does_not_touch_its_neighbours(gateway: Gateway) -> None:
    messages = [invoice(2, f"RE-{n}", reference=str(n)) for n in range(1, 6)]
    messages[2] = messages[2].replace(
        b"Musterstadt", b"Muster\x81\x8dstadt"
    )  # no such letters in ISO 8859-1
    gateway.send(edi_mail(("five.edi", interchange(messages))), MAIN)
    gateway.settled()
    archived = sorted(parsed(m)["X-Edigate-Invoice-Number"] for m in gateway.fetch(ARCHIVE))
    assert archived == ["RE-1", "RE-2", "RE-4", "RE-5"]
    (report,) = notices(gateway)
    assert rules(report) == {"FRM-08", "EDI-27"}  # the second reader says what it makes of it


def test_a_large_attachment_and_ten_thousand_nested_parts(gateway: Gateway) -> None:
    big = edi_mail(("big.bin", b"\0" * 50_000_000), subject="big")
    gateway.send(big, MAIN)
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(10_000)
    )
    gateway.send(b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + nested, MAIN)
    gateway.settled()
    sizes = sorted(len(m) for m in gateway.fetch(MAIN))
    assert len(sizes) == 2
    assert sizes[1] > len(big)
    assert gateway.fetch(ARCHIVE) == []


def test_a_one_line_interchange_in_a_7bit_part_is_kept_as_it_is(gateway: Gateway) -> None:
    edi = (
        interchange([invoice(150, "RE-1")])
        .replace(b"\n", b"")
        .decode("latin-1")
        .encode("ascii", "replace")
    )
    assert len(edi) > 16_000
    mail = (
        b"From: edi@partner.example\r\nSubject: 7bit\r\nMIME-Version: 1.0\r\nContent-Type: "
        b"application/EDIFACT\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\n" + edi + b"\r\n"
    )
    with smtplib.SMTP("127.0.0.1", gateway.mx, timeout=60) as client:
        client.ehlo()
        client.mail("edi@partner.example")
        client.rcpt(f"{MAIN}@edi.example")
        assert client.data(mail)[0] == 250
    gateway.settled()
    assert gateway.fetch(MAIN)[0].endswith(mail)
    assert len(gateway.fetch(ARCHIVE)) == 1


def test_a_full_disk_is_452_and_nothing_is_acknowledged(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN)
    gateway.settled()
    assert gateway.stop() == 0
    gateway.start(file_limit=2_000_000)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        gateway.send(edi_mail(("big.bin", os.urandom(5_000_000))), MAIN)
    assert refused.value.smtp_code == 452
    gateway.kill()
    gateway.start()
    assert len(gateway.fetch(MAIN)) == 1
    gateway.send(edi_mail(("big.bin", os.urandom(5_000_000)), number=2), MAIN)
    assert len(gateway.fetch(MAIN)) == 2


def test_a_second_instance_on_the_same_data_folder_is_refused(gateway: Gateway) -> None:
    other = gateway.folder / "other.toml"
    text = gateway.config.read_text("utf-8")
    for port in (gateway.mx, gateway.submission, gateway.pop3):
        text = text.replace(f":{port}", ":0")
    other.write_text(text, "utf-8")
    refused = edigate("serve", "--config", str(other))
    assert refused.returncode == 2
    assert f"another edigate (pid {gateway.process.pid}) uses this folder" in refused.stderr


def test_a_port_in_use_is_named(make: Callable[..., Gateway]) -> None:
    gateway = make()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", gateway.mx))
        taken.listen()
        refused = edigate("serve", "--config", str(gateway.config))
    assert refused.returncode == 2
    assert f"mx: cannot listen on 127.0.0.1:{gateway.mx}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_unknown_key_is_named_with_the_nearest_one(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.config.write_text(
        gateway.config.read_text("utf-8") + '\nnotfy = ["a@b.example"]\n', "utf-8"
    )
    refused = edigate("serve", "--config", str(gateway.config))
    assert refused.returncode == 2
    assert "did you mean 'notify'?" in refused.stderr


def test_a_worker_killed_in_the_middle_loses_nothing(gateway: Gateway) -> None:
    for number in range(1, 7):
        gateway.send(
            edi_mail((f"{number}.edi", interchange([invoice(200, f"RE-{number}")])), number=number),
            MAIN,
        )
        time.sleep(0.15)
        for pid in gateway.workers():
            os.kill(pid, signal.SIGKILL)
    gateway.settled()
    with gateway.store() as store:
        held = [j for j in store.jobs() if j.state.value == "held"]
        for (
            job
        ) in held:  # a job that happened to kill two workers waits for the operator, as it should
            store.replay(job.mail_id, "test", "test")
    gateway.settled()
    numbers = sorted(parsed(m)["X-Edigate-Invoice-Number"] for m in gateway.fetch(ARCHIVE))
    assert numbers == [f"RE-{n}" for n in range(1, 7)]
    assert len(gateway.fetch(MAIN)) == 6


def test_sigterm_ends_it_cleanly(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN)
    assert gateway.stop() == 0
    said = [e["event"] for e in gateway.events()]
    assert said[-1] == "stopped"
    assert "Traceback" not in gateway.log.read_text("utf-8")


def test_text_of_an_interchange_cannot_break_header_or_log_lines(gateway: Gateway) -> None:
    evil = invoice(2, "RE-1").replace(b"RE-1", b"RE\r\nBcc: x@y.example\r\n\r\nX", 1)
    gateway.send(edi_mail(("evil.edi", interchange([evil]))), MAIN)
    gateway.settled()
    for raw in (*gateway.fetch(ARCHIVE), *gateway.fetch(NOTICES)):
        assert parsed(raw)["Bcc"] is None
        assert raw.count(b"\r\n\r\n") >= 1
    list(gateway.events())


def test_no_worker_outlives_its_daemon(gateway: Gateway) -> None:
    deadline = time.monotonic() + 30
    while not gateway.workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = gateway.workers()
    assert workers
    os.kill(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait(10)
    deadline = time.monotonic() + 30
    while any(_alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in workers if _alive(pid)]


def _alive(pid: int) -> bool:
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def test_the_interpreter_is_the_one_of_the_tests() -> None:
    assert edigate("--version").stdout.startswith("edigate ")
    assert sys.version_info >= (3, 11)
