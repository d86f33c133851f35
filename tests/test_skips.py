"""A skip is told with its reason, and in CI an unknown reason fails the run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ACCEPTED, unaccepted

ROOT = Path(__file__).parents[1]
_CALLS = re.compile(
    r"pytest\.skip\(\s*(?:f?\"([^\"]*)\"|str\()|skipif\(.*?reason=\"([^\"]*)\"", re.DOTALL
)
SUITE = """
import pytest

@pytest.mark.skip(reason={reason!r})
def test_one(): ...

def test_two(): ...
"""

LONG = """
import pytest
from tests.soak import rounds

@pytest.mark.parametrize("round_", rounds(3))
def test_long(round_): ...
"""


def ran(folder: Path, reason: str, *options: str, ci: str) -> subprocess.CompletedProcess[str]:
    """A suite of two tests, one of them skipped."""
    (folder / "test_skipped.py").write_text(SUITE.format(reason=reason), "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-c",
        "/dev/null",
        *options,
        str(folder),
    ]
    surroundings = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("reason", "ci", "status", "options"),
    [
        ("because", "", 0, ()),
        ("because", "true", 1, ()),
        ("because", "true", 1, ("-n", "2")),
        ("mpop is not installed", "true", 0, ()),
    ],
)
def test_what_was_skipped_is_told(
    reason: str, ci: str, status: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    done = ran(tmp_path, reason, *options, ci=ci)
    assert done.returncode == status, done.stdout + done.stderr
    assert f"1 skipped: {reason}" in done.stdout
    assert ("no accepted reason" in done.stdout) == (reason == "because")


def test_every_reason_in_the_suite_is_an_accepted_one() -> None:
    sources = [
        p.read_text("utf-8") for p in (ROOT / "tests").rglob("*.py") if p.name != "test_skips.py"
    ]
    given = [a or b for text in sources for a, b in _CALLS.findall(text) if a or b]
    assert len(given) > 15
    shown = [re.sub(r"\{[^}]*\}", "mpop", reason) for reason in given]
    assert unaccepted(shown) == []


def test_long_tests_are_told_and_left_to_make_soak(tmp_path: Path) -> None:
    (tmp_path / "test_long.py").write_text(LONG, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-c",
        "/dev/null",
        str(tmp_path),
    ]
    surroundings = {n: v for n, v in os.environ.items() if n != "EDIGATE_SOAK"} | {
        "PYTHONPATH": str(ROOT)
    }

    def said(*options: str, **more: str) -> str:
        done = subprocess.run(
            [*command, *options],
            cwd=tmp_path,
            env=surroundings | more,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    assert "1 passed, 2 skipped" in (short := said())
    assert "2 skipped: long test: make soak runs it" in short
    assert "2 passed, 1 deselected" in said("-m", "soak", EDIGATE_SOAK="1")


def test_every_accepted_reason_says_why() -> None:
    assert all(ACCEPTED.values())
