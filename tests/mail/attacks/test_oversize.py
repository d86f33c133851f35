"""A mail over the limit with commands inside: it is read to its true end, and nothing in it is
carried out."""

from tests.mail.gateway import Gateway, Wire

COMMANDS = b"\r\nQUIT\r\nMAIL FROM:<forged@bank.example>\r\nRCPT TO:<shop@edi.example>\r\n"


def test_commands_behind_the_limit_are_text() -> None:
    with Gateway(max_size=1000) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail()
        wire.send(b"x" * 2000 + COMMANDS + b"y" * 500_000 + COMMANDS + b"\r\n..\r\n.\r\n")
        assert wire.reply().startswith("552 5.3.4")
        assert wire.say("NOOP").startswith("250 2.0.0")
        wire.begin_mail()
        assert wire.say(b"x" * 996 + b"\r\n.").startswith("250")
        wire.begin_mail()
        assert wire.say(b"x" * 999 + b"\r\n.").startswith("552")
        assert len(gateway.mails) == 1


def test_memory_does_not_grow_with_what_is_thrown_away() -> None:
    import resource

    with Gateway(max_size=1000) as gateway, Wire(gateway.mx) as wire:
        wire.begin_mail()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(60):
            wire.send(b"x" * 1_000_000)
        wire.send(b"\r\n.\r\n")
        assert wire.reply().startswith("552")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB
