"""CONTRIBUTING.md: what it names is there, its recipes are complete in this tree, and a step that
is forgotten is named."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs import steps
from tests.docs.source import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
_PATHS = r"`((?:edigate|schemas|templates|tests)/[^` ]+|[A-Z]+\.md|config\.example\.toml)`"


def test_every_path_named_is_there() -> None:
    named = re.findall(_PATHS, TEXT)
    assert len(named) > 50
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_recipe_has_a_keeper_and_the_other_way_round() -> None:
    assert re.findall(r"^### (Add .*)$", TEXT, re.MULTILINE) == list(steps.RECIPES)


def test_nothing_is_left_to_do() -> None:
    assert steps.everything(ROOT) == []


def _replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        content = (root / file).read_text("utf-8")
        assert old in content
        (root / file).write_text(content.replace(old, new, 1), "utf-8")

    return change


def _country(root: Path) -> None:
    shutil.copytree(root / "edigate/checks/law/de", root / "edigate/checks/law/ut")


def _server(root: Path) -> None:
    (root / "edigate/mail/imap").mkdir()
    (root / "edigate/mail/imap/imap_server.py").write_text("class ImapServer: ...\n", "utf-8")


@pytest.mark.parametrize(
    ("recipe", "change", "step"),
    [
        (
            "Add a rule",
            _replaced("edigate/checks/law/de/germany.py", '"UST-01"', '"UST-97"'),
            "UST-97 (edigate/checks/law/de/germany.py): give it words",
        ),
        (
            "Add a qualifier",
            _replaced("schemas/mapping/qualifiers.tsv", "supply.3", "made-up.3"),
            "DTM 1: nobody asks for the use made-up",
        ),
        (
            "Add a code",
            _replaced("schemas/codes/payment.tsv", "\thold", "\t"),
            "payment.tsv 8: words in both languages",
        ),
        (
            "Add a text",
            _replaced("templates/letters.toml", "[de]\n", '[de]\nmade_up = "Neu"\n'),
            "letters.toml: made_up is missing in [en]",
        ),
        ("Add a country", _country, "ut: schemas/law/ut/law.toml is missing"),
        ("Add a country", _country, "ut: its line in edigate/checks/law/countries.py"),
        ("Add a listener", _server, "imap: its ways in belong to edigate/listeners.py"),
        (
            "Add a setting",
            _replaced("config.example.toml", "hostname = ", "hostnames = "),
            "edigate config example > config.example.toml",
        ),
        (
            "Add a setting",
            _replaced("tests/test_effects.py", '"workers.count"', '"workers.counts"'),
            "workers.count: name it in tests/test_effects.py",
        ),
        (
            "Add a command",
            _replaced(
                "edigate/cli/__init__.py",
                "_COMMANDS = {\n",
                '_COMMANDS = {\n    "made-up": ("operating.made_up", "new"),\n',
            ),
            "made-up: edigate/cli/operating/made_up.py with `add_to`",
        ),
    ],
)
def test_a_step_that_is_forgotten_is_named(
    recipe: str, change: Callable[[Path], None], step: str, tmp_path: Path
) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "fonts", "*.xsd", "*.xslt")
    for folder in ("edigate", "schemas", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("tests/test_effects.py", "tests/acceptance/test_effects.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, tmp_path / file)
    for file in ("README.md", "OPERATIONS.md", "config.example.toml"):
        shutil.copy2(ROOT / file, tmp_path / file)
    assert list(steps.RECIPES[recipe](tmp_path)) == []
    change(tmp_path)
    assert [s for s in steps.RECIPES[recipe](tmp_path) if s.startswith(step)]
