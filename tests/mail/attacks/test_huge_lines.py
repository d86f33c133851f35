"""Lines of megabytes: kept in a body, thrown away as a command."""

from tests.mail.gateway import Gateway, Wire


def test_one_line_interchange_of_twenty_megabytes(gateway: Gateway) -> None:
    line = b"UNA:+.? 'UNB+UNOC:3" + b"'LIN+1" * 3_500_000
    with Wire(gateway.mx) as wire:
        wire.begin_mail()
        wire.send(b"Content-Transfer-Encoding: 7bit\r\n\r\n" + line + b"\r\n.\r\n")
        assert wire.reply().startswith("250")
    assert gateway.mails[0].content.endswith(line + b"\r\n")


def test_command_line_of_megabytes(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.send(b"EHLO " + b"a" * 3_000_000 + b"\r\nNOOP\r\n")
        assert wire.reply().startswith("500")
        assert wire.reply().startswith("250")


def test_header_of_megabytes_and_a_hundred_thousand_fields(gateway: Gateway) -> None:
    with Wire(gateway.mx) as wire:
        wire.begin_mail()
        wire.send(b"X: " + b"a" * 2_000_000 + b"\r\n" + b"Y: b\r\n" * 100_000 + b"\r\nx\r\n.\r\n")
        assert wire.reply().startswith("250")


def test_pop3_command_line_of_megabytes(gateway: Gateway) -> None:
    with Wire(gateway.pop3) as wire:
        wire.send(b"USER " + b"a" * 3_000_000 + b"\r\nQUIT\r\n")
        assert wire.line() == "-ERR Command line too long"
        assert wire.line().startswith("+OK")
