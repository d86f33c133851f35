"""A running gateway for tests: started, killed and started again on the same data folder, spoken to
by sockets."""

import contextlib
import email
import json
import os
import poplib
import resource
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from edigate.mail.accounts import hash_password
from edigate.store import Store
from tests.generate import BUYER, SELLER

PASSWORD = "Rhabarber 12 Kompott"
DOMAIN = "edi.example"
MAIN, ARCHIVE = "2800001946", "2800001946.111"
SUPPLIER, SUPPLIER_ARCHIVE = "2800002001", "2800002001.111"
NOTICES = "meldungen"
PATIENCE = 120.0


on_both_databases = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
"""Marks what has to hold on PostgreSQL too; it skips, saying why, where there is no server."""


@cache
def hashed() -> str:
    """One hash for all accounts: hashing takes its time."""
    return hash_password(PASSWORD)


def free_port() -> int:
    """A port nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def edi_mail(
    *files: tuple[str, bytes], to: str = MAIN, subject: str = "EDI", number: int = 1
) -> bytes:
    """A partner's mail with EDI attachments, CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "edi@partner.example"
    message["To"] = f"{to}@{DOMAIN}"
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}-{number}@partner.example>"
    message.set_content("Siehe Anlage.")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="EDIFACT", filename=name)
    return message.as_bytes()


class Gateway:
    """One gateway on a data folder."""

    def __init__(
        self,
        folder: Path,
        more: str = "",
        tenant: str = "",
        workers: int = 1,
        database: str | None = None,
    ) -> None:
        """database: URL of an empty PostgreSQL database; None is SQLite. more: what stands after
        [workers]."""
        self.folder = folder
        self.database = database
        self.mx, self.submission, self.pop3 = free_port(), free_port(), free_port()
        self.config = folder / "edigate.toml"
        self.log = folder / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(self._settings(more, tenant, workers), "utf-8")

    def _settings(self, more: str, tenant: str, workers: int) -> str:
        def account(name: str, company: str, gln: str, extra: str = "") -> str:
            return (
                f'[[tenant]]\naccount = "{name}"\nname = "{company}"\nedi_ids = '
                f'["{gln}"]\npassword = "{hashed()}"\n'
                f'archive = "111"\narchive_password = "{hashed()}"\nnotify = '
                f'["{NOTICES}@{DOMAIN}"]\n{extra}\n'
            )

        return "\n".join(
            [
                (
                    f'hostname = "gw.edi.example"\ndomain = "{DOMAIN}"\ndata = "data"\nadmins = '
                    f'["{NOTICES}@{DOMAIN}"]'
                ),
                (
                    f'[smtp]\nlisten = ["127.0.0.1:{self.mx}"]\nsubmission = '
                    f'["127.0.0.1:{self.submission}"]'
                ),
                f'[pop3]\nlisten = ["127.0.0.1:{self.pop3}"]\n[workers]\ncount = {workers}\n{more}',
                f'[store]\ndatabase = "{self.database or ""}"',
                f'[[tenant]]\naccount = "{NOTICES}"\nname = "Meldungen"\npassword = "{hashed()}"',
                account(MAIN, "Baumarkt Süd AG", BUYER, tenant),
                account(SUPPLIER, "Farbenwerk Musterstadt GmbH", SELLER),
            ]
        )

    def start(self, *, wait: bool = True, file_limit: int | None = None) -> None:
        """Start the daemon. file_limit: largest file it may write, in bytes (a full disk,
        nearly)."""

        def limited() -> None:
            if file_limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY))

        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edigate", "serve", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                preexec_fn=limited,  # noqa: PLW1509  (no threads here)
                start_new_session=True,
            )
        if wait:
            self.wait_until_listening()

    def wait_until_listening(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text("utf-8")[-3000:]
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.pop3), timeout=1).close()
                return
            time.sleep(0.05)
        raise AssertionError("the gateway does not listen")

    def wait_for(self, event: str) -> dict[str, Any]:
        """Wait until the log has this event; the first one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for said in self.events():
                if said["event"] == event:
                    return said
            time.sleep(0.1)
        raise AssertionError(f"no {event} in {self.log.read_text('utf-8')[-3000:]}")

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def stop(self) -> int:
        """SIGTERM and wait; the exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(60)
        finally:
            self.kill()

    def kill(self) -> None:
        """kill -9 for the daemon and its workers at the same moment."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        found = subprocess.run(
            ["pgrep", "-g", str(self.process.pid), "-f", "edigate.service.conversion.worker"],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(pid) for pid in found.stdout.split()]

    def send(
        self,
        raw: bytes,
        *recipients: str,
        sender: str = "edi@partner.example",
        login: str | None = None,
    ) -> None:
        """Send by the MX port, or by the submission port when a login is given."""
        port = self.submission if login else self.mx
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
            if login:
                client.login(login, PASSWORD)
            client.sendmail(sender, [r if "@" in r else f"{r}@{DOMAIN}" for r in recipients], raw)

    def settled(self) -> None:
        """Wait until no job and no delivery waits."""
        deadline = time.monotonic() + PATIENCE
        with self.store() as store:
            while store.jobs(unfinished=True):
                assert time.monotonic() < deadline, self.log.read_text("utf-8")[-3000:]
                time.sleep(0.1)

    def store(self) -> Store:
        """The gateway's store, opened beside the daemon."""
        return Store.open(self.database, self.folder / "data")

    def fetch(self, account: str, *, delete: bool = False) -> list[bytes]:
        """Everything in a mailbox."""
        client = poplib.POP3("127.0.0.1", self.pop3, timeout=60)
        poplib._MAXLINE = 100 * 2**20  # type: ignore[attr-defined]
        try:
            client.user(f"{account}@{DOMAIN}")
            client.pass_(PASSWORD)
            count, _ = client.stat()
            out = []
            for number in range(1, count + 1):
                out.append(b"\r\n".join(client.retr(number)[1]) + b"\r\n")
                if delete:
                    client.dele(number)
            return out
        finally:
            client.quit()

    def events(self) -> Iterator[dict[str, Any]]:
        """The log, line by line; every line must be JSON."""
        for line in self.log.read_text("utf-8").splitlines():
            yield json.loads(line)


def parsed(raw: bytes) -> EmailMessage:
    """A fetched mail."""
    found = email.message_from_bytes(raw, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def attachments(raw: bytes) -> dict[str, bytes]:
    """The attachments of a mail by name."""
    out = {}
    for part in parsed(raw).iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        out[part.get_filename() or ""] = content
    return out
