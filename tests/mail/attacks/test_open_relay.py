"""Open relay: every known way of writing a foreign recipient, on both listeners, logged in or
not."""

from base64 import b64encode

import pytest

from tests.mail.gateway import PASSWORD, Gateway, Wire

FOREIGN = [
    "victim@else.example",
    "victim%else.example@edi.example",
    "victim%else.example@[127.0.0.1]",
    "victim@else.example@edi.example",
    '"victim@else.example"@edi.example',
    '"victim@else.example"',
    "@edi.example:victim@else.example",
    "@else.example,@edi.example:2800001946@edi.example",
    "else.example!victim",
    "else.example!victim@edi.example",
    "victim@[127.0.0.1]",
    "victim@[IPv6:::1]",
    "2800001946@edi.example.else.example",
    "2800001946@mx.edi.example",
    "2800001946@edi.example.",
    "2800001946@EDI",
    "victim",
    "postmaster",
    "2800001946@",
    "@edi.example",
    "2800001946 @edi.example",
    "2800001946@edi.example>,<victim@else.example",
    "victim@else.example\x00@edi.example",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_mx_takes_nothing_for_others(gateway: Gateway, address: str) -> None:
    with Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        wire.say("MAIL FROM:<2800001946@edi.example>")
        assert wire.say(f"RCPT TO:<{address}>")[:3] in ("550", "501", "553", "555")
        assert wire.say("DATA").startswith("503")


@pytest.mark.parametrize("address", ["victim@else.example", "victim@[127.0.0.1]"])
def test_mx_takes_nothing_for_others_even_where_a_smarthost_would(address: str) -> None:
    with Gateway(smarthost=True) as gateway, Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        wire.say("MAIL FROM:<2800001946@edi.example>")
        assert wire.say(f"RCPT TO:<{address}>").startswith("550 5.7.1 Relaying denied")


@pytest.mark.parametrize("address", [*FOREIGN, "2800001946@edi.example"])
def test_submission_takes_nothing_without_a_login(gateway: Gateway, address: str) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say("MAIL FROM:<a@b.example>").startswith("530 5.7.0")
        assert wire.say(f"RCPT TO:<{address}>").startswith("530 5.7.0")


@pytest.mark.parametrize("address", FOREIGN)
def test_submission_without_a_smarthost_takes_local_recipients_only(
    gateway: Gateway, address: str
) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say(b"AUTH PLAIN " + b64encode(f"\0shop\0{PASSWORD}".encode())).startswith(
            "235"
        )
        wire.say("MAIL FROM:<a@b.example>")
        assert wire.say(f"RCPT TO:<{address}>")[:3] in ("550", "501", "553", "555")


@pytest.mark.parametrize(
    "archive", ["2800001946.111@edi.example", "SHOP.111@EDI.EXAMPLE", '"shop.111"@edi.example']
)
def test_archive_accounts_take_no_mail_on_any_listener(archive: str) -> None:
    with Gateway(smarthost=True) as gateway:
        for port, login in ((gateway.mx, False), (gateway.submission, True)):
            with Wire(port) as wire:
                wire.say("EHLO a.example")
                if login:
                    assert wire.say(
                        b"AUTH PLAIN " + b64encode(f"\0shop\0{PASSWORD}".encode())
                    ).startswith("235")
                wire.say("MAIL FROM:<a@b.example>")
                assert (
                    wire.say(f"RCPT TO:<{archive}>")
                    == "550 5.7.1 Archive accounts take no mail; write to the account itself"
                )


def test_archive_accounts_submit_nothing(gateway: Gateway) -> None:
    with Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say(b"AUTH PLAIN " + b64encode(f"\0shop.111\0{PASSWORD}".encode())).startswith(
            "535"
        )


def test_no_auth_on_the_mx(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        assert "AUTH" not in wire.say("EHLO a.example")
        assert wire.say(b"AUTH PLAIN " + b64encode(f"\0shop\0{PASSWORD}".encode())).startswith(
            "502"
        )
