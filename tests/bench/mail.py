"""How fast the mail room is by itself: SMTP with an `accept` that keeps nothing, POP3 from memory,
parts of mails.

Run alone: `python -m tests.bench.mail`. The clients are raw sockets in a process of their own, so
that what is measured is the server; CPU is the server's, in ms per mail.
"""

import base64
import multiprocessing
import resource
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

import structlog

from edigate.mail.admission import Connections
from edigate.mail.message import interchanges
from edigate.mail.smtp.envelope import Envelope
from tests.mail.gateway import HOST, PASSWORD, Gateway

MAIL_BYTES = 20_480


@dataclass(frozen=True)
class Figure:
    """One measurement."""

    name: str
    per_second: float
    cpu_ms: float | None = None

    def __str__(self) -> str:
        cpu = "" if self.cpu_ms is None else f"  {self.cpu_ms:7.2f} CPU ms each"
        return f"{self.name:58} {self.per_second:10,.0f}/s{cpu}"


async def _drop(envelope: Envelope) -> str:
    return envelope.id


def _expect(lines: Iterator[bytes], count: int) -> None:
    for _ in range(count):
        next(lines)


def _smtp_client(port: int, mails: int, keep: bool) -> None:
    body = (b"x" * 78 + b"\r\n") * (MAIL_BYTES // 80) + b".\r\n"
    opening = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<shop@edi.example>\r\nDATA\r\n"
    done = 0
    while done < mails:
        with (
            socket.create_connection((HOST, port)) as connection,
            connection.makefile("rb") as lines,
        ):
            connection.sendall(b"EHLO a.example\r\n")
            _expect(lines, 1 + 6)
            for _ in range(mails if keep else 1):
                connection.sendall(opening)
                _expect(lines, 3)
                connection.sendall(body)
                _expect(lines, 1)
                done += 1


def _pop3_client(port: int, rounds: int, messages: int, depth: int) -> None:
    with (
        socket.create_connection((HOST, port)) as connection,
        connection.makefile("rb", 2**18) as lines,
    ):
        connection.sendall(f"USER shop\r\nPASS {PASSWORD}\r\n".encode())
        _expect(lines, 3)
        for start in range(0, rounds * messages, depth):
            numbers = [n % messages + 1 for n in range(start, start + depth)]
            connection.sendall(b"".join(b"RETR %d\r\n" % n for n in numbers))
            for _ in numbers:
                while lines.readline() != b".\r\n":
                    pass


def _when_all_are_ready(barrier: Barrier, target: Callable[..., None], *args: object) -> None:
    barrier.wait()
    target(*args)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _measured(
    name: str, things: int, clients: int, target: Callable[..., None], *args: object
) -> Figure:
    """The time from the moment when all clients are ready until the last has ended."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(clients + 1)
    running = [
        context.Process(target=_when_all_are_ready, args=(barrier, target, *args))
        for _ in range(clients)
    ]
    for process in running:
        process.start()
    barrier.wait()
    wall, busy = time.perf_counter(), _cpu()
    for process in running:
        process.join()
    wall, busy = time.perf_counter() - wall, _cpu() - busy
    if any(process.exitcode for process in running):
        raise RuntimeError("a client failed")
    return Figure(name, things / wall, busy / things * 1000)


def smtp() -> Iterator[Figure]:
    """Mails of 20 kB, accepted and forgotten."""
    with Gateway(accept=_drop, connections=Connections(1000, 1000)) as gateway:
        for sessions, mails, keep in (
            (1, 400, False),
            (1, 400, True),
            (10, 60, False),
            (10, 150, True),
        ):
            how = "one connection" if keep else "one connection per mail"
            name = f"SMTP 20 kB, {sessions} senders, {how}"
            yield _measured(name, sessions * mails, sessions, _smtp_client, gateway.mx, mails, keep)


def pop3() -> Iterator[Figure]:
    """RETR of 120 kB packages."""
    with Gateway() as gateway:
        gateway.mailboxes.fill("shop", *((b"x" * 76 + b"\r\n") * 1540 for _ in range(50)))
        for depth in (1, 8):
            yield _measured(
                f"POP3 RETR 120 kB, {depth} at a time",
                1600,
                1,
                _pop3_client,
                gateway.pop3,
                32,
                50,
                depth,
            )


def parts() -> Iterator[Figure]:
    """Finding the interchange of a mail."""
    edi = (
        b"UNA:+.? 'UNB+UNOC:3+A+B+261120:1200+1'" + b"LIN+1++4000000000006:SRV'" * 400 + b"UNZ+0+1'"
    )
    head = (
        b"Subject: x\r\nContent-Type: multipart/mixed; "
        b"boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n"
    )
    mail = (
        head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(edi) + b"--b--\r\n"
    )
    wall, busy = time.perf_counter(), _cpu()
    for _ in range(2000):
        interchanges(mail)
    wall, busy = time.perf_counter() - wall, _cpu() - busy
    yield Figure("EDIFACT found in a mail of 13 kB", 2000 / wall, busy / 2)


def figures() -> Iterator[Figure]:
    """All of them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    for group in (smtp, pop3, parts):
        yield from group()


if __name__ == "__main__":
    for figure in figures():
        print(figure)
