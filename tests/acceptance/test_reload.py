"""`edigate reload`: who asked for new settings and why, and which files were read, stands in the
chain."""

import hashlib
import os
import signal
import time
from collections.abc import Callable

import pytest

from edigate.store import Event, EventKind
from tests.acceptance.cli import edigate
from tests.acceptance.gateway import PATIENCE, Gateway

pytestmark = pytest.mark.acceptance


def reloads(gateway: Gateway, count: int) -> tuple[Event, ...]:
    """The first `count` events of settings read again."""
    deadline = time.monotonic() + PATIENCE
    with gateway.store() as store:
        while len(found := store.log(kinds=[EventKind.RELOADED])) < count:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    return found


def test_who_why_and_what_was_read_are_chained(make: Callable[..., Gateway]) -> None:
    gateway = make()
    config = ("--config", str(gateway.config))
    nobody = edigate("reload", "--reason", "Probe", *config)
    assert nobody.returncode == 2
    gateway.start()
    assert "needs a reason" in edigate("reload", *config).stderr
    text = gateway.config.read_text("utf-8")
    gateway.config.write_text(text.replace('name = "Baumarkt', 'name = "Neuer Baumarkt'), "utf-8")
    done = edigate("reload", "--reason", "Umfirmierung", *config)
    assert done.returncode == 0, done.stderr
    (taken,) = reloads(gateway, 1)
    said = dict(taken.detail)
    assert said["reason"] == "Umfirmierung"
    assert f"(uid {os.getuid()})" in said["by"]
    assert (said["result"], said["pid"]) == ("taken", str(gateway.process.pid))
    digest = hashlib.sha256(gateway.config.read_bytes()).hexdigest()
    assert f"sha256 {digest}" in said["file"]

    gateway.config.write_text("hostname = [", "utf-8")
    with gateway.store() as store:
        deadline = time.monotonic() + PATIENCE
        while (
            not (changes := store.log(kinds=[EventKind.CONFIG_CHANGED]))
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        assert dict(changes[-1].detail)["by"] == said["by"]
    os.kill(gateway.process.pid, signal.SIGHUP)
    bare = dict(reloads(gateway, 2)[-1].detail)
    assert (bare["by"], bare["result"]) == ("SIGHUP", "refused")
    assert f"(uid {gateway.config.stat().st_uid})" in bare["owner"]
    assert f"sha256 {hashlib.sha256(b'hostname = [').hexdigest()}" in bare["file"]
    gateway.config.write_text(text, "utf-8")
    assert edigate("reload", "--reason", "zurück", *config).returncode == 0
