"""SMTP with smtplib and with exact bytes: what is accepted, as which bytes, with which replies."""

import asyncio
import smtplib
import threading
import time
from base64 import b64encode
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from edigate.errors import Rejected, Unavailable
from edigate.mail.admission import Memory
from edigate.mail.smtp.data import BareNewline
from edigate.mail.smtp.envelope import Envelope
from tests.mail.gateway import HOST, PASSWORD, UMLAUTS, Gateway, Wire, client_tls

MAIN = "2800001946@edi.example"


def body_of(envelope: Envelope) -> bytes:
    """The content without the Received line."""
    received, _, rest = envelope.content.partition(b"\r\n")
    assert received.startswith(b"Received: ")
    return rest


def test_mail_is_kept_byte_for_byte(gateway: Gateway) -> None:
    mail = (
        b"Subject: x\r\n\r\n.\x00\xff\r\n..two\r\n \t\r\nUNA:+.? 'UNB+UNOC:3'"
        + b"x" * 3_000_000
        + b"\r\n.end\r\n"
    )
    with smtplib.SMTP(HOST, gateway.mx) as client:
        assert client.sendmail("edi@partner.example", [MAIN], mail) == {}
    assert body_of(gateway.mails[0]) == mail


def test_envelope_says_who_from_where_and_how(gateway: Gateway) -> None:
    with smtplib.SMTP(HOST, gateway.mx, local_hostname="partner.example") as client:
        client.sendmail(
            "edi@partner.example", [MAIN, "SHOP@EDI.example", "2800001946@EDI.EXAMPLE"], b"x\r\n"
        )
    mail = gateway.mails[0]
    assert (mail.sender, mail.peer, mail.helo, mail.tls) == (
        "edi@partner.example",
        HOST,
        "partner.example",
        None,
    )
    assert [(r.address, r.account) for r in mail.recipients] == [
        (MAIN, "2800001946"),
        ("SHOP@edi.example", "shop"),
    ]
    assert mail.authenticated is None
    assert mail.listener == "mx"
    assert mail.received_at.utcoffset() is not None


