"""Commands sent in the clear behind STARTTLS or STLS must not be carried out as if TLS had
protected them."""

from base64 import b64encode
from pathlib import Path

from tests.mail.gateway import PASSWORD, Gateway, Wire


def test_smtp_commands_in_the_packet_of_starttls(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway, Wire(gateway.mx) as wire:
        wire.say("EHLO a.example")
        wire.send(b"STARTTLS\r\nEHLO forged.example\r\nMAIL FROM:<forged@bank.example>\r\n")
        assert wire.reply().startswith("421 4.7.0")
        assert wire.rest() == ""


def test_smtp_forgets_everything_after_starttls(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway, Wire(gateway.submission) as wire:
        wire.say("EHLO a.example")
        assert wire.say(b"AUTH PLAIN " + b64encode(f"\0shop\0{PASSWORD}".encode())).startswith(
            "235"
        )
        assert wire.say("STARTTLS").startswith("220")
        wire.start_tls(certificates)
        assert wire.say("MAIL FROM:<a@b.example>").startswith("503")
        wire.say("EHLO a.example")
        assert wire.say("MAIL FROM:<a@b.example>").startswith("530")
        assert wire.say("STARTTLS").startswith("503")


def test_starttls_without_a_certificate_and_with_parameters(
    gateway: Gateway, certificates: Path
) -> None:
    with Wire(gateway.mx) as wire:
        assert "STARTTLS" not in wire.say("EHLO a.example")
        assert wire.say("STARTTLS").startswith("454")
    with Gateway(tls=certificates) as running, Wire(running.mx) as wire:
        wire.say("EHLO a.example")
        assert wire.say("STARTTLS now").startswith("501")


def test_garbage_instead_of_a_handshake(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway:
        with Wire(gateway.mx) as wire:
            wire.say("EHLO a.example")
            assert wire.say("STARTTLS").startswith("220")
            wire.send(b"MAIL FROM:<a@b.example>\r\n" * 20)
            assert "250" not in wire.socket.makefile("rb").read().decode("latin-1")
        with Wire(gateway.mx) as wire:
            assert wire.say("NOOP").startswith("250")


def test_pop3_commands_in_the_packet_of_stls(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway, Wire(gateway.pop3) as wire:
        wire.send(f"STLS\r\nUSER shop\r\nPASS {PASSWORD}\r\nSTAT\r\n".encode())
        assert wire.line().startswith("-ERR Commands after STLS")
        assert wire.rest() == ""


def test_pop3_forgets_the_user_after_stls(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway, Wire(gateway.pop3) as wire:
        assert wire.say("USER shop").startswith("+OK")
        assert wire.say("STLS").startswith("+OK")
        wire.start_tls(certificates)
        assert wire.say(f"PASS {PASSWORD}").startswith("-ERR")
