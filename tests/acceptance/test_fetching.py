"""Fetched, deleted, or neither: what the store says of a POP3 session that was cut, killed or could
not be written."""

import json
import poplib
import resource
from collections.abc import Callable

import pytest

from tests.acceptance.cli import edigate
from tests.acceptance.gateway import DOMAIN, MAIN, PASSWORD, Gateway, edi_mail
from tests.acceptance.test_trouble import may_write

pytestmark = pytest.mark.acceptance


def opened(gateway: Gateway) -> poplib.POP3:
    client = poplib.POP3("127.0.0.1", gateway.pop3, timeout=60)
    client.user(f"{MAIN}@{DOMAIN}")
    client.pass_(PASSWORD)
    return client


def happened(gateway: Gateway) -> list[tuple[str, str, bool]]:
    """The events of fetching as `log --json` shows them: kind, account, peer."""
    events = json.loads(
        edigate("log", "--json", "--limit", "1000", "--config", str(gateway.config)).stdout
    )
    return [
        (
            e["event"],
            e["account"],
            e["peer"] == e["detail"]["peer"] == "127.0.0.1" and e["detail"]["over"] == "pop3",
        )
        for e in events
        if e["event"] in ("FETCHED", "DELETED_BY_CLIENT")
    ]


def test_killed_between_retr_and_quit(gateway: Gateway) -> None:
    gateway.send(edi_mail(), MAIN)
    client = opened(gateway)
    client.retr(1)
    client.dele(1)
    gateway.kill()
    assert happened(gateway) == []
    gateway.start()
    assert len(gateway.fetch(MAIN, delete=True)) == 1
    gateway.kill()  # at once after the answer: what was acknowledged is there
    assert happened(gateway) == [("FETCHED", MAIN, True), ("DELETED_BY_CLIENT", MAIN, True)]


def test_a_disk_that_is_full_at_quit(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.send(edi_mail(), MAIN)
    client = opened(gateway)
    client.retr(1)
    client.dele(1)
    may_write(gateway, 1)
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
        client.quit()
    may_write(gateway, resource.RLIM_INFINITY)
    gateway.kill()
    assert happened(gateway) == []
    gateway.start()
    assert len(gateway.fetch(MAIN)) == 1
