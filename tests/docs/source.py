"""What the source says of itself: error codes and log events, read by ast, so that documents can be
held to it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ERRORS = {"EdigateError", "Rejected", "Unavailable", "Misconfigured", "IntegrityViolated"}
_METHODS = {"debug", "info", "warning", "error", "critical", "exception"}


@cache
def _trees() -> tuple[tuple[str, ast.Module], ...]:
    files = sorted((ROOT / "edigate").rglob("*.py"))
    return tuple((f.relative_to(ROOT).as_posix(), ast.parse(f.read_text("utf-8"))) for f in files)


def _name(node: ast.expr) -> str:
    return (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )


def _first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _error_classes() -> set[str]:
    """The errors of the house and every class derived from them."""
    found = set(_ERRORS)
    bases = {
        node.name: {_name(b) for b in node.bases}
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    while added := {name for name, parents in bases.items() if parents & found} - found:
        found |= added
    return found


def error_codes() -> dict[str, str]:
    """Every code an error can carry -> a file that raises it."""
    classes = _error_classes()
    codes: dict[str, str] = {}
    for file, tree in _trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and _name(node.func) in classes
                and (code := _first_text(node))
            ):
                codes.setdefault(code, file)
            if isinstance(node, ast.ClassDef) and node.name in classes:
                for call in (c for c in ast.walk(node) if isinstance(c, ast.Call)):
                    if _name(call.func) == "__init__" and (code := _first_text(call)):
                        codes.setdefault(code, file)
    # Those whose first argument is no code but part of a message.
    return {code: file for code, file in codes.items() if code.isupper() and " " not in code}


def log_events() -> dict[str, set[str]]:
    """Every event of the log -> the levels it is logged at."""
    events: dict[str, set[str]] = {}
    for _, tree in _trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if (
                node.func.attr in _METHODS
                and _logger(node.func.value)
                and (event := _first_text(node))
            ):
                level = "error" if node.func.attr == "exception" else node.func.attr
                events.setdefault(event, set()).add(level)
            elif node.func.attr == "log" and _logger(node.func.value) and len(node.args) > 1:
                events.setdefault(_first_text(ast.Call(node.func, node.args[1:], [])), set()).add(
                    "any"
                )
    return events


def _logger(node: ast.expr) -> bool:
    """`log`, or `structlog.get_logger(...)` at once."""
    return _name(node) == "log" or (isinstance(node, ast.Call) and _name(node.func) == "get_logger")


def rows(text: str, heading: str) -> Iterator[list[str]]:
    """The cells of the table under a heading of a Markdown document, without its head."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.lstrip("# ") == heading and line.startswith("#"):
            break
    else:
        raise AssertionError(f"no heading {heading!r}")
    seen = 0
    for line in lines:
        if line.startswith("#"):
            return
        if line.startswith("|"):
            seen += 1
            if seen > 2:
                yield [cell.strip() for cell in line.strip("|").split("|")]


def block(text: str, marker: str) -> str:
    """The fenced block whose first line holds `marker`."""
    for fenced in text.split("```")[1::2]:
        _, _, body = fenced.partition("\n")
        if marker in body.splitlines()[0]:
            return body
    raise AssertionError(f"no block that begins with {marker!r}")
