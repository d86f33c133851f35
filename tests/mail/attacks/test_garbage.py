"""Anything at all sent to a listener: it answers in its protocol, tells nothing of its inside, and
serves the next."""

import re
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mail.gateway import PASSWORD, Gateway, Wire

SMTP = st.sampled_from(
    (
        *(
            b"EHLO a.example\r\n",
            b"HELO\r\n",
            b"MAIL FROM:<>\r\n",
            b"MAIL FROM:<a@b.example> SIZE=1\r\n",
            b"MAIL\r\n",
        ),
        *(
            b"RCPT TO:<shop@edi.example>\r\n",
            b"RCPT TO:<a@b.example>\r\n",
            b"DATA\r\n",
            b"x\r\n.\r\n",
            b".\r\n",
            b"\r\n",
        ),
        *(
            b"RSET\r\n",
            b"AUTH PLAIN\r\n",
            b"AUTH LOGIN eA==\r\n",
            b"*\r\n",
            b"STARTTLS\r\n",
            b"VRFY\r\n",
            b"HELP\r\n",
        ),
        *(
            b"\x16\x03\x01\x02\x00\x01\r\n",
            b"\xff\xf4\xff\xfd\r\n",
            b"EXPN x\n",
            b"MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8\r\n",
        ),
    )
)
REPLY = re.compile(r"[2345]\d\d[ -][^\x00-\x1f]*")
TOLD = re.compile(r"Traceback|Error\(|Exception|/edigate/|\.py")
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(st.lists(st.one_of(SMTP, st.binary(max_size=30)), max_size=15), st.booleans())
def test_smtp(gateway: Gateway, pieces: list[bytes], submission: bool) -> None:
    with Wire(gateway.submission if submission else gateway.mx) as wire:
        wire.send(b"".join(pieces) + b"\r\n.\r\n*\r\nRSET\r\nQUIT\r\n")
        text = wire.rest()
    for line in text.splitlines():
        assert REPLY.fullmatch(line), line
    assert not TOLD.search(text)
    assert "451" not in text  # the reply to a defect of ours


@few
@given(
    st.lists(
        st.one_of(
            st.sampled_from((b"STAT\r\n", b"RETR 1\r\n", b"AUTH\r\n")), st.binary(max_size=30)
        ),
        max_size=15,
    )
)
def test_pop3(gateway: Gateway, pieces: list[bytes]) -> None:
    gateway.mailboxes.fill("shop", b"Subject: x\r\n\r\nx\r\n")
    with Wire(gateway.pop3) as wire:
        wire.send(f"USER shop\r\nPASS {PASSWORD}\r\n".encode() + b"".join(pieces) + b"\r\nQUIT\r\n")
        assert not TOLD.search(wire.rest())
    until_it_is_free(gateway)


def until_it_is_free(gateway: Gateway) -> None:
    """Log in as a client does that finds the mailbox in use: again after a moment, on a new
    connection."""
    for _ in range(100):
        with Wire(gateway.pop3) as wire:
            wire.say("USER shop")
            if not wire.say(f"PASS {PASSWORD}").startswith("-ERR [IN-USE]"):
                assert wire.say("NOOP").startswith("+OK")
                return
        time.sleep(0.05)
    raise AssertionError("the mailbox stays in use")
