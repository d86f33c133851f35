"""What counts as fetched: a message that went out whole in a session that ended with an answered
QUIT."""

import poplib
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mail.gateway import HOST, PASSWORD, Gateway, Wire, client_tls

SMALL = b"Subject: one\r\n\r\n" + b"text\r\n" * 20
LARGE = (
    b"Subject: two\r\n\r\n" + b"a line of the large message\r\n" * 600_000
)  # more than sockets hold
FIRST, SECOND = ("uid-shop.111-1", HOST), ("uid-shop.111-2", HOST)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


def _read_message(wire: Wire) -> None:
    assert wire.line().startswith("+OK")
    while wire.line() != ".":
        pass


def _asked_and_read(wire: Wire) -> None:
    wire.send(b"RETR 1\r\n")
    _read_message(wire)


def _quit_after_reading(wire: Wire) -> None:
    _asked_and_read(wire)
    assert wire.say("QUIT").startswith("+OK")


def _twice_and_both(wire: Wire) -> None:
    _asked_and_read(wire)
    wire.send(b"RETR 2\r\nRETR 1\r\n")
    _read_message(wire)
    _read_message(wire)
    assert wire.say("QUIT").startswith("+OK")


def _whole_by_top(wire: Wire) -> None:
    wire.send(b"TOP 1 999999999\r\n")
    _read_message(wire)
    assert wire.say("QUIT").startswith("+OK")


def _head_by_top(wire: Wire) -> None:
    wire.send(b"TOP 1 30\r\n")
    _read_message(wire)
    assert wire.say("QUIT").startswith("+OK")


def _all_at_once(wire: Wire) -> None:
    wire.send(b"RETR 1\r\nRETR 2\r\nQUIT\r\n")
    _read_message(wire)
    _read_message(wire)
    assert wire.line().startswith("+OK")


def _all_at_once_half_closed(wire: Wire) -> None:
    wire.send(b"RETR 1\r\nRETR 2\r\nQUIT\r\n")
    wire.socket.shutdown(socket.SHUT_WR)
    _read_message(wire)
    _read_message(wire)
    assert wire.line().startswith("+OK")


def _gone_without_quit(wire: Wire) -> None:
    _asked_and_read(wire)


def _half_closed_without_quit(wire: Wire) -> None:
    wire.send(b"RETR 1\r\n")
    wire.socket.shutdown(socket.SHUT_WR)
    _read_message(wire)
    assert wire.rest() == ""


def _cut_in_the_middle(wire: Wire) -> None:
    wire.send(b"RETR 2\r\n")
    wire.socket.recv(100_000)


def _cut_with_quit_sent_ahead(wire: Wire) -> None:
    wire.send(b"RETR 2\r\nQUIT\r\n")
    wire.socket.recv(100_000)


def _nothing_read_with_quit_sent_ahead(wire: Wire) -> None:
    wire.send(b"RETR 1\r\nRETR 2\r\nQUIT\r\n")


def _reset_with_quit_sent_ahead(wire: Wire) -> None:
    wire.send(b"RETR 2\r\nQUIT\r\n")
    wire.socket.recv(100_000)
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Narrow(Wire):
    """A client whose system takes little before the program reads: what was written is not what
    arrived."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect((HOST, port))
        self._buffer = b""
        self.greeting = self.reply()


@pytest.mark.parametrize(
    ("session", "fetched"),
    [
        (_quit_after_reading, [FIRST]),
        (_twice_and_both, [FIRST, SECOND]),
        (_whole_by_top, [FIRST]),
        (_head_by_top, []),
        (_all_at_once, [FIRST, SECOND]),
        (_all_at_once_half_closed, [FIRST, SECOND]),
        (_gone_without_quit, []),
        (_half_closed_without_quit, []),
        (_cut_in_the_middle, []),
        (_cut_with_quit_sent_ahead, []),
        (_nothing_read_with_quit_sent_ahead, []),
        (_reset_with_quit_sent_ahead, []),
    ],
)
def test_how_a_session_ends(
    session: Callable[[Wire], None], fetched: list[tuple[str, str]]
) -> None:
    with Gateway() as gateway:
        gateway.mailboxes.fill("shop.111", SMALL, LARGE)
        with Wire(gateway.pop3) as wire:
            assert wire.say("USER shop.111").startswith("+OK")
            assert wire.say(f"PASS {PASSWORD}").startswith("+OK")
            session(wire)
        deadline = time.monotonic() + 30
        while gateway.mailboxes.locked and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gateway.mailboxes.locked == set()
        assert gateway.mailboxes.fetched == fetched


def test_written_is_not_arrived() -> None:
    """40 kB leave the gateway at once and wait in its kernel: a QUIT sent ahead does not make them
    fetched."""
    with Gateway() as gateway:
        gateway.mailboxes.fill("shop.111", b"Subject: one\r\n\r\n" + b"a line of text\r\n" * 2_500)
        with Narrow(gateway.pop3) as wire:
            assert wire.say("USER shop.111").startswith("+OK")
            assert wire.say(f"PASS {PASSWORD}").startswith("+OK")
            wire.send(b"RETR 1\r\nQUIT\r\n")
            assert wire.line().startswith("+OK")
            time.sleep(0.2)  # a gateway that did not wait would be done by now
            assert gateway.mailboxes.fetched == []
            assert gateway.mailboxes.locked
        deadline = time.monotonic() + 30
        while gateway.mailboxes.locked and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gateway.mailboxes.fetched == []


def test_over_tls_too(certificates: Path) -> None:
    with Gateway(tls=certificates, implicit_tls=True, remote=True) as gateway:
        gateway.mailboxes.fill("shop.111", SMALL, LARGE)
        client = poplib.POP3_SSL("localhost", gateway.pop3, context=client_tls(certificates))
        client.user("shop.111")
        client.pass_(PASSWORD)
        client.retr(1)
        client.retr(2)
        client.quit()
        assert gateway.mailboxes.fetched == [FIRST, SECOND]


def test_what_cannot_be_written_is_not_acknowledged() -> None:
    with Gateway() as gateway:
        gateway.mailboxes.fill("shop.111", SMALL)
        client = poplib.POP3(HOST, gateway.pop3)
        client.user("shop.111")
        client.pass_(PASSWORD)
        client.retr(1)
        client.dele(1)
        gateway.mailboxes.broken = True
        with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
            client.quit()
        assert gateway.mailboxes.fetched == []
        assert len(gateway.mailboxes.items["shop.111"]) == 1
