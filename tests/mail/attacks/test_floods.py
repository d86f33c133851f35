"""Floods of commands, recipients and connections: each has a limit that honest clients never
meet."""

import pytest

from edigate.mail.admission import Connections
from tests.mail.gateway import Gateway, Wire


@pytest.mark.parametrize("command", [b"NOOP", b"RSET", b"VRFY x", b"EHLO a.example", b"HELP"])
def test_commands_that_lead_nowhere(gateway: Gateway, command: bytes) -> None:
    with Wire(gateway.mx) as wire:
        wire.send((command + b"\r\n") * 5000)
        replies = wire.rest().splitlines()
    assert replies[-1].startswith("421 4.7.0")
    assert len(replies) < 8000
    with Wire(gateway.mx) as wire:
        assert wire.say("NOOP").startswith("250")


def test_unknown_recipients_are_not_guessed_through(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.send(b"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n")
        for number in range(3000):
            try:
                wire.send(f"RCPT TO:<{number}@edi.example>\r\n".encode())
            except OSError:
                break
        replies = wire.rest()
    assert replies.count("550 5.1.1") <= 21
    assert "421 4.7.0" in replies or replies.count("550") <= 21


def test_thousands_of_recipients() -> None:
    with Gateway(max_recipients=3, smarthost=True) as gateway, Wire(gateway.submission) as wire:
        from base64 import b64encode

        from tests.mail.gateway import PASSWORD

        wire.say("EHLO a.example")
        wire.say(b"AUTH PLAIN " + b64encode(f"\0shop\0{PASSWORD}".encode()))
        wire.say("MAIL FROM:<a@b.example>")
        replies = [wire.say(f"RCPT TO:<{n}@else.example>")[:3] for n in range(50)]
        assert replies == ["250"] * 3 + ["452"] * 47


def test_many_mails_over_one_connection_are_no_flood(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        for _ in range(400):
            wire.begin_mail()
            assert wire.say("x\r\n.").startswith("250")


def test_connections_from_one_address_and_in_all() -> None:
    with Gateway(connections=Connections(total=4, per_peer=3)) as gateway:
        first = [Wire(gateway.mx) for _ in range(3)]
        assert Wire(gateway.mx).greeting.startswith("421 4.7.0")
        assert Wire(gateway.pop3).greeting.startswith("-ERR [SYS/TEMP] Too many connections")
        other = Wire(gateway.mx, source="127.0.0.2")
        assert other.greeting.startswith("220")
        assert Wire(gateway.mx, source="127.0.0.3").greeting.startswith("421")
        for wire in (*first, other):
            wire.say("QUIT")
            wire.socket.close()
        assert Wire(gateway.mx).greeting.startswith("220")


def test_unknown_commands(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n" + b"XYZ\r\n" * 100)
        replies = wire.rest()
    assert replies.count("\n") < 30
