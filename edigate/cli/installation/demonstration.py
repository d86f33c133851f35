"""`edigate demo`: the main job for real, on loopback sockets: partners mail, the receiver and its
archive fetch.

Starts the gateway as a process of its own with a temporary data folder, acts as trading partner
(SMTP), as the receiver's EDI system and as its archive system (POP3), and says of every document
what became of it.
"""

import argparse
import email
import json
import poplib
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edigate import pipeline
from edigate.errors import EdigateError, Misconfigured, Unavailable
from edigate.mail.accounts import hash_password
from edigate.resources import template
from edigate.store import Search, Store
from edigate.store.engine.database import has_tables

_DOMAIN = "edigate.example"
_BUYER, _SELLER, _NOTICES = "2800001946", "2800002001", "meldungen"
_PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """One demo mail. files: EDI files attached; own: sent by the seller's own account, so it gets a
    package too."""

    subject: str
    files: tuple[str, ...]
    own: bool = False


_MAILS = (
    _Sent("Rechnung RE-2026-0815", ("1-invoice.edi",)),
    _Sent("Bestellung, zwei Rechnungen, Lieferavis", ("2-mixed.edi",)),
    _Sent("Rechnungskorrektur GU-2026-0042", ("3-credit-note.edi",)),
    _Sent("Zwei Dateien", ("4-first.edi", "4-second.edi")),
    _Sent("Rechnung RE-2026-0820 aus eigenem Konto", ("5-own.edi",), own=True),
)
_EXPECTED = {"valid": 7, "invalid": 1}
"""Documents that must come out: the last mail's INVOIC is archived for both parties."""


@dataclass(slots=True)
class _Scene:
    """Where the demo's gateway listens, and with which passwords."""

    folder: Path
    console: Console
    output: Path
    database: str | None = None
    passwords: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `demo`."""
    command.add_argument("--output", metavar="DIR", type=Path, default=Path("demo-output"))
    command.add_argument(
        "--database", metavar="URL", help="an empty PostgreSQL database instead of SQLite"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play it; 0 only if every step did what it should."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    if options.output.exists():
        shutil.rmtree(options.output)
    options.output.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="edigate-demo-") as folder:
        scene = _Scene(Path(folder), console, options.output, options.database)
        try:
            _require_empty(scene)
            with _gateway(scene):
                wrong = _play(scene)
        except (OSError, smtplib.SMTPException, poplib.error_proto, EdigateError) as error:
            wrong = [str(error)]
            log = scene.folder / "gateway.log"
            if log.exists():
                shutil.copy(log, options.output / "gateway.log")
                wrong.append(f"the gateway's log is {options.output / 'gateway.log'}")
    for line in wrong:
        console.print(Text(f"✘ {line}", style="bold red"))
    if not wrong:
        console.print(
            Text(
                f"✔ Every step did what it should. Look into {options.output}/", style="bold green"
            )
        )
    return 4 if wrong else 0


def _require_empty(scene: _Scene) -> None:
    """The demo's mails belong into no database that is used. Raises: Misconfigured."""
    if scene.database is None:
        return
    if has_tables(scene.database):
        raise Misconfigured("DEMO-DATABASE", "the database is in use: the demo needs an empty one")


def _play(scene: _Scene) -> list[str]:
    console = scene.console
    sent = _send_all(scene)
    console.print(
        f"[bold]1[/] A trading partner has sent {len(sent)} mails by SMTP; each was accepted."
    )
    _wait_until_done(scene)
    relayed = _fetch(scene, _BUYER)
    console.print(
        f"[bold]2[/] The receiver's EDI system has fetched {len(relayed)} mails from the main "
        "account."
    )
    wrong = _compare(sent, relayed)
    packages = _fetch(scene, f"{_BUYER}.111") + _fetch(scene, f"{_SELLER}.111")
    console.print(f"[bold]3[/] The archive systems have fetched {len(packages)} packages by POP3.")
    for raw in packages:
        wrong += _save_package(scene, raw)
    notices = _fetch(scene, _NOTICES)
    console.print(f"[bold]4[/] Accounting has received {len(notices)} error mail(s).")
    for number, raw in enumerate(notices, 1):
        _save_notice(scene, raw, number)
    counts = _table(scene)
    for state, expected in _EXPECTED.items():
        if counts.get(state, 0) != expected:
            wrong.append(f"{expected} documents should be {state}, {counts.get(state, 0)} are")
    if len(packages) != _EXPECTED["valid"]:
        wrong.append(f"{_EXPECTED['valid']} packages should have arrived, {len(packages)} did")
    if len(notices) != _EXPECTED["invalid"]:
        wrong.append(f"{_EXPECTED['invalid']} error mail should have arrived, {len(notices)} did")
    return wrong


