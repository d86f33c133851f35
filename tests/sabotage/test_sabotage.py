"""The saboteur: each mutation is code again, differs from the sound one, and what nobody tests is
told as unnoticed."""

import ast
import random
from pathlib import Path

import pytest

from tests.sabotage.__main__ import ROOT, Target, noticed, targets
from tests.sabotage.mutations import mutations

_SOURCE = '''"""Doc."""
import log

LIMIT = True


def ä(a: int = 3, *, flag: bool = False) -> int:
    """Says nothing."""
    log.info("ü", done=True)
    if a > 2 and not flag:
        raise ValueError("x")
    ü = a if flag else -a
    print("ö", ü)
    return ü
'''


def test_the_mutations_of_a_function() -> None:
    found = {
        (m.line, m.kind, m.apply(_SOURCE).splitlines()[m.line - 1].strip())
        for m in mutations(_SOURCE)
    }
    assert found == {
        (10, "condition turned round", "if (not (a > 2 and not flag)):"),
        (10, "comparison turned round", "if (a <= 2) and not flag:"),
        (11, "error not raised", "pass"),
        (12, "condition turned round", "ü = a if (not (flag)) else -a"),
        (13, "statement left out", "pass"),
    }


def test_every_mutation_of_the_rooms_is_code_and_differs() -> None:
    everything = targets()
    assert len(everything) > 500
    for target in random.Random(1).sample(everything, 200):
        sound = (ROOT / target.file).read_text("utf-8")
        broken = target.mutation.apply(sound)
        assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(sound)), target


@pytest.mark.parametrize(
    ("test", "expected"), [("assert double(2) == 4", "tests/store/test_store.py"), ("pass", None)]
)
def test_what_no_test_looks_at_is_unnoticed(
    tmp_path: Path, test: str, expected: str | None
) -> None:
    module = tmp_path / "edigate" / "store" / "double.py"
    module.parent.mkdir(parents=True)
    for package in (module.parent, module.parent.parent):
        (package / "__init__.py").touch()
    source = "def double(n: int) -> int:\n    if n == 0:\n        return 0\n    return n * 2\n"
    module.write_text(source)
    for room in ("store", "service", "mail", "cli", "acceptance"):
        (tmp_path / "tests" / room).mkdir(parents=True)
        (tmp_path / "tests" / room / f"test_{room}.py").write_text(
            "def test_nothing() -> None:\n    pass\n"
        )
    (tmp_path / "tests" / "store" / "test_store.py").write_text(
        f"from edigate.store.double import double\n\n\ndef test_it() -> None:\n    {test}\n"
    )
    mutation = next(mutations(source))
    assert noticed(Target(Path("edigate/store/double.py"), mutation), tmp_path) == expected
    assert module.read_text() == source
