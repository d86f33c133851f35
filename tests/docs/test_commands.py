"""Every command of README.md and OPERATIONS.md runs as it stands: in a shell, in order, from a
clean checkout.

Paths of a server (`/etc/edigate`, `/var/lib/edigate`, `/backup`) are folders of the test; what
needs another machine or another account stands in a table with its reason.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edigate.store import Store
from tests.docs.source import ROOT

NOT_RUN = {
    r"\. \.venv/bin/activate": "the suite runs in that environment",
    r"make (demo|test)\b": "the suite itself, and tests of the demo",
    r"\.venv/bin/python -m pip wheel": "building needs what a checkout installs",
    r"useradd|python3 -m venv /opt|/opt/edigate/bin/pip": "installs a server",
    r"\$EDITOR": "a person types",
    r"rsync|cp -a|sqlite3|postfix|postmap|pg_dump": "programs of others, not installed everywhere",
}
"""Beginning of a command (a regular expression) -> why the test does not run it."""
PARTNERS = "gln,name,street,postcode,city,country,vat_id,tax_number\n"
PLACES = ("/etc/edigate", "/var/lib/edigate", "/backup", "/opt/edigate/bin/")


def blocks(document: str) -> list[list[str]]:
    """The commands of each shell block, without comments."""
    text = (ROOT / document).read_text("utf-8")
    found = []
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        lines = (re.sub(r"\s+#.*$", "", line).strip() for line in block.splitlines())
        found.append([line for line in lines if line and not line.startswith("#")])
    return found


def why_not(command: str) -> str | None:
    """Why a command is not run here."""
    return next((why for known, why in NOT_RUN.items() if re.match(known, command)), None)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with `edigate` on the path, and a server's folders."""
    place = tmp_path / "checkout"
    place.mkdir()
    shutil.copytree(ROOT / "fixtures", place / "fixtures")
    shutil.copy(ROOT / "fixtures" / "d01b-invoice" / "in.edi", place / "message.edi")
    (place / "new.csv").write_text(
        PARTNERS + "4399902000119,Beispiel GmbH,Weg 1,24103,Kiel,DE,,\n", "utf-8"
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "edigate").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m edigate "$@"\n', "utf-8"
    )
    (programs / "edigate").chmod(0o755)
    for folder in ("etc/edigate", "var/lib/edigate", "backup"):
        (tmp_path / folder).mkdir(parents=True)
    edited(tmp_path)
    Store.open(None, tmp_path / "var/lib/edigate").close()
    return place


def edited(folder: Path) -> None:
    """The settings as the operator leaves them ("then edit" stands behind the command that makes
    the file)."""
    (folder / "etc/edigate/edigate.toml").write_text(
        'hostname = "edi.example.com"\ndomain = "edi.example.com"\ndata = '
        f'"{folder}/var/lib/edigate"\n'
        '[smtp]\nlisten = ["127.0.0.1:0"]\nsubmission = ["127.0.0.1:0"]\n[pop3]\nlisten = '
        '["127.0.0.1:0"]\n'
        '[[tenant]]\naccount = "2800001946"\nname = "Beispiel AG"\n',
        "utf-8",
    )


def ran(command: str, place: Path, *, forever: bool) -> tuple[int, str]:
    """Status and what was said; a command that would run for ever is ended as an operator ends
    it."""
    surroundings = {
        **os.environ,
        "PATH": f"{place.parent}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    surroundings.pop("EDIGATE_CONFIG", None)
    for path in PLACES:
        there = f"{place.parent}/bin/" if path.startswith("/opt") else f"{place.parent}{path}"
        command = command.replace(path, there)
    log = place / "log"
    with log.open("wb") as out:
        started = subprocess.Popen(
            ["/bin/bash", "-c", f"exec {command}" if forever else command],
            cwd=place, env=surroundings, stdin=subprocess.PIPE, stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        if forever:
            while (
                started.poll() is None
                and b"worker.ready" not in log.read_bytes()
                and b"ready" not in log.read_bytes()
            ):
                time.sleep(0.1)
            started.send_signal(signal.SIGTERM)
            status = started.wait(120)
        else:
            started.communicate(b"Rhabarber 12 Kompott\n", timeout=240)
            status = started.returncode
    return status, log.read_text("utf-8", "replace")


@pytest.mark.parametrize("document", ["README.md", "OPERATIONS.md"])
def test_every_command_runs_as_it_stands(document: str, checkout: Path) -> None:
    tried = 0
    for block in blocks(document):
        for command in block:
            if why_not(command):
                continue
            tried += 1
            status, said = ran(
                command, checkout, forever=command.split()[:2] == ["edigate", "serve"]
            )
            assert status == 0, f"{command}\n{said}"
            if command.endswith("/etc/edigate/edigate.toml") and "example" in command:
                edited(checkout.parent)
            assert "Traceback" not in said, f"{command}\n{said}"
    assert tried >= 5


def test_nothing_is_left_out_without_need() -> None:
    commands = [c for d in ("README.md", "OPERATIONS.md") for block in blocks(d) for c in block]
    for known in NOT_RUN:
        assert any(re.match(known, c) for c in commands), f"{known} stands in no document"
