"""`edigate check` in terminals of all kinds: colours only where a person looks, any width, any
character set."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

FIXTURE = Path(__file__).parents[2] / "fixtures" / "wrong-total" / "in.edi"
_COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|9[0-7])")


def _command() -> list[str]:
    return [
        sys.executable,
        "-m",
        "edigate",
        "check",
        str(FIXTURE),
        "--today",
        "2026-10-16",
        "--lang",
        "de",
    ]


def _environment(**changed: str) -> dict[str, str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    }
    return kept | changed


def _on_terminal(**environment: str) -> str:
    """What a person at a terminal gets."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        _command(),
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        env=_environment(TERM="xterm-256color", **environment),
    ) as process:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side has gone (Linux says so by EIO)
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(ours)
    assert process.returncode == 1
    return b"".join(pieces).decode()


def test_colours_are_for_people_at_a_terminal() -> None:
    assert _COLOUR.search(_on_terminal())
    assert not _COLOUR.search(_on_terminal(NO_COLOR="1"))
    piped = subprocess.run(_command(), capture_output=True, env=_environment(), check=False)
    assert b"\x1b" not in piped.stdout + piped.stderr
    assert b"BR-CO-15" in piped.stdout


@pytest.mark.parametrize("width", [40, 80, 132])
def test_a_terminal_is_as_wide_as_it_is(width: int) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", _on_terminal(COLUMNS=str(width)))
    lines = [line.rstrip() for line in shown.splitlines() if "/" not in line]
    assert all(cell_len(line) <= width for line in lines)
    carets = next(n for n, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[carets].index("^") == lines[carets - 1].index("999.99")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_any_character_set_gets_the_verdict(encoding: str) -> None:
    run = subprocess.run(
        _command(), capture_output=True, env=_environment(PYTHONIOENCODING=encoding), check=False
    )
    assert run.returncode == 1
    shown = run.stdout.decode(encoding)
    assert "999,99" in shown
    assert "BR-CO-15" in shown
    assert run.stderr == b""
