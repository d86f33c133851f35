"""Guessing passwords and logins: few tries, no clock that tells, and no login before TLS."""

import time
from base64 import b64encode
from pathlib import Path
from statistics import median

import pytest

from edigate.mail.accounts import verify_password
from edigate.mail.admission import Failures
from tests.mail.gateway import PASSWORD, Gateway, Wire, hashed


def auth(login: str, password: str) -> bytes:
    return b"AUTH PLAIN " + b64encode(f"\0{login}\0{password}".encode())


def test_three_tries_per_smtp_connection(gateway: Gateway) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        replies = [wire.say(auth("shop", f"guess {n}"))[:3] for n in range(3)]
        assert replies == ["535", "535", "421"]
        assert wire.rest() == ""


def test_an_address_that_fails_too_often_is_refused_even_with_the_right_password() -> None:
    with Gateway(failures=Failures(limit=4)) as gateway:
        for _ in range(2):
            with Wire(gateway.pop3) as wire:
                for _ in range(2):
                    wire.say("USER shop")
                    assert wire.say("PASS wrong").startswith("-ERR [AUTH]")
        with Wire(gateway.pop3) as wire:
            wire.say("USER shop")
            assert wire.say(f"PASS {PASSWORD}").startswith("-ERR [SYS/TEMP] Too many failed logins")
        with Wire(gateway.submission) as wire:
            wire.say("EHLO a.example")
            assert wire.say(auth("shop", PASSWORD)).startswith("421 4.7.0")
        with Wire(gateway.submission, source="127.0.0.2") as wire:
            wire.say("EHLO a.example")
            assert wire.say(auth("shop", PASSWORD)).startswith("235")


def test_a_failed_login_costs_time() -> None:
    with Gateway(login_delay=0.5) as gateway, Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        started = time.monotonic()
        assert wire.say(auth("shop", "wrong")).startswith("535")
        assert time.monotonic() - started >= 0.5


def test_unknown_logins_take_as_long_as_wrong_passwords() -> None:
    def seconds(known: bool) -> float:
        started = time.process_time()  # argon2's own threads included
        assert not verify_password("wrong", hashed() if known else None)
        return time.process_time() - started

    seconds(False)  # makes the hash of nobody
    pairs = [(seconds(True), seconds(False)) for _ in range(5)]
    ratio = median(a for a, _ in pairs) / median(b for _, b in pairs)
    assert 0.5 < ratio < 2


def test_replies_do_not_tell_unknown_logins_from_wrong_passwords(gateway: Gateway) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say(auth("shop", "wrong")) == wire.say(auth("nobody", "wrong"))


def test_no_login_before_tls_off_loopback(certificates: Path) -> None:
    with Gateway(tls=certificates, remote=True) as gateway:
        with Wire(gateway.submission) as wire:
            assert "AUTH" not in wire.say("EHLO a.example")
            assert wire.say(auth("shop", PASSWORD)).startswith("538 5.7.11")
            assert wire.say("MAIL FROM:<a@b.example>").startswith("530 5.7.0 Issue STARTTLS")
        with Wire(gateway.pop3) as wire:
            assert wire.say("USER shop").startswith("-ERR [AUTH] TLS is needed")
    with (
        Gateway(remote=True) as gateway,
        Wire(gateway.submission) as wire,
    ):  # no certificate: no login at all
        wire.say("EHLO a.example")
        assert wire.say(auth("shop", PASSWORD)).startswith("538 5.7.11")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"AUTH PLAIN %%%"], "501"),
        ([b"AUTH PLAIN AAAA=AAAA"], "501"),
        ([b"AUTH PLAIN " + b64encode(b"no separators")], "501"),
        ([b"AUTH PLAIN " + b64encode(b"\0a\0b\0c")], "501"),
        ([b"AUTH PLAIN " + b64encode(b"\0\xff\xfe\0\xff")], "535"),
        ([b"AUTH PLAIN", b"*"], "501"),
        ([b"AUTH LOGIN", b"%%%"], "501"),
        ([b"AUTH LOGIN", b"*"], "501"),
        ([b"AUTH LOGIN =", b"="], "535"),
        ([b"AUTH"], "504"),
        ([b"AUTH CRAM-MD5"], "504"),
        ([b"AUTH PLAIN " + b"A" * 20_000], "500"),
    ],
)
def test_broken_answers(gateway: Gateway, lines: list[bytes], code: str) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        replies = [wire.say(line) for line in lines]
        assert replies[-1].startswith(code)
        assert wire.say("NOOP").startswith("250")
        assert wire.say("MAIL FROM:<a@b.example>").startswith("530")


def test_endless_answer_ends_the_session(gateway: Gateway) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say("AUTH PLAIN").startswith("334")
        wire.send(b"A" * 2_000_000)
        assert wire.reply()[:3] in ("421", "")
