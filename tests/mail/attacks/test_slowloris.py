"""Peers that drip bytes to hold connections: each state has its clock."""

import time

import pytest

from tests.mail.gateway import PASSWORD, Gateway, Wire


def drip(wire: Wire, octet: bytes, every: float, longest: float) -> float:
    """Send one byte at a time until the peer hangs up; seconds it took."""
    started = time.monotonic()
    wire.socket.settimeout(every)
    while time.monotonic() - started < longest:
        try:
            wire.send(octet)
            if not wire.socket.recv(1000):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


@pytest.mark.parametrize("first", ["", "EHLO a.example"])
def test_command_that_never_ends(first: str) -> None:
    with Gateway(idle=0.5) as gateway, Wire(gateway.mx) as wire:
        if first:
            wire.say(first)
        assert drip(wire, b"x", 0.1, 20) < 10


def test_body_that_never_ends() -> None:
    with Gateway(idle=0.5, min_rate=1000) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail()
        assert drip(wire, b"x", 0.05, 20) < 10
        assert gateway.mails == []


def test_honest_slow_body_is_let_through() -> None:
    with Gateway(idle=1.5, min_rate=1000) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail()
        for _ in range(6):
            wire.send(b"x" * 1000 + b"\r\n")
            time.sleep(0.3)
        assert wire.say(".").startswith("250")


def test_silence_is_told_421() -> None:
    with Gateway(idle=0.2) as gateway, Wire(gateway.mx) as wire:
        assert wire.reply().startswith("421 4.4.2")


def test_pop3_before_login_has_a_short_clock() -> None:
    with Gateway(pop3={"login_idle": 0.5}) as gateway, Wire(gateway.pop3) as wire:
        assert drip(wire, b"x", 0.1, 20) < 10


def test_pop3_autologout_deletes_nothing() -> None:
    with Gateway(pop3={"idle": 1.0}) as gateway:
        gateway.mailboxes.fill("shop", b"x\r\n")
        with Wire(gateway.pop3) as wire:
            wire.say("USER shop")
            assert wire.say(f"PASS {PASSWORD}").startswith("+OK")
            assert wire.say("DELE 1").startswith("+OK")
            wire.rest()
        assert len(gateway.mailboxes.items["shop"]) == 1
        assert not gateway.mailboxes.locked


def test_peer_that_does_not_read_its_replies() -> None:
    """Replies that nobody takes are not collected in memory, and do not stop others from being
    served."""
    with Gateway(pop3={"idle": 0.5}) as gateway:
        gateway.mailboxes.fill("shop", b"x" * 20_000_000 + b"\r\n")
        with Wire(gateway.pop3) as wire:
            wire.say("USER shop")
            wire.say(f"PASS {PASSWORD}")
            wire.send(b"RETR 1\r\n" * 50)
            given_up = time.monotonic() + 20
            while gateway.mailboxes.locked and time.monotonic() < given_up:
                time.sleep(0.1)
            assert not gateway.mailboxes.locked
