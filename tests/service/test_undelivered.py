"""What cannot be sent on, over a real next hop: the sender is told, else the admins, once, and
nothing in circles."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from edigate.config import Settings
from edigate.mail.dsn import Ending
from edigate.mail.next_hop import RecipientFate, Sent
from edigate.service.gateway import undelivered
from edigate.service.gateway.relay import Relay
from edigate.store import DeliveryKind, DeliveryState, Entrance, NewDelivery, NewMail, Store
from tests.acceptance.gateway import free_port

ADMIN = "ops@admins.example"
SENDER = "edi@partner.example"
MACHINES = (
    b"Auto-Submitted: auto-generated",
    b"Precedence: bulk",
    b"List-Id: <x>",
    b"Content-Type: multipart/report",
)


class Hop:
    """A next hop that takes mail for `accepts` and refuses everybody else for good."""

    def __init__(self, accepts: tuple[str, ...], *, smtputf8: bool) -> None:
        self.accepts = accepts
        self.mails: list[tuple[str, str, bytes]] = []
        self.port = free_port()
        self.smtputf8 = smtputf8

    def controller(self) -> Controller:
        return Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=self.smtputf8)

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address not in self.accepts:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.mails.append(
                (
                    (envelope.mail_from or "").strip("<>"),
                    recipient,
                    envelope.original_content or b"",
                )
            )
        return "250 kept"


class Post:
    """A store, a relay and a next hop."""

    def __init__(self, folder: Path, *accepts: str, smtputf8: bool = True) -> None:
        self.hop = Hop((ADMIN, *accepts), smtputf8=smtputf8)
        self.settings = Settings(
            hostname="edi.example", domain="edi.example", data=folder, admins=(ADMIN,),
            smtp={"smarthost": f"127.0.0.1:{self.hop.port}"},
        )  # fmt: skip
        self.store = Store.open(None, folder)

    def accept(
        self,
        sender: str,
        *recipients: str,
        header: bytes = b"Subject: x",
        origin: Entrance = Entrance.MX,
    ) -> str:
        content = header + b"\r\nMessage-ID: <1@partner.example>\r\n\r\nUNB\r\n"
        deliveries = tuple(NewDelivery(DeliveryKind.RELAY, r) for r in recipients)
        return self.store.accept(NewMail(content, sender, recipients, origin), deliveries)

    def work(self) -> list[tuple[str, str]]:
        """Relay until nothing waits; envelope sender and recipient of every mail the hop took."""

        async def until_quiet() -> None:
            relay = Relay(self.store, lambda: self.settings)
            running = asyncio.create_task(relay.run())
            async with asyncio.timeout(60):
                while self.store.deliveries(unfinished=True):
                    await asyncio.sleep(0.02)
            running.cancel()

        controller = self.hop.controller()
        controller.start()
        try:
            asyncio.run(until_quiet())
        finally:
            controller.stop()
        return [(sender, recipient) for sender, recipient, _ in self.hop.mails]

    def text(self, number: int = 0) -> str:
        message = BytesParser(policy=policy.default).parsebytes(self.hop.mails[number][2])
        return "\n".join(
            p.get_content() for p in message.walk() if p.get_content_type() == "text/plain"
        )


@pytest.mark.parametrize(
    ("first", "hours", "given_up"), [(60, 120, False), (1, 1, False), (3600, 1, True)]
)
@pytest.mark.parametrize("jumped", [timedelta(days=6), timedelta(days=365)])
def test_a_clock_that_jumps_ahead_gives_no_mail_up(
    tmp_path: Path, first: int, hours: int, given_up: bool, jumped: timedelta
) -> None:
    hop = f"127.0.0.1:{free_port()}"  # nobody listens
    settings = Settings(
        hostname="edi.example", domain="edi.example", data=tmp_path, admins=(ADMIN,),
        smtp={"smarthost": hop},
        relay={"first_retry_seconds": first, "expire_hours": hours},
    )  # fmt: skip
    with Store.open(None, tmp_path, clock=lambda: datetime.now(UTC) - jumped) as store:
        new = NewMail(b"Subject: x\r\n\r\nUNB\r\n", SENDER, ("a@else.example",), Entrance.MX)
        mail_id = store.accept(new, (NewDelivery(DeliveryKind.RELAY, "a@else.example"),))

    async def until_tried(store: Store) -> None:
        running = asyncio.create_task(Relay(store, lambda: settings).run())
        async with asyncio.timeout(60):
            while store.deliveries(mail_id=mail_id)[0].last_result is None:
                await asyncio.sleep(0.02)
        running.cancel()

    with Store.open(None, tmp_path) as store:
        asyncio.run(until_tried(store))
        state = store.deliveries(mail_id=mail_id)[0].state
    assert state is (DeliveryState.FAILED if given_up else DeliveryState.QUEUED)


@pytest.mark.parametrize("header", [b"Subject: x", *MACHINES], ids=lambda h: h.decode())
def test_a_sender_is_told_whatever_the_header_says(tmp_path: Path, header: bytes) -> None:
    post = Post(tmp_path, SENDER)
    post.accept(SENDER, "gone@else.example", header=header)
    assert post.work() == [("", SENDER)]
    assert "gone@else.example" in post.text()


def test_a_sender_beyond_ascii_is_told(tmp_path: Path) -> None:
    post = Post(tmp_path, "müller@partner.example")
    post.accept("müller@partner.example", "gone@else.example")
    assert post.work() == [("", "müller@partner.example")]


def test_a_sender_whom_no_next_hop_can_reach_is_told_to_the_admins(tmp_path: Path) -> None:
    post = Post(tmp_path, smtputf8=False)
    mail = post.accept("müller@partner.example", "b@else.example")
    assert post.work() == [("", ADMIN)]
    assert mail in post.text()


@pytest.mark.parametrize("header", [b"Subject: x", *MACHINES], ids=lambda h: h.decode())
def test_without_a_sender_the_admins_are_told_once_for_a_mail(
    tmp_path: Path, header: bytes
) -> None:
    post = Post(tmp_path)
    mail = post.accept(
        "", "gone@else.example", "lost@else.example", "left@else.example", header=header
    )
    assert post.work() == [("", ADMIN)]
    assert mail in post.text()


def test_a_report_that_cannot_be_delivered_goes_to_the_admins_and_no_further(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path)
    post.accept(SENDER, "gone@else.example")
    assert post.work() == [("", ADMIN)]
    post.hop.mails.clear()
    post.hop.accepts = ()
    post.accept(SENDER, "gone@else.example")
    assert post.work() == []
    assert all(
        d.state is DeliveryState.FAILED
        for d in post.store.deliveries()
        if d.attempts and d.recipient != ADMIN
    )


def test_the_same_failure_again_is_no_second_report(tmp_path: Path) -> None:
    post = Post(tmp_path, SENDER)
    post.accept(SENDER, "gone@else.example")
    assert post.work() == [("", SENDER)]
    (failed,) = (d for d in post.store.deliveries() if d.recipient == "gone@else.example")
    post.store.retry_delivery(failed.id, "tester", "again")
    assert post.work() == [("", SENDER)]


def test_what_was_not_taken_in_time_says_so(tmp_path: Path) -> None:
    post = Post(tmp_path, SENDER)
    mail_id = post.accept(SENDER, "gone@else.example")
    (delivery,) = post.store.deliveries()
    mail, content = post.store.mail(mail_id), post.store.mail_content(mail_id)
    result = Sent(delivery.recipient, RecipientFate.TEMPORARY, 451, "4.3.0", "later", "mx:25")
    failure = undelivered.Failure(delivery, mail, content, result, Ending.EXPIRED)
    (made,) = undelivered.told(failure, post.settings, datetime.now(UTC))
    assert b"Ablauf der Frist" in made.mail.content
    assert made.mail.recipients == (SENDER,)


def test_dropping_tells_the_sender_once(tmp_path: Path) -> None:
    post = Post(tmp_path, SENDER)
    mail_id = post.accept(SENDER, "slow@else.example")
    (delivery,) = post.store.deliveries()
    mail, content = post.store.mail(mail_id), post.store.mail_content(mail_id)
    made = undelivered.dropped(delivery, mail, content, post.settings, datetime.now(UTC))
    post.store.drop_delivery(delivery.id, "tester", "not needed", made)
    assert post.work() == [("", SENDER)]
    assert "Betreiber des Gateways" in post.text()
    assert "not needed" not in post.text()
    assert post.store.delivery(delivery.id).state is DeliveryState.FAILED


def test_dropping_what_has_no_sender_tells_nobody(tmp_path: Path) -> None:
    post = Post(tmp_path)
    mail_id = post.accept("", "slow@else.example")
    (delivery,) = post.store.deliveries()
    mail, content = post.store.mail(mail_id), post.store.mail_content(mail_id)
    assert undelivered.dropped(delivery, mail, content, post.settings, datetime.now(UTC)) == ()
