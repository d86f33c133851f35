"""The rooms of the house and what each may import (ARCHITECTURE.md, "Rooms")."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "edigate"

FOUNDATION = {"", "errors", "findings", "resources", "secrecy"}
CORE = {"edifact", "invoice", "mapping", "checks", "pdf", "report"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "resources": set(),
    "secrecy": set(),
    "findings": set(),
    "config": set(),
    "edifact": set(),
    "invoice": set(),
    "mail": set(),
    "store": set(),
    "mapping": {"edifact", "invoice"},
    "checks": {"invoice"},
    "pdf": {"invoice"},
    "report": {"invoice", "checks"},
    "pipeline": CORE,
    "service": CORE | {"config", "pipeline", "store", "mail", "service"},
    "daemon": {"config", "store", "mail", "service"},
    "cli": CORE | {"config", "store", "mail", "pipeline", "service", "daemon"},
    "__main__": {"cli"},
}

NO_INPUT_OUTPUT = {"socket", "subprocess", "asyncio", "time", "tempfile", "shutil", "urllib", "http", "smtplib"}
"""Modules the core must not touch: it knows no files, no network and no clock."""


def room_of(path: Path) -> str:
    """The room a file belongs to."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py") if inside.name != "__init__.py" or len(inside.parts) > 1 else ""


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "edigate":
                names |= {f"edigate.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return names


FILES = sorted(p for p in PACKAGE.rglob("*.py") if "migrations/versions" not in p.as_posix())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_what_the_table_allows(path: Path) -> None:
    room = room_of(path)
    if room == "":
        return
    assert room in MAY_IMPORT, f"{room} is no room; add it to the table and to ARCHITECTURE.md"
    rooms = {n.split(".")[1] for n in imported(path) if n.startswith("edigate.")} - {"__version__"}
    assert rooms - FOUNDATION - {room} <= MAY_IMPORT[room], f"{path.name} imports {rooms - MAY_IMPORT[room]}"


PURE = [p for p in FILES if room_of(p) in CORE | {"pipeline"}]


@pytest.mark.parametrize("path", PURE, ids=lambda p: p.name)
def test_the_core_knows_no_clock_and_no_network(path: Path) -> None:
    assert not {n.split(".")[0] for n in imported(path)} & NO_INPUT_OUTPUT
    named = {n.attr for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Attribute)}
    assert not named & {"now", "utcnow", "getenv", "environ"}, "the core asks no clock and no environment"


def test_architecture_names_every_room() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    for room in {room_of(p) for p in FILES} - {"", "__main__"}:
        assert f"`{room}`" in text, f"ARCHITECTURE.md does not speak of `{room}`"
