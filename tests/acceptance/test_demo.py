"""The demo plays its whole flow, on both databases, and on none that is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.gateway import on_both_databases

pytestmark = pytest.mark.acceptance


def demo(output: Path, database: str | None) -> "subprocess.CompletedProcess[str]":
    """Run it to its end."""
    where = ["--database", database] if database else []
    command = [sys.executable, "-m", "edigate", "demo", "--output", str(output), *where]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@on_both_databases
def test_every_step_does_what_it_should(tmp_path: Path, database: str | None) -> None:
    done = demo(tmp_path / "out", database)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step did what it should" in done.stdout
    assert (
        len(list(tmp_path.glob("out/*going/*.pdf")) + list(tmp_path.glob("out/incoming/*.pdf")))
        == 7
    )
    if database:
        again = demo(tmp_path / "out", database)
        assert again.returncode == 4
        assert "the database is in use" in again.stdout
