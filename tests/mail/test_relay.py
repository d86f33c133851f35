"""The way out: byte for byte through real servers, and every refusal sorted into now, later or
never."""

import asyncio
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.mail.dsn import Ending, may_be_answered, non_delivery_report
from edigate.mail.next_hop import RecipientFate, RelayTls, Sent, attempts_within, next_attempt, send
from tests.mail.gateway import HOST, PASSWORD, Gateway, client_tls

MAIN = "2800001946@edi.example"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MAIL = (
    b"Received: from a by b\r\nSubject: x\r\nMessage-ID: <1@partner.example>\r\n\r\n.\r\n..\r\n"
    + b"U" * 100_000
    + b"\r\n"
)


@contextmanager
def scripted(*script: tuple[bytes, bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers lines beginning so with these replies, 250 to others; b"" hangs up. Its
    port and lines."""
    listener = socket.create_server((HOST, 0))
    seen: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            answers = dict(script)
            greeting = answers.get(b"greeting", b"220 ready")
            if not greeting:
                return
            connection.sendall(greeting + b"\r\n")
            in_data = False
            for line in lines:
                seen.append(line)
                if in_data and line != b".\r\n":
                    continue
                usual = b"354 go" if line == b"DATA\r\n" else b"250 ok"
                reply = next((r for start, r in answers.items() if line.startswith(start)), usual)
                if not reply:
                    return
                in_data = reply.startswith(b"354")
                connection.sendall(reply + b"\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1]), seen
    finally:
        listener.close()
        thread.join(5)


def relay(
    port: int, *recipients: str, sender: str = "a@b.example", mail: bytes = MAIL
) -> tuple[Sent, ...]:
    return asyncio.run(
        send(mail, sender, recipients or (MAIN,), HOST, port, hostname="edi.example", timeout=5)
    )


@pytest.mark.parametrize("sender", ["", "edi@partner.example"])
def test_bytes_and_sender_arrive_unchanged(gateway: Gateway, sender: str) -> None:
    results = relay(gateway.mx, MAIN, "shop@edi.example", sender=sender)
    assert [r.fate for r in results] == [RecipientFate.SENT] * 2
    assert results[0].text.startswith("2.0.0 OK ")
    assert gateway.mails[0].sender == sender
    assert gateway.mails[0].content.partition(b"\r\n")[2] == MAIL


def test_each_recipient_has_its_own_result(gateway: Gateway) -> None:
    results = relay(gateway.mx, "nobody@edi.example", MAIN)
    assert [(r.fate, r.status) for r in results] == [
        (RecipientFate.PERMANENT, "5.1.1"),
        (RecipientFate.SENT, "2.0.0"),
    ]
    assert [r.account for r in gateway.mails[0].recipients] == ["2800001946"]


def test_starttls_implicit_tls_and_login(certificates: Path) -> None:
    async def out(port: int, tls: RelayTls, **login: str) -> tuple[Sent, ...]:
        context = client_tls(certificates)
        options = {"hostname": "edi.example", "tls": tls, "tls_context": context, **login}
        return await send(MAIL, "a@b.example", [MAIN], "localhost", port, **options)  # type: ignore[arg-type]

    with Gateway(tls=certificates, remote=True) as gateway:
        assert asyncio.run(out(gateway.mx, RelayTls.STARTTLS))[0].fate is RecipientFate.SENT
        assert gateway.mails[0].tls
        login = {"username": "shop", "password": PASSWORD}
        assert (
            asyncio.run(out(gateway.submission, RelayTls.STARTTLS, **login))[0].fate
            is RecipientFate.SENT
        )
        assert gateway.mails[1].authenticated == "shop"
        # A wrong password is ours to mend: the mail waits.
        wrong = asyncio.run(
            out(gateway.submission, RelayTls.STARTTLS, username="shop", password="wrong")
        )
        assert (wrong[0].fate, wrong[0].code) == (RecipientFate.TEMPORARY, 535)
    with Gateway(tls=certificates, implicit_tls=True) as gateway:
        assert asyncio.run(out(gateway.mx, RelayTls.IMPLICIT))[0].fate is RecipientFate.SENT
    with Gateway() as gateway:  # a host without STARTTLS gets nothing in the clear
        assert asyncio.run(out(gateway.mx, RelayTls.STARTTLS))[0].fate is RecipientFate.TEMPORARY
        assert gateway.mails == []


def test_certificate_nobody_vouches_for_is_refused(certificates: Path) -> None:
    async def out(port: int) -> tuple[Sent, ...]:
        return await send(
            MAIL, "", [MAIN], "localhost", port, hostname="edi.example", tls=RelayTls.STARTTLS
        )

    with Gateway(tls=certificates) as gateway:
        assert asyncio.run(out(gateway.mx))[0].fate is RecipientFate.TEMPORARY
        assert gateway.mails == []


@pytest.mark.parametrize(
    ("script", "fate", "status"),
    [
        ((b"greeting", b"554 5.7.1 go away"), RecipientFate.TEMPORARY, "5.7.1"),
        ((b"greeting", b"421 busy"), RecipientFate.TEMPORARY, "4.0.0"),
        ((b"greeting", b""), RecipientFate.TEMPORARY, "4.4.1"),
        ((b"MAIL", b"550 5.1.8 bad sender"), RecipientFate.PERMANENT, "5.1.8"),
        ((b"MAIL", b"451 later"), RecipientFate.TEMPORARY, "4.0.0"),
        ((b"RCPT", b"550 5.1.1 unknown"), RecipientFate.PERMANENT, "5.1.1"),
        ((b"RCPT", b"450 4.2.0 greylisted"), RecipientFate.TEMPORARY, "4.2.0"),
        ((b"RCPT", b"550 4.7.0 for now"), RecipientFate.TEMPORARY, "4.7.0"),
        ((b"DATA", b"554 no"), RecipientFate.PERMANENT, "5.0.0"),
        ((b".\r\n", b"552 5.3.4 too large"), RecipientFate.PERMANENT, "5.3.4"),
        ((b".\r\n", b"452 4.3.1 full"), RecipientFate.TEMPORARY, "4.3.1"),
        ((b".\r\n", b""), RecipientFate.TEMPORARY, "4.4.1"),
        ((b"RCPT", b""), RecipientFate.TEMPORARY, "4.4.1"),
    ],
)
def test_refusals_are_sorted(script: tuple[bytes, bytes], fate: RecipientFate, status: str) -> None:
    with scripted(script) as (port, _):
        (result,) = relay(port)
    assert (result.fate, result.status) == (fate, status)


def test_refused_recipient_stays_refused_when_the_connection_breaks_later() -> None:
    with scripted((b"RCPT TO:<nobody", b"550 5.1.1 no"), (b".\r\n", b"")) as (port, _):
        results = relay(port, "nobody@else.example", "b@else.example")
    assert [r.fate for r in results] == [RecipientFate.PERMANENT, RecipientFate.TEMPORARY]


def test_nobody_listens() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    (result,) = relay(port)
    assert (result.fate, result.code, result.status) == (RecipientFate.TEMPORARY, 0, "4.4.1")


def test_wire_is_stuffed_and_otherwise_the_same() -> None:
    with scripted() as (port, seen):
        assert relay(port)[0].fate is RecipientFate.SENT
    body = seen[seen.index(b"DATA\r\n") + 1 : seen.index(b".\r\n")]
    assert b"".join(line[1:] if line.startswith(b".") else line for line in body) == MAIL
    assert b"MAIL FROM:<a@b.example>" in seen[1]


def test_address_cannot_carry_a_command() -> None:
    with scripted() as (port, seen):
        results = relay(port, "b@else.example>\r\nRCPT TO:<c@else.example", "d@else.example")
    assert [(r.fate, r.status) for r in results] == [
        (RecipientFate.PERMANENT, "5.1.3"),
        (RecipientFate.SENT, "2.0.0"),
    ]
    assert [line for line in seen if line.startswith(b"RCPT")] == [b"RCPT TO:<d@else.example>\r\n"]
    assert relay(1, sender="a@b.example>\r\nRSET")[0].fate is RecipientFate.PERMANENT


@given(st.integers(1, 1000), st.floats(1, 100), st.integers(0, 10))
def test_pauses_double_up_to_the_longest(attempts: int, first: float, seed: int) -> None:
    pause = next_attempt(attempts, NOW, first=first, longest=7200, jitter=random.Random(seed)) - NOW
    usual = min(7200.0, first * 2.0 ** min(attempts - 1, 40))
    assert timedelta(seconds=usual * 0.89) <= pause <= timedelta(seconds=usual * 1.11)


@given(period=st.integers(1, 400_000), first=st.floats(1, 86400))
def test_attempts_are_time_without_a_clock(period: int, first: float) -> None:
    least = attempts_within(timedelta(seconds=period), first=first)
    waited = [min(7200.0, first * 2.0 ** min(n, 40)) for n in range(least)]
    assert sum(waited) > period >= sum(waited[:-1])


FAILED = [
    Sent(
        "b@else.example",
        RecipientFate.PERMANENT,
        550,
        "5.1.1",
        "no such user",
        "mx.else.example:25",
    )
]


def report(
    message: bytes = MAIL, sender: str = "edi@partner.example", ending: Ending = Ending.REFUSED
) -> bytes | None:
    return non_delivery_report(
        message,
        sender,
        FAILED,
        hostname="edi.example",
        postmaster="postmaster@edi.example",
        mail_id="m1",
        received_at=NOW,
        created_at=NOW,
        ending=ending,
    )


def test_report_is_one_of_rfc_3464() -> None:
    octets = report()
    assert octets is not None
    assert octets == report()
    mail = BytesParser(policy=default).parsebytes(octets)
    assert mail.get_content_type() == "multipart/report"
    assert mail["Content-Type"].params["report-type"] == "delivery-status"
    assert mail["To"] == "edi@partner.example"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == "<1@partner.example>"
    text, status, header = mail.iter_parts()
    assert "b@else.example" in text.get_content()
    blocks = status.get_payload()
    assert isinstance(blocks, list)
    per_message, per_recipient = blocks
    assert isinstance(per_message, Message)
    assert isinstance(per_recipient, Message)
    assert per_message["Reporting-MTA"] == "dns; edi.example"
    assert dict(per_recipient.items())["Final-Recipient"] == "rfc822; b@else.example"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert per_recipient["Diagnostic-Code"] == "smtp; 550 no such user"
    assert b"Subject: x" in header.get_payload(decode=True)
    assert b"UUUU" not in octets
    assert "nach Ablauf der Frist" not in text.get_content()
    expired = report(ending=Ending.EXPIRED)
    assert expired is not None
    assert b"Ablauf der Frist" in expired


@pytest.mark.parametrize("sender", ["a@b.example", "müller@b.example", "a@müller.example"])
@pytest.mark.parametrize(
    "header",
    [
        b"Subject: x",
        b"Auto-Submitted: no",
        b"Auto-Submitted: auto-generated",
        b"auto-submitted:\tauto-replied",
        b"Precedence: bulk",
        b"Precedence: list\r\nList-Id: <x>",
        b"X-Loop: yes\r\nContent-Type: multipart/report",
    ],
)
def test_every_sender_but_the_null_one_is_owed_a_report(header: bytes, sender: str) -> None:
    message = header + b"\r\n\r\nbody\r\n"
    assert may_be_answered(sender)
    octets = report(message, sender)
    assert octets is not None
    assert octets.isascii()


@pytest.mark.parametrize("sender", ["", "<>", "no address", "a@b.example>\r\nRSET"])
def test_nobody_else_can_be_told(sender: str) -> None:
    assert not may_be_answered(sender)
    assert report(MAIL, sender) is None