@contextmanager
def _gateway(scene: _Scene) -> Iterator[None]:
    """The gateway as a process, from its first word to its last."""
    config = _configure(scene)
    log = (scene.folder / "gateway.log").open("wb")
    command = [sys.executable, "-m", "edigate", "serve", "--config", str(config)]
    with closing(log), subprocess.Popen(command, stdout=log, stderr=log) as process:  # noqa: S603  (our own program)
        try:
            with scene.console.status("Starting the gateway …"):
                _wait_for_port(process, scene.ports["pop3"])
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _configure(scene: _Scene) -> Path:
    for name in ("mx", "submission", "pop3"):
        scene.ports[name] = _free_port()
    accounts = (_BUYER, f"{_BUYER}.111", _SELLER, f"{_SELLER}.111", _NOTICES)
    scene.passwords = {account: secrets.token_urlsafe(12) for account in accounts}
    hashes = {account: hash_password(password) for account, password in scene.passwords.items()}
    shutil.copy(template("demo/partners.csv"), scene.folder / "partners.csv")
    lines = [
        'hostname = "edigate.example"',
        f'domain = "{_DOMAIN}"',
        'data = "data"',
        f'admins = ["{_NOTICES}@{_DOMAIN}"]',
        "[smtp]",
        f'listen = ["127.0.0.1:{scene.ports["mx"]}"]',
        f'submission = ["127.0.0.1:{scene.ports["submission"]}"]',
        f'[pop3]\nlisten = ["127.0.0.1:{scene.ports["pop3"]}"]',
        f"[store]\ndatabase = {json.dumps(scene.database or '')}",
        (
            f'[[tenant]]\naccount = "{_NOTICES}"\nname = "Buchhaltung"\npassword = '
            f'"{hashes[_NOTICES]}"'
        ),
    ]
    for account, name, gln in (
        (_BUYER, "Baumarkt Süd AG", "4319876000028"),
        (_SELLER, "Gartenbedarf Beispiel GmbH", "4000001000012"),
    ):
        lines += [
            f'[[tenant]]\naccount = "{account}"\nname = "{name}"\nedi_ids = ["{gln}"]',
            (
                f'password = "{hashes[account]}"\narchive = "111"\narchive_password = '
                f'"{hashes[f"{account}.111"]}"'
            ),
            f'notify = ["{_NOTICES}@{_DOMAIN}"]\npartners = "partners.csv"',
        ]
    file = scene.folder / "config.toml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable("DEMO", "the gateway ended while it was starting")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Unavailable("DEMO", "the gateway did not start listening")


def _send_all(scene: _Scene) -> list[bytes]:
    sent = []
    for number, mail in enumerate(_MAILS, 1):
        message = EmailMessage(policy=SMTP)
        message["From"] = "edi@gartenbedarf.example"
        message["To"] = f"{_BUYER}@{_DOMAIN}"
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<demo-{number}@gartenbedarf.example>"
        message.set_content("EDI")
        for file in mail.files:
            data = template(f"demo/{file}").read_bytes()
            message.add_attachment(data, maintype="application", subtype="EDIFACT", filename=file)
        raw = message.as_bytes()
        with smtplib.SMTP(
            "127.0.0.1", scene.ports["submission" if mail.own else "mx"], timeout=30
        ) as client:
            sender = "edi@gartenbedarf.example"
            if mail.own:
                client.login(_SELLER, scene.passwords[_SELLER])
                sender = f"{_SELLER}@{_DOMAIN}"
            client.sendmail(sender, [f"{_BUYER}@{_DOMAIN}"], raw)
        scene.console.print(f"  → {mail.subject} ({', '.join(mail.files)})", style="dim")
        sent.append(raw)
    return sent


