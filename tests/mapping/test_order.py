"""Sections write to the recorder and never read it: what one needs of another comes as an
argument."""

import ast
from pathlib import Path

import pytest

from edigate.edifact.invoic import mapper
from edigate.edifact.invoic.record import draft, recorder

_PACKAGE = Path(mapper.__file__).parent
_SECTIONS = sorted(
    p for p in _PACKAGE.rglob("*.py") if p.name not in ("mapper.py", "recorder.py", "__init__.py")
)


@pytest.mark.parametrize("path", _SECTIONS, ids=lambda p: p.stem)
def test_no_section_reads_what_another_one_wrote(path: Path) -> None:
    private = {name for name in recorder.Recorder.__slots__ if name.startswith("_")}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr != "recorded"
            written = isinstance(node.value, ast.Attribute) and node.value.attr == "record"
            assert not (written and node.attr in private)


@pytest.mark.parametrize("path", _SECTIONS, ids=lambda p: p.stem)
def test_writing_gives_nothing_back(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        parent = node.value if isinstance(node, ast.Assign | ast.Return) else None
        called = parent.func if isinstance(parent, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Attribute):
            assert called.value.attr != "record"


@pytest.mark.parametrize("name", ["Draft", "SettledDraft", "NumberedDraft"])
def test_a_draft_does_not_change(name: str) -> None:
    tree = ast.parse(Path(draft.__file__).read_text("utf-8"))
    stage = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    assert "frozen=True" in ast.unparse(stage.decorator_list[0])
