"""Names that mean something to file systems, databases or eyes: each is only an account that does
not exist."""

import pytest

from edigate.mail.accounts import parse_address
from tests.mail.gateway import PASSWORD, Gateway, Wire, accounts

NAMES = [
    "../2800001946",
    "..",
    "2800001946/../shop",
    "/etc/passwd",
    "2800001946%00",
    "2800001946\x00",
    "2800001946\x00.111",
    "2800001946\u200b",
    "２８００００１９４６",
    "ѕhop",  # the first letter is Cyrillic
    "shop'--",
    "shop%",
    "s_op",
    "shop.111.111",
    "shop.",
    ".shop",
    "",
    "*",
    "a" * 100_000,
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_as_login(gateway: Gateway, name: str) -> None:
    assert accounts().login(name) is None
    assert accounts().login(f"{name}@edi.example") is None
    if "\n" in name or len(name) > 200:
        return
    with Wire(gateway.pop3) as wire:
        wire.say(f"USER {name}")
        assert wire.say(f"PASS {PASSWORD}").startswith("-ERR")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_as_recipient(gateway: Gateway, name: str) -> None:
    for written in (name, f'"{name}"'):
        address = parse_address(f"{written}@edi.example")
        assert address is None or accounts().at(address) is None
        if len(name) < 200:
            with Wire(gateway.mx) as wire:
                wire.say("EHLO a.example")
                wire.say("MAIL FROM:<a@b.example> SMTPUTF8")
                assert wire.say(f"RCPT TO:<{written}@edi.example>")[:3] in ("550", "501", "500")