def test_received_line_names_the_id_that_the_reply_names(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        reply = wire.say("Subject: x\r\n\r\nx\r\n.")
    mail = gateway.mails[0]
    assert reply == f"250 2.0.0 OK {mail.id}"
    parsed = BytesParser(policy=default).parsebytes(mail.content)
    assert f"id {mail.id} for <{MAIN}>" in parsed["Received"]
    assert "from partner.example ([127.0.0.1]) by mx.edi.example with ESMTP" in parsed["Received"]


def test_empty_mail_and_dot_lines(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        for sent, kept in (
            (b".\r\n", b""),
            (b"..\r\n.\r\n", b".\r\n"),
            (b"...\r\n.x\r\n.\r\n", b"..\r\nx\r\n"),
        ):
            wire.begin_mail(MAIN)
            wire.send(sent)
            assert wire.reply().startswith("250")
            assert body_of(gateway.mails[-1]) == kept


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_end_is_seen_wherever_the_packets_are_cut(gateway: Gateway, step: int) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        wire.socket.setsockopt(6, 1, 1)  # TCP_NODELAY
        octets = b"a\r\n..b\r\n.\r\nNOOP\r\n"
        for start in range(0, len(octets), step):
            wire.send(octets[start : start + step])
            time.sleep(0.002)
        assert wire.reply().startswith("250 2.0.0 OK ")
        assert wire.reply().startswith("250")
    assert body_of(gateway.mails[0]) == b"a\r\n.b\r\n"


def test_whole_dialog_in_one_packet(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        one = b"MAIL FROM:<>\r\nRCPT TO:<2800001946@edi.example>\r\nDATA\r\nx\r\n.\r\n"
        wire.send(b"EHLO a.example\r\n" + one * 20 + b"QUIT\r\n")
        replies = wire.rest()
    assert replies.count("\n250 2.0.0 OK") == 20
    assert replies.endswith("221 2.0.0 mx.edi.example closing connection")
    assert len(gateway.mails) == 20


def test_null_sender_is_an_empty_string(gateway: Gateway) -> None:
    with smtplib.SMTP(HOST, gateway.mx) as client:
        client.sendmail("", [MAIN], b"x\r\n")
    assert gateway.mails[0].sender == ""


def test_recipient_limit_leaves_the_rest_to_a_second_mail() -> None:
    with Gateway(max_recipients=1) as gateway, smtplib.SMTP(HOST, gateway.mx) as client:
        refused = client.sendmail("a@b.example", [MAIN, "shop@edi.example"], b"x\r\n")
        assert refused["shop@edi.example"][0] == 452
        assert len(gateway.mails[0].recipients) == 1


def test_postmaster_is_reached_where_configured(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        wire.say("MAIL FROM:<a@b.example>")
        assert wire.say("RCPT TO:<postmaster>").startswith("550 5.1.1")
    with Gateway(postmaster="ops@else.example") as other, Wire(other.mx) as wire:
        for written in ("Postmaster", "POSTMASTER@edi.example"):
            wire.begin_mail(written)
            assert wire.say("x\r\n.").startswith("250")
        wire.say("MAIL FROM:<a@b.example>")
        assert wire.say("RCPT TO:<postmaster@else.example>").startswith("550 5.7.1")
        assert [[(r.address, r.account) for r in m.recipients] for m in other.mails] == [
            [("ops@else.example", None)]
        ] * 2


def test_size_is_refused_at_mail_when_declared(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        assert wire.say("MAIL FROM:<a@b.example> SIZE=104857601").startswith("552 5.3.4")
        assert wire.say("MAIL FROM:<a@b.example> SIZE=" + "9" * 400).startswith("552")
        assert wire.say("MAIL FROM:<a@b.example> SIZE=104857600 BODY=8BITMIME").startswith("250")


def test_smtputf8_addresses_only_when_announced(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        assert wire.say("MAIL FROM:<jörg@partner.example>").startswith("553 5.6.7")
        assert wire.say("MAIL FROM:<jörg@partner.example> SMTPUTF8").startswith("250")
        assert wire.say(f"RCPT TO:<{MAIN}>").startswith("250")
        assert wire.say("DATA").startswith("354")
        assert wire.say("x\r\n.").startswith("250")
    assert gateway.mails[0].sender == "jörg@partner.example"
    assert gateway.mails[0].smtputf8


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (
            Unavailable("DISK-FULL", "/var/lib/secret is full"),
            "452 4.3.1 Storage is full, try again later",
        ),
        (Unavailable("DATABASE-BUSY", "locked"), "451 4.3.0 Try again later"),
        (Rejected("NO", "Not this\r\n250 OK"), "554 5.6.0 Not this 250 OK"),
        (RuntimeError("secret"), "451 4.3.0 Error on our side, try again later"),
    ],
)
def test_what_goes_wrong_is_said_without_details(error: Exception, reply: str) -> None:
    async def accept(_envelope: Envelope) -> str:
        raise error

    with Gateway(accept=accept) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        assert wire.say("x\r\n.") == reply
        assert wire.say("NOOP").startswith("250")


def test_bare_newlines_are_made_crlf_where_configured() -> None:
    with Gateway(bare_newline=BareNewline.NORMALISE) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        assert wire.say(b"a\nb\rc\r\n\n.\nd\r\n.").startswith("250")
        assert body_of(gateway.mails[0]) == b"a\r\nb\r\nc\r\n\r\n.\r\nd\r\n"


def test_mail_loop_is_broken() -> None:
    with Gateway(max_hops=5) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        assert wire.say(b"received: x\r\n" * 4 + b"\r\nReceived: in the body\r\n.").startswith(
            "250"
        )
        wire.begin_mail(MAIN)
        assert wire.say(b"received: x\r\n" * 5 + b"\r\nx\r\n.").startswith("554 5.6.0 Mail loop")
        assert len(gateway.mails) == 1


def test_memory_budget_says_come_back() -> None:
    with Gateway(memory=Memory(100_000)) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        wire.send(b"x" * 300_000 + b"\r\n")
        assert wire.say(b".").startswith("452 4.3.1")
        wire.begin_mail(MAIN)
        assert wire.say(b"small\r\n.").startswith("250")


def test_memory_of_a_mail_that_breaks_off_is_given_back() -> None:
    budget = Memory(5_000_000)
    with Gateway(memory=budget) as gateway:
        with Wire(gateway.mx) as wire:
            wire.begin_mail(MAIN)
            wire.send(b"x" * 3_000_000)
            while budget.used < 2_000_000:
                time.sleep(0.01)
        deadline = time.monotonic() + 5
        while budget.used and time.monotonic() < deadline:
            time.sleep(0.01)
        assert budget.used == 0


def test_submission_takes_mail_for_others_only_with_a_smarthost(gateway: Gateway) -> None:
    def send(running: Gateway) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP(HOST, running.submission) as client:
            client.login("2800001946", PASSWORD)
            return client.sendmail("a@b.example", [MAIN, "else@where.example"], b"x\r\n")

    assert send(gateway)["else@where.example"][0] == 550
    with Gateway(smarthost=True) as other:
        assert send(other) == {}
        assert [r.account for r in other.mails[0].recipients] == ["2800001946", None]
        assert other.mails[0].authenticated == "2800001946"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("login", ["2800001946", "2800001946@edi.example", "SHOP@EDI.EXAMPLE"])
def test_login_with_or_without_domain(gateway: Gateway, mechanism: str, login: str) -> None:
    with smtplib.SMTP(HOST, gateway.submission) as client:
        client.ehlo()
        client.user, client.password = login, PASSWORD
        client.auth(mechanism, client.auth_plain if mechanism == "PLAIN" else client.auth_login)
        assert client.mail("a@b.example")[0] == 250


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_password_with_umlauts_in_every_form_of_auth(gateway: Gateway, mechanism: str) -> None:
    login, password = b64encode(b"kueche"), b64encode(UMLAUTS.encode())
    both = b64encode(b"\0kueche\0" + UMLAUTS.encode())
    with Wire(gateway.submission) as first, Wire(gateway.submission) as second:
        for wire, initial in ((first, True), (second, False)):
            wire.say("EHLO a.example")
            if mechanism == "PLAIN":
                prompt = [] if initial else [(b"auth plain", "334 ")]
                last = b"AUTH PLAIN " + both if initial else both
            else:
                prompt = [(b"AUTH LOGIN " + login, "334 UGFzc3dvcmQ6")]
                prompt = (
                    prompt
                    if initial
                    else [(b"auth login", "334 VXNlcm5hbWU6"), (login, "334 UGFzc3dvcmQ6")]
                )
                last = password
            for line, reply in prompt:
                assert wire.say(line) == reply
            assert wire.say(last).startswith("235")


def test_starttls_then_login(certificates: Path) -> None:
    with (
        Gateway(tls=certificates, remote=True) as gateway,
        smtplib.SMTP("localhost", gateway.submission) as client,
    ):
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=client_tls(certificates))
        client.ehlo()
        assert client.has_extn("auth")
        assert not client.has_extn("starttls")


def test_tls_from_the_first_byte(certificates: Path) -> None:
    with Gateway(tls=certificates, implicit_tls=True) as gateway:
        with smtplib.SMTP_SSL("localhost", gateway.mx, context=client_tls(certificates)) as client:
            client.sendmail("a@b.example", [MAIN], b"x\r\n")
        assert gateway.mails[0].tls in ("TLSv1.2", "TLSv1.3")


def test_large_mail_over_starttls(certificates: Path) -> None:
    mail = b"x" * 5_000_000 + b"\r\n"
    with Gateway(tls=certificates) as gateway, smtplib.SMTP("localhost", gateway.mx) as client:
        client.starttls(context=client_tls(certificates))
        client.sendmail("a@b.example", [MAIN], mail)
        assert body_of(gateway.mails[0]) == mail
        assert b" with ESMTPS (TLSv1" in gateway.mails[0].content[:300]


def test_stopping_lets_a_mail_finish_and_takes_no_other() -> None:
    with Gateway() as gateway, Wire(gateway.mx) as busy, Wire(gateway.mx) as idle:
        busy.begin_mail(MAIN)
        stopping = threading.Thread(target=gateway.stop, args=(5.0,))
        stopping.start()
        assert idle.reply().startswith("421 4.3.2")
        assert busy.say("x\r\n.").startswith("250")
        assert busy.reply().startswith("421 4.3.2")
        stopping.join(10)
        assert len(gateway.mails) == 1


def test_disconnect_in_the_middle_keeps_nothing(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail(MAIN)
        wire.send(b"half a mail\r\n")
    with Wire(gateway.mx) as wire:
        assert wire.say("NOOP").startswith("250")
    assert gateway.mails == []


@pytest.mark.parametrize(
    "error", [Unavailable("DATABASE-BUSY", "try again"), Rejected("LOOP", "no"), KeyError("defect")]
)
def test_what_goes_wrong_when_the_peer_is_gone_is_logged(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no exception is left that nobody took: the gateway of these tests looks for one."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async def accept(_: Envelope) -> str:
        begun.set()
        await asyncio.to_thread(go_on.wait, 10)
        ended.set()
        raise error

    with Gateway(accept=accept) as gateway:
        with Wire(gateway.mx) as wire:
            wire.begin_mail(MAIN)
            wire.send(b"x\r\n.\r\n")
            assert begun.wait(10)
        gateway.stop()
        go_on.set()
        assert ended.wait(10)
        gateway.run(asyncio.sleep(0))
    said = capsys.readouterr().out
    assert ("smtp.defect" if isinstance(error, KeyError) else "smtp.unavailable") in said
