"""Real listeners on loopback sockets in a thread of their own, so that tests can be plain blocking
clients."""

import asyncio
import datetime
import gc
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edigate.errors import Unavailable
from edigate.mail.accounts import Account, Accounts, Passwords, hash_password
from edigate.mail.admission import Connections, Failures, Memory
from edigate.mail.pop3.pop3_server import Pop3Server, Pop3Settings
from edigate.mail.smtp.envelope import Envelope, SmtpSettings
from edigate.mail.smtp.smtp_server import SmtpServer

PASSWORD = "Linsen mit Spaetzle 7"
UMLAUTS = "Käsespätzle für 7"  # of the account `kueche`
HOST = "127.0.0.1"


@cache
def hashed(password: str = PASSWORD) -> str:
    return hash_password(password)


def accounts() -> Accounts:
    names = ("2800001946", "2800001947", "shop")
    main = [Account(name, hashed()) for name in names]
    main.append(Account("kueche", hashed(UMLAUTS)))
    return Accounts(
        "edi.example", [*main, *(Account(f"{name}.111", hashed(), archive=True) for name in names)]
    )


@dataclass(frozen=True)
class Item:
    uidl: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content)


class MemoryMaildrop:
    """A mailbox in memory, with the lock that the store has."""

    def __init__(self, box: "Mailboxes", account: str) -> None:
        self._box, self._account = box, account
        self.messages: Sequence[Item] = tuple(box.items.get(account, ()))

    def retrieve(self, uidl: str) -> bytes:
        if self._box.broken:
            raise Unavailable("DATABASE-BUSY", "try again")
        return next(item.content for item in self.messages if item.uidl == uidl)

    def keep(self) -> None:
        self._box.kept += 1

    def commit(
        self, deleted: Iterable[str] = (), fetched: Iterable[str] = (), *, peer: str = ""
    ) -> None:
        if self._box.broken:
            raise Unavailable("DISK-FULL", "no space")
        self._box.fetched += [(uidl, peer) for uidl in fetched]
        gone = set(deleted)
        self._box.items[self._account] = [
            i for i in self._box.items.get(self._account, ()) if i.uidl not in gone
        ]
        self.release()

    def release(self) -> None:
        self._box.locked.discard(self._account)


class Mailboxes:
    def __init__(self) -> None:
        self.items: dict[str, list[Item]] = {}
        self.locked: set[str] = set()
        self.broken = False
        self.kept = 0
        self.fetched: list[tuple[str, str]] = []

    def fill(self, account: str, *contents: bytes) -> None:
        self.items[account] = [
            Item(f"uid-{account}-{n}", content) for n, content in enumerate(contents, 1)
        ]

    def open(self, account: str) -> MemoryMaildrop:
        if account in self.locked:
            raise Unavailable("IN-USE", "locked")
        self.locked.add(account)
        return MemoryMaildrop(self, account)


@cache
def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    )
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


def server_tls(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(folder))
    return context


def client_tls(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate(folder)[0]))


class Gateway:
    """MX, submission and POP3 listeners; `mails` are the accepted ones."""

    def __init__(
        self,
        *,
        tls: Path | None = None,
        remote: bool = False,
        accept: Callable[[Envelope], Awaitable[str]] | None = None,
        connections: Connections | None = None,
        failures: Failures | None = None,
        memory: Memory | None = None,
        pop3: dict[str, Any] | None = None,
        implicit_tls: bool = False,
        **smtp: Any,
    ) -> None:
        self.mails: list[Envelope] = []
        self.mailboxes = Mailboxes()
        self.failures = failures or Failures()
        self.connections = connections or Connections()
        context = server_tls(tls) if tls else None
        plain = {"plain_login": lambda _peer: False} if remote else {}
        common: dict[str, Any] = {
            "hostname": "mx.edi.example",
            "tls": context,
            "implicit_tls": implicit_tls,
            **plain,
        }
        mx = SmtpSettings(**{"login_delay": 0.0, "new_id": lambda: uuid4().hex, **common, **smtp})
        shared: dict[str, Any] = {"connections": self.connections, "failures": self.failures}
        self._passwords = Passwords()
        box = accounts()
        accept = accept or self._accept
        submission = replace(mx, name="submission", submission=True)
        self._mx = SmtpServer(mx, lambda: box, accept, memory=memory, **shared)
        self._submission = SmtpServer(
            submission, lambda: box, accept, self._passwords, memory=memory, **shared
        )
        pop3_settings = Pop3Settings(**{"login_delay": 0.0, **common, **(pop3 or {})})
        self._pop3 = Pop3Server(
            pop3_settings, lambda: box, self.mailboxes.open, self._passwords, **shared
        )
        self.mx = self.submission = self.pop3 = 0
        self._loop = asyncio.new_event_loop()
        self._loose: list[dict[str, Any]] = []
        self._loop.set_exception_handler(lambda _, context: self._loose.append(context))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    async def _accept(self, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return envelope.id

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def stop(self, grace: float = 0.2) -> None:
        for server in (self._mx, self._submission, self._pop3):
            self.run(server.stop(grace))

    def __enter__(self) -> Self:
        self._thread.start()
        self.mx = self.run(self._mx.listen(HOST, 0))[1]
        self.submission = self.run(self._submission.listen(HOST, 0))[1]
        self.pop3 = self.run(self._pop3.listen(HOST, 0))[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._passwords.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        gc.collect()
        assert error is not None or not self._loose, "an exception that nobody took"


class Wire:
    """A client that sends exactly the bytes it is told to."""

    def __init__(self, port: int, *, greeting: bool = True, source: str = HOST) -> None:
        self.socket: socket.socket = socket.create_connection(
            (HOST, port), timeout=10, source_address=(source, 0)
        )
        self._buffer = b""
        self.greeting = self.reply() if greeting else ""

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def line(self) -> str:
        """One line, or "" when the connection was closed."""
        while b"\n" not in self._buffer:
            try:
                chunk = self.socket.recv(65536)
            except ConnectionError:
                chunk = b""
            if not chunk:
                rest, self._buffer = self._buffer, b""
                return rest.decode()
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode().rstrip("\r")

    def reply(self) -> str:
        """One SMTP reply, its lines joined."""
        lines = [self.line()]
        while re.match(r"\d{3}-", lines[-1]):
            lines.append(self.line())
        return "\n".join(lines)

    def say(self, command: bytes | str) -> str:
        """Send a command line; its reply."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def rest(self) -> str:
        """Everything until the peer closes."""
        lines = []
        while line := self.line():
            lines.append(line)
        return "\n".join(lines)

    def start_tls(self, folder: Path) -> None:
        self.socket = client_tls(folder).wrap_socket(self.socket, server_hostname="localhost")

    def begin_mail(self, *recipients: str) -> None:
        """EHLO, MAIL, RCPT and DATA, all of them answered well."""
        assert self.say("EHLO partner.example").startswith("250")
        assert self.say("MAIL FROM:<edi@partner.example>").startswith("250")
        for recipient in recipients or ("2800001946@edi.example",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.say("DATA").startswith("354")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
