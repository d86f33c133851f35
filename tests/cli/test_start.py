"""A command imports what it needs and no more: a folder checked in a script starts a process for
each file."""

import subprocess
import sys

import pytest

HEAVY = (
    "alembic",
    "cryptography",
    "lxml",
    "pikepdf",
    "pydantic",
    "saxonche",
    "sqlalchemy",
    "structlog",
)


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("--help", ""),
        ("--version", ""),
        ("passwd", ""),
        ("explain", "lxml"),
        ("check", "lxml pikepdf"),
        ("convert", "lxml pikepdf"),
    ],
)
def test_a_command_imports_only_what_it_needs(command: str, needed: str) -> None:
    program = (
        f"import sys; from edigate.cli import parser; parser({command!r}); "
        f"print(*sorted(set(sys.modules) & set({HEAVY})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == needed.split()
