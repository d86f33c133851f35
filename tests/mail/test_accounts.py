"""Addresses, logins and passwords."""

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.mail.accounts import (
    Account,
    Accounts,
    Address,
    Passwords,
    hash_password,
    parse_address,
    parse_path,
    verify_password,
)
from edigate.mail.admission import Failures, is_loopback, network_of
from tests.mail.gateway import PASSWORD, accounts, hashed


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@b.example", Address("a", "b.example")),
        ("A.b+c@B.EXAMPLE", Address("A.b+c", "b.example")),
        ('"a b"@b.example', Address("a b", "b.example")),
        (r'"a\"@b"@b.example', Address('a"@b', "b.example")),
        ("a@[192.0.2.1]", Address("a", "[192.0.2.1]")),
        ("jörg@müller.example", Address("jörg", "müller.example")),
        ("a@localhost", Address("a", "localhost")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            ".a@c",
            "a.@c",
            "a..b@c",
            "a@-c",
            "a@c..d",
            "a@c.",
            "a@c d",
            '"a@c',
        ),
        *(
            "a\n@c",
            "a@[]",
            "@x:a@b",
            "a,b@c",
            "a@c>",
            "<a@c>",
            "a@c\r\nx",
            '"a\nb"@c',
            "a@_c",
            "a@c_",
        ),
        *("a" * 80 + "@c", "a@" + "c" * 300),
    ],
)
def test_not_addresses(text: str) -> None:
    assert parse_address(text) is None


@given(st.text(min_size=1, max_size=30).map(lambda text: text.replace("\x7f", "")))
def test_written_address_is_read_back(local: str) -> None:
    address = Address(local, "b.example")
    read = parse_address(str(address))
    assert read is None or read == address
    if local.isascii() and local.isprintable():
        assert read == address


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<>", (None, "")),
        (" <a@b> ", (Address("a", "b"), "")),
        ("<a@b> SIZE=1 X", (Address("a", "b"), "SIZE=1 X")),
        ("a@b", None),
        ("<a@b", None),
        ("<a@b>x", None),
        ("<<a@b>>", None),
    ],
)
def test_paths(text: str, path: object) -> None:
    assert parse_path(text) == path


def test_accounts_by_address_and_login() -> None:
    book = accounts()
    for login in ("2800001946.111", "2800001946.111@edi.example", " 2800001946.111@EDI.Example "):
        found = book.login(login)
        assert found is not None
        assert found.archive
    assert book.login("2800001946@else.example") is None
    assert book.at(Address("SHOP", "edi.example")) is not None
    assert book.at(Address("shop", "else.example")) is None
    assert book.local(Address("nobody", "edi.example"))


def test_passwords() -> None:
    assert hash_password("x").startswith("$argon2id$")
    assert hash_password("x") != hash_password("x")
    assert verify_password(PASSWORD, hashed())
    assert not verify_password(PASSWORD + " ", hashed())
    assert not verify_password(PASSWORD, None)
    assert not verify_password(PASSWORD, "not a hash")
    assert not verify_password("\ud800", hashed())
    for unfit in ("", "x" * 1025):
        with pytest.raises(ValueError, match="1 to 1024"):
            hash_password(unfit)
    longest = "x" * 1024
    assert verify_password(longest, hash_password(longest))
    assert not verify_password(longest + "x", hash_password(longest))


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the thread of every hash that is computed."""
    threads: list[str] = []

    def noted(password: str, hashed: str | None) -> bool:
        threads.append(threading.current_thread().name)
        return verify_password(password, hashed)

    monkeypatch.setattr("edigate.mail.accounts.verify_password", noted)
    return threads


async def test_recent_success_is_cheap_until_the_hash_changes(hashing: list[str]) -> None:
    passwords, book = Passwords(), accounts()
    assert await passwords.check(book, "shop", PASSWORD) is not None
    for _ in range(50):
        assert await passwords.check(book, "SHOP@edi.example", PASSWORD) is not None
    assert len(hashing) == 1
    assert await passwords.check(book, "shop", "wrong") is None
    changed = Accounts("edi.example", [Account("shop", hash_password("another"))])
    assert await passwords.check(changed, "shop", PASSWORD) is None
    passwords.close()


async def test_hashing_does_not_hold_up_the_loop(hashing: list[str]) -> None:
    passwords, book = Passwords(), accounts()
    await asyncio.gather(*(passwords.check(book, "shop", f"wrong {n}") for n in range(6)))
    passwords.close()
    assert len(hashing) == 6
    assert threading.current_thread().name not in hashing


def test_secrets_are_not_shown() -> None:
    assert "argon2" not in repr(Account("a", "$argon2id$x"))


@pytest.mark.parametrize(
    ("peer", "network", "loopback"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.8.8", "127.8.8.8", True),
        ("192.0.2.7", "192.0.2.7", False),
        ("::1", "::/64", True),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", False),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("fe80::1%eth0", "fe80::/64", False),
        ("", "", False),
    ],
)
def test_peers(peer: str, network: str, loopback: bool) -> None:
    assert (network_of(peer), is_loopback(peer)) == (network, loopback)


def test_failures_are_forgotten_after_their_window() -> None:
    failures = Failures(limit=2, window=1.5)
    failures.add("192.0.2.1")
    assert not failures.blocked("192.0.2.1")
    failures.add("192.0.2.1")
    assert failures.blocked("192.0.2.1")
    assert not failures.blocked("192.0.2.2")
    time.sleep(1.6)
    assert not failures.blocked("192.0.2.1")