def _wait_until_done(scene: _Scene) -> None:
    deadline = time.monotonic() + _PATIENCE
    with (
        scene.console.status("The workers read, map, check and draw …"),
        Store.open(scene.database, scene.folder / "data") as store,
    ):
        while store.jobs(unfinished=True):
            if time.monotonic() > deadline:
                raise Unavailable("DEMO", "the archive jobs did not end in time")
            time.sleep(0.2)


def _fetch(scene: _Scene, account: str) -> list[bytes]:
    client = poplib.POP3("127.0.0.1", scene.ports["pop3"], timeout=30)
    try:
        client.user(f"{account}@{_DOMAIN}")
        client.pass_(scene.passwords[account])
        count, _ = client.stat()
        fetched = []
        for number in range(1, count + 1):
            _, lines, _ = client.retr(number)
            fetched.append(b"\r\n".join(lines) + b"\r\n")
            client.dele(number)
        return fetched
    finally:
        client.quit()


def _compare(sent: list[bytes], relayed: list[bytes]) -> list[str]:
    """Every mail must have arrived byte for byte behind its Return-Path and Received lines."""
    if len(sent) != len(relayed):
        return [f"{len(sent)} mails were sent, {len(relayed)} arrived"]
    return [
        f"mail {number} was changed on its way"
        for number, (before, after) in enumerate(zip(sent, relayed, strict=True), 1)
        if not after.endswith(before)
    ]


def _save_package(scene: _Scene, raw: bytes) -> list[str]:
    mail = email.message_from_bytes(raw, policy=SMTP)
    attachments = list(mail.iter_attachments())
    name = attachments[0].get_filename() if attachments else None
    if len(attachments) != 1 or name is None:
        return [f"the archive mail {mail['Subject']} has {len(attachments)} attachments"]
    content = attachments[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    folder = scene.output / ("outgoing" if mail["X-Edigate-Direction"] == "out" else "incoming")
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    if pipeline.sha256(content) != mail["X-Edigate-Sha256-Pdf"]:
        return [f"{name}: the digest in its mail is another"]
    return []


def _save_notice(scene: _Scene, raw: bytes, number: int) -> None:
    (scene.output / f"error-mail-{number}.eml").write_bytes(raw)
    mail = email.message_from_bytes(raw, policy=SMTP)
    for kind, suffix in (("plain", "txt"), ("html", "html")):
        body = mail.get_body((kind,))
        if body is not None:
            (scene.output / f"error-mail-{number}.{suffix}").write_text(body.get_content(), "utf-8")
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            (scene.output / f"error-mail-{number}-{part.get_filename()}").write_bytes(content)


def _table(scene: _Scene) -> dict[str, int]:
    table = Table(title="What happened to each document")
    for column in ("number", "type", "for", "direction", "gross", "state", "findings"):
        table.add_column(column, justify="right" if column == "gross" else "left")
    counts: dict[str, int] = {}
    reports = scene.output / "reports"
    reports.mkdir()
    with Store.open(scene.database, scene.folder / "data") as store:
        for document in reversed(store.search(Search())):
            counts[document.state.value] = counts.get(document.state.value, 0) + 1
            style = "green" if document.state.value == "valid" else "red"
            gross = f"{document.gross} {document.currency}" if document.gross is not None else ""
            rules = ", ".join(document.rules)
            row = (
                document.number,
                document.type_code,
                document.tenant,
                document.direction.value,
                gross,
            )
            table.add_row(*row, Text(document.state.value, style=style), rules)
            report = json.loads(store.document_content(document.document_id, "report"))
            name = f"{document.number or document.document_id}-{document.tenant}.json"
            (reports / name).write_text(json.dumps(report, ensure_ascii=False, indent=1), "utf-8")
    scene.console.print(table)
    return counts
