"""`serve` as an operator meets it: the first start, the second instance, what is in the way."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edigate.cli.installation import serving
from edigate.config import load
from edigate.mail.accounts import verify_password
from tests.acceptance.cli import edigate
from tests.acceptance.conftest import make
from tests.acceptance.gateway import Gateway

__all__ = ["make"]
pytestmark = pytest.mark.acceptance


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_until_started(folder: Path) -> str:
    """`edigate serve` in a folder, stopped by SIGTERM once it listens; what it printed."""
    log = folder / "serve.log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "edigate", "serve"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=err,
        )
    deadline = time.monotonic() + 60
    while '"started"' not in log.read_text("utf-8"):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.decode("utf-8")


def test_the_embedded_default_prints_its_accounts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings are written by the program itself; only its ports are moved, for others may use
    the default's."""
    monkeypatch.chdir(tmp_path)
    file = Path("edigate-data/config.toml")
    serving._embedded(file)
    settings = load(file)
    text = file.read_text("utf-8")
    for port in (2525, 2587, 2110):
        text = text.replace(f":{port}", f":{free_port()}")
    file.write_text(text, "utf-8")
    assert [t.account for t in settings.tenant] == ["1000000001", "notices"]
    assert os.stat(file).st_mode & 0o077 == 0
    assert os.stat(file.parent).st_mode & 0o077 == 0
    assert (
        run_until_started(tmp_path) == ""
    )  # it has its settings: nothing is generated and nothing printed


def test_the_printed_passwords_are_those_of_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    serving._embedded(Path("edigate-data/config.toml"))
    passwords = re.findall(r"password (\S+)$", capsys.readouterr().out, re.MULTILINE)
    tenant, notices = load(Path("edigate-data/config.toml")).tenant
    for password, hashed in zip(
        passwords, (tenant.password, tenant.archive_password, notices.password), strict=True
    ):
        assert verify_password(password, hashed)


def test_a_second_instance_is_refused(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    done = edigate("serve", "--config", str(gateway.config))
    assert done.returncode == 2
    assert f"pid {gateway.process.pid}" in done.stderr
    assert "Traceback" not in done.stderr
    assert gateway.process.poll() is None
    seen = edigate("doctor", "--config", str(gateway.config))
    assert f"is served by the running edigate (pid {gateway.process.pid})" in seen.stdout
    assert seen.returncode == 0, seen.stdout


def test_a_port_in_use_is_named(make: Callable[..., Gateway]) -> None:
    gateway = make()
    with closing(socket.create_server(("127.0.0.1", gateway.pop3))):
        done = edigate("serve", "--config", str(gateway.config))
        assert done.returncode == 2
        assert f"pop3: cannot listen on 127.0.0.1:{gateway.pop3}" in done.stderr
        seen = edigate("doctor", "--config", str(gateway.config), "--json")
        assert seen.returncode == 2
        assert f"127.0.0.1:{gateway.pop3}" in seen.stdout


def test_an_unknown_key_stops_the_start_and_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "edigate.toml"
    file.write_text('hostname = "a"\ndomain = "b"\ndata = "c"\nadmin = ["x@y.example"]\n', "utf-8")
    done = edigate("serve", "--config", str(file))
    assert done.returncode == 2
    assert "unknown key 'admin'; did you mean 'admins'?" in done.stderr
    assert not (tmp_path / "c").exists()
