"""A reload with other values for every key that counts for new connections: each is tried on a
connection made afterwards, and a connection made before goes on as it was."""

import contextlib
import poplib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import pytest

from edigate.config import Effect, effects
from tests.acceptance.cli import edigate
from tests.acceptance.gateway import DOMAIN, MAIN, NOTICES, PATIENCE, Gateway
from tests.mail.gateway import certificate

pytestmark = pytest.mark.acceptance

_SMTP = """max_message_bytes = 70000
max_recipients = 2
max_connections = 6
max_connections_per_address = 4
bare_newline = "normalise"
timeout_seconds = 3
smarthost = "127.0.0.1:9"
"""
_POP3 = "max_connections = 1\ntimeout_seconds = 700\n"


@contextlib.contextmanager
def smtp(port: int) -> Iterator[tuple[smtplib.SMTP, str]]:
    """A connection that has said EHLO, and the greeting."""
    with smtplib.SMTP(timeout=20) as client:
        greeting = client.connect("127.0.0.1", port)[1].decode()
        client.ehlo()
        yield client, greeting


def hostname(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (_, greeting):
        assert greeting.startswith("new.edi.example")
    client = poplib.POP3("127.0.0.1", gateway.pop3, timeout=20)
    assert b"new.edi.example" in client.getwelcome()
    client.close()


def domain(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (client, _):
        client.mail("a@partner.example")
        assert client.rcpt(f"{MAIN}@other.example")[0] == 250
        assert client.rcpt(f"{MAIN}@{DOMAIN}")[0] == 550


def admins(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (client, _):
        client.mail("a@partner.example")
        assert client.rcpt("postmaster")[0] == 550, "nobody is there any more who reads it"


def max_message_bytes(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (client, _):
        assert client.esmtp_features["size"] == "70000"


def max_recipients(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (client, _):
        client.mail("a@partner.example")
        names = (MAIN, NOTICES, "2800002001")
        codes = [client.rcpt(f"{name}@other.example")[0] for name in names]
        assert codes == [250, 250, 452]


def max_connections_per_address(gateway: Gateway) -> None:
    assert _taken(gateway.mx, gateway.mx, gateway.mx, gateway.mx, gateway.mx) == [220] * 4 + [421]


def max_connections(gateway: Gateway) -> None:
    """Both ports count as one; the limit for one address comes first, so that is what is seen."""
    mixed = (gateway.mx, gateway.submission) * 3
    assert _taken(*mixed) == [220] * 4 + [421] * 2


def bare_newline(gateway: Gateway) -> None:
    with smtp(gateway.mx) as (client, _):
        client.mail("a@partner.example")
        client.rcpt(f"{MAIN}@other.example")
        assert client.docmd("DATA")[0] == 354
        client.send(b"Subject: x\r\n\r\none\ntwo\r\n.\r\n")
        assert client.getreply()[0] == 250


def timeout_seconds(gateway: Gateway) -> None:
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.mx), timeout=60) as idle:
        while idle.recv(1000):
            pass
    assert time.monotonic() - started < 50, "300 seconds were the old value"


def smarthost(gateway: Gateway) -> None:
    with smtplib.SMTP("127.0.0.1", gateway.submission, timeout=20) as client:
        client.login(MAIN, "Rhabarber 12 Kompott")
        client.mail(f"{MAIN}@other.example")
        assert client.rcpt("somebody@elsewhere.example")[0] == 250


def tls(gateway: Gateway) -> None:
    with smtplib.SMTP("localhost", gateway.mx, timeout=20) as client:
        context = ssl.create_default_context(cafile=str(gateway.folder / "tls" / "cert.pem"))
        client.starttls(context=context)
        assert client.noop()[0] == 250


def pop3_max_connections(gateway: Gateway) -> None:
    first = poplib.POP3("127.0.0.1", gateway.pop3, timeout=20)
    with pytest.raises(poplib.error_proto, match="Too many"):
        poplib.POP3("127.0.0.1", gateway.pop3, timeout=20)
    first.quit()


_PROBES: dict[str, Callable[[Gateway], None]] = {
    "hostname": hostname,
    "domain": domain,
    "admins": admins,
    "smtp.max_message_bytes": max_message_bytes,
    "smtp.max_recipients": max_recipients,
    "smtp.max_connections": max_connections,
    "smtp.max_connections_per_address": max_connections_per_address,
    "smtp.bare_newline": bare_newline,
    "smtp.timeout_seconds": timeout_seconds,
    "smtp.smarthost": smarthost,
    "tls.certificate": tls,
    "tls.key": tls,
    "pop3.max_connections": pop3_max_connections,
}
_TOO_SLOW = {"pop3.timeout_seconds"}
"""Ten minutes at least (RFC 1939); tests/mail/test_pop3_dialog.py tries what it is set to."""


def _taken(*ports: int) -> list[int]:
    """The first replies on connections that are all open at once."""
    with contextlib.ExitStack() as opened:
        replies = []
        for port in ports:
            peer = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            replies.append(int(peer.recv(1000)[:3]))
        return replies


@pytest.fixture
def reloaded(make: Callable[..., Gateway]) -> Gateway:
    """A gateway that was told to take other values for all these keys."""
    gateway = make()
    (gateway.folder / "tls").mkdir()
    pem, key = certificate(gateway.folder / "tls")
    gateway.start()
    text = gateway.config.read_text("utf-8")
    changed = (
        text.replace("gw.edi.example", "new.edi.example")
        .replace(f'domain = "{DOMAIN}"', 'domain = "other.example"')
        .replace(f'admins = ["{NOTICES}@{DOMAIN}"]', "admins = []")
        .replace("[smtp]\n", f"[smtp]\n{_SMTP}")
        .replace("[pop3]\n", f"[pop3]\n{_POP3}")
        + f'\n[tls]\ncertificate = "{pem}"\nkey = "{key}"\n'
    )
    gateway.config.write_text(changed, "utf-8")
    done = edigate("reload", "--reason", "Probe", "--config", str(gateway.config))
    assert done.returncode == 0, done.stderr
    gateway.wait_for("reload.done")
    return gateway


def test_every_key_for_new_connections_is_tried() -> None:
    keys = {key for key, effect in effects().items() if effect is Effect.CONNECTION}
    assert keys == set(_PROBES) | _TOO_SLOW


def test_new_values_count_for_new_connections(reloaded: Gateway) -> None:
    for key, probe in _PROBES.items():
        deadline = time.monotonic() + PATIENCE
        while True:  # what the last probe left open is counted until it is closed here too
            try:
                probe(reloaded)
                break
            except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError, poplib.error_proto):
                assert time.monotonic() < deadline, key
                time.sleep(0.1)
    assert "reload.needs-restart" not in {said["event"] for said in reloaded.events()}


def test_what_needs_a_restart_is_named(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    text = gateway.config.read_text("utf-8")
    gateway.config.write_text(
        text.replace("count = 1", "count = 2").replace("gw.edi.", "new.edi."), "utf-8"
    )
    config = str(gateway.config)
    assert edigate("reload", "--reason", "Probe", "--config", config).returncode == 0
    assert gateway.wait_for("reload.needs-restart")["keys"] == ["workers.count"]
