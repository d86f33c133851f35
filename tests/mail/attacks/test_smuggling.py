"""SMTP smuggling: an ending that only one of two servers takes for the end hides a second mail in
the first."""

import pytest

from edigate.mail.smtp.data import BareNewline
from tests.mail.gateway import Gateway, Wire

ENDINGS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CRLF.CR": b"\r\n.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRLFNUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NULCRLF": b"\r\n.\0\r\n",
}
SECOND = (
    b"MAIL FROM:<forged@bank.example>\r\nRCPT "
    b"TO:<2800001946@edi.example>\r\nDATA\r\nforged\r\n.\r\n"
)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_but_the_true_end_ends_a_mail(gateway: Gateway, ending: str) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail()
        wire.send(b"Subject: x\r\n\r\nfirst" + ENDINGS[ending] + SECOND)
        reply = wire.reply()
        # One mail (kept with the attempt visible inside, if its line ends are lawful), or none;
        # never two.
        assert reply.startswith("250" if "NUL" in ending else "554 5.6.0 Lines must end with CRLF")
        assert wire.say("NOOP").startswith("250 2.0.0")
        assert len(gateway.mails) == (1 if "NUL" in ending else 0)
        assert all(mail.sender == "edi@partner.example" for mail in gateway.mails)


@pytest.mark.parametrize("ending", ENDINGS)
def test_normalising_does_not_split_either(ending: str) -> None:
    with Gateway(bare_newline=BareNewline.NORMALISE) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail()
        wire.send(b"Subject: x\r\n\r\nfirst" + ENDINGS[ending] + SECOND)
        assert wire.reply().startswith("250")
        assert wire.say("NOOP").startswith("250 2.0.0")
        assert len(gateway.mails) == 1
        assert b"MAIL FROM:<forged@bank.example>" in gateway.mails[0].content


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_ending_is_made_up_across_packets(gateway: Gateway, ending: str) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail()
        for octet in b"x" + ENDINGS[ending] + b"y":
            wire.send(bytes([octet]))
        wire.send(b"\r\n.\r\n")
        assert wire.reply()[:3] in ("250", "554")
        assert wire.say("NOOP").startswith("250 2.0.0")
