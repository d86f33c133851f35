"""The rooms of the house and what each may import (ARCHITECTURE.md, "Rooms")."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "edigate"

FOUNDATION = {"", "errors", "findings", "resources", "secrecy", "slices"}
EDIFACT = {"edifact", "edifact.syntax", "edifact.invoic"}
CHECKS = {"checks", "checks.official", "checks.law", "checks.law.everywhere", "checks.law.de"}
JUDGING = {"source", "masterdata", "invoice", "pdf", "report"} | CHECKS
CORE = JUDGING | EDIFACT | {"pipeline"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "resources": set(),
    "secrecy": set(),
    "slices": set(),
    "findings": set(),
    "masterdata": set(),
    "config": set(),
    "invoice": set(),
    "mail": set(),
    "store": set(),
    "source": {"invoice", "masterdata"},
    "edifact": {"edifact.syntax", "edifact.invoic", "source"},
    "edifact.syntax": set(),
    "edifact.invoic": {"edifact.syntax", "source", "invoice", "masterdata"},
    "checks": {"invoice"} | CHECKS,
    "checks.official": {"invoice", "checks"},
    "checks.law": {"invoice"} | CHECKS,
    "checks.law.everywhere": {"invoice"} | CHECKS,
    "checks.law.de": {"invoice"} | CHECKS,
    "pdf": {"invoice"},
    "report": {"invoice"} | CHECKS,
    "pipeline": JUDGING | {"edifact"},
    "service": JUDGING | {"pipeline", "edifact.syntax", "config", "store", "mail"},
    "actions": {"masterdata", "config", "store", "service"},
    "listeners": {"config", "store", "mail"},
    "daemon": {"config", "store", "mail", "service", "listeners"},
    "cli": JUDGING
    | {"config", "store", "mail", "pipeline", "service", "actions", "listeners", "daemon"},
    "__main__": {"cli"},
}
"""Room -> rooms it may import beside itself and the foundation. A folder of its own in this table
is a room of its own; other folders belong to the room above them."""

NO_INPUT_OUTPUT = {
    "socket",
    "subprocess",
    "asyncio",
    "time",
    "tempfile",
    "shutil",
    "urllib",
    "http",
    "smtplib",
}
"""Modules the core must not touch: it knows no files, no network and no clock."""


def room_of(path: Path) -> str:
    """The room a file belongs to."""
    inside = path.relative_to(PACKAGE)
    return room_named(".".join(inside.with_suffix("").parts).removesuffix("__init__"))


def room_named(module: str) -> str:
    """The room of a module, by the longest name in the table; the first part of what is in none."""
    parts = module.strip(".").split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in MAY_IMPORT), parts[0])


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
    names = {n.removeprefix("edigate.") for n in imported(path) if n.startswith("edigate.")}
    rooms = {room_named(n) for n in names - {"__version__"}}
    assert rooms - FOUNDATION - {room} <= MAY_IMPORT[room], (
        f"{path.name} imports {rooms - MAY_IMPORT[room]}"
    )


MODULES = {
    ".".join(("edigate", *p.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): p
    for p in FILES
}


def _modules_imported(path: Path) -> set[str]:
    """The modules of the package a file imports; a name taken from a folder's `__init__` counts as
    that."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inside}
    return found & MODULES.keys()


CIRCLES: frozenset[frozenset[str]] = frozenset()
"""Circles of imports that stand; none may be added."""


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: _modules_imported(path) - {name} for name, path in MODULES.items()}
    reached = {name: _reached(graph, name) for name in graph}
    circles = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in graph
        if name in reached[name]
    }
    assert circles == CIRCLES


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    left = list(graph[start])
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left.extend(graph[name])
    return seen


PURE = [p for p in FILES if room_of(p) in CORE]


@pytest.mark.parametrize("path", PURE, ids=lambda p: p.name)
def test_the_core_knows_no_clock_and_no_network(path: Path) -> None:
    assert not {n.split(".")[0] for n in imported(path)} & NO_INPUT_OUTPUT
    named = {
        n.attr for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Attribute)
    }
    assert not named & {"now", "utcnow", "getenv", "environ"}, (
        "the core asks no clock and no environment"
    )


_FILE_WORDS = """
open read_text read_bytes write_text write_bytes exists is_file is_dir iterdir glob rglob mkdir
unlink stat touch getenv urandom now today utcnow
"""
_FILE_CALLS = frozenset(_FILE_WORDS.split())
_BUILT_IN = {"open", "print", "input", "exec", "eval"}
_IN_MEMORY = {"pikepdf", "Image"}
"""Libraries whose `open` is given bytes here."""
_MACHINE = {"os", "pathlib", "importlib", "threading", "random", "logging", "sys"}
_READS_SHIPPED_FILES = {
    "checks/official/artefacts.py": "the official files of an installed package, by their digests",
    "checks/official/schematron.py": "the official Schematron; one engine to a process",
    "edifact/invoic/record/phrases.py": "which languages are shipped",
    "edifact/syntax/second.py": "silences the second reader's log",
    "findings/rule_catalogue.py": "paths of the shipped catalogue",
    "invoice/codes.py": "the official code lists of an installed package",
    "pdf/assemble.py": "the shipped colour profile",
    "pdf/typesetting/fonts.py": "the shipped fonts",
    "report/as_html.py": "the shipped page",
}
"""The only places of the core that touch a file or the machine: shipped files, once a process."""


def _touches(tree: ast.Module) -> set[str]:
    """Calls and imports that reach out of the process."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in _BUILT_IN:
            found.add(called.id)
        if isinstance(called, ast.Attribute) and called.attr in _FILE_CALLS:
            owner = called.value
            if not (isinstance(owner, ast.Name) and owner.id in _IN_MEMORY):
                found.add(called.attr)
    return found


def test_the_core_touches_no_file_but_shipped_ones() -> None:
    """By import and by call."""
    reaching = set()
    for path in (*PURE, *(PACKAGE / "findings").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if _touches(tree) or {n.split(".")[0] for n in imported(path)} & _MACHINE:
            reaching.add(path.relative_to(PACKAGE).as_posix())
    assert reaching == set(_READS_SHIPPED_FILES)


def test_architecture_names_every_room() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    for room in {room_of(p) for p in FILES} - {"", "__main__"}:
        assert f"`{room}`" in text, f"ARCHITECTURE.md does not speak of `{room}`"


def test_a_name_stands_for_one_thing() -> None:
    """Module names and public class names of the package occur once."""
    files = [p for p in FILES if not p.stem.startswith("__")]
    modules = [p.stem for p in files]
    assert sorted({name for name in modules if modules.count(name) > 1}) == []
    classes = [
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert {name for name in classes if classes.count(name) > 1} <= _TWICE


_TWICE: set[str] = set()
"""Public classes whose name another one has too; nothing new belongs here."""


def test_no_folder_has_more_than_twenty_modules() -> None:
    folders = [path.parent for path in FILES if not path.stem.startswith("__")]
    assert {folder for folder in folders if folders.count(folder) > 20} == set()
