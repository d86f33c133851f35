"""What is still to be done of a recipe of CONTRIBUTING.md: each function looks at one of them in a
tree and yields the next steps, as sentences; nothing where the recipe is complete."""

import csv
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

_RULE = re.compile(r'"((?:UST|FRM|SUM|MAP|EDI|TEN|MAIL|PDF)-\d\d)"')
_WORDS = ("title", "message", "meaning")


def rule(root: Path) -> Iterator[str]:
    """Rules that code names, against the catalogue, the table of the syntax and the page."""
    files = [*(root / "schemas" / "rules").glob("*.toml"), *_laws(root, "rules.toml")]
    catalogue = {k: v for f in files for k, v in tomllib.loads(f.read_text("utf-8")).items()}
    page = (root / "schemas" / "rules" / "README.md").read_text("utf-8")
    for name, file in sorted(_named_in_code(root).items()):
        if name not in catalogue:
            yield f"{name} ({file}): give it words, weight and basis in the catalogue (step 2)"
        elif name not in page:
            yield f"{name}: write the page of rules, python -m tests.docs.rules --write (step 4)"
    for name, entry in catalogue.items():
        for key in _WORDS:
            if {"de", "en"} - set(entry.get(key, {"de": "", "en": ""})):
                yield f"{name}: {key} lacks a language (step 2)"


def _named_in_code(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted((root / "edigate").rglob("*.py")):
        for name in _RULE.findall(file.read_text("utf-8")):
            found.setdefault(name, file.relative_to(root).as_posix())
    return found


def _laws(root: Path, name: str) -> Iterator[Path]:
    return (root / "schemas" / "law").glob(f"*/{name}")


def qualifier(root: Path) -> Iterator[str]:
    """Rows of the table, and the uses they name."""
    folder = root / "edigate" / "edifact" / "invoic"
    code = "".join(file.read_text("utf-8") for file in folder.rglob("*.py"))
    for row in _rows(root / "schemas" / "mapping" / "qualifiers.tsv"):
        called = f"{row['tag']} {row['qualifier']}".strip()
        for column in ("de", "en", "source"):
            if not row[column]:
                yield f"{called}: fill in {column} (step 1)"
        for use in (row["uses"] or "").split():
            asked = use.partition(".")[0]
            # whole, or with its first words filled in
            ends = [f'"{asked}"', *(f'}}{asked[at:]}"' for at in range(1, len(asked)))]
            if not any(end in code for end in ends if "-" in end or end[0] == '"'):
                yield f"{called}: nobody asks for the use {asked} (step 2)"


def code(root: Path) -> Iterator[str]:
    """Codes have words in both languages."""
    for file in sorted((root / "schemas" / "codes").glob("*.tsv")):
        for row in _rows(file):
            if not row.get("de", "-") or not row.get("en", "-"):
                yield f"{file.name} {row['code']}: words in both languages (step 1)"


def text(root: Path) -> Iterator[str]:
    """Every sentence stands in both languages; alarms go to admins, in English alone."""
    tables = tomllib.loads((root / "templates" / "letters.toml").read_text("utf-8"))
    german, english = tables["de"], tables["en"]
    for key in sorted(german.keys() ^ english.keys()):
        if not key.startswith(("alarm_", "f_alarm_")):
            lacking = "en" if key in german else "de"
            yield f"letters.toml: {key} is missing in [{lacking}] (step 1)"


def country(root: Path) -> Iterator[str]:
    """Folders of countries, their data and the list."""
    law = root / "edigate" / "checks" / "law"
    listed = (law / "countries.py").read_text("utf-8")
    for folder in sorted(p for p in law.iterdir() if (p / "__init__.py").exists()):
        if folder.name == "everywhere":
            continue
        data = root / "schemas" / "law" / folder.name
        for name in ("law.toml", "rules.toml", "tax-rates.toml", "wordings.toml"):
            if not (data / name).exists():
                yield f"{folder.name}: schemas/law/{folder.name}/{name} is missing (step 2)"
        if f"law.{folder.name}." not in listed:
            yield f"{folder.name}: its line in edigate/checks/law/countries.py (step 3)"


def listener(root: Path) -> Iterator[str]:
    """Servers of the mail room, the ways in and their settings."""
    ways = (root / "edigate" / "listeners.py").read_text("utf-8")
    settings = (root / "edigate" / "config" / "settings.py").read_text("utf-8")
    for file in sorted((root / "edigate" / "mail").rglob("*_server.py")):
        module = file.relative_to(root).with_suffix("").as_posix().replace("/", ".")
        protocol = file.stem.removesuffix("_server")
        source = file.read_text("utf-8")
        for method in ("listen", "renew", "stop"):
            if f"def {method}(" not in source:
                yield f"{protocol}: its server lacks `{method}` (step 1)"
        if f"from {module} import" not in ways or f"*{protocol}_ways(" not in ways:
            yield f"{protocol}: its ways in belong to edigate/listeners.py (step 2)"
        if f"    {protocol}: " not in settings:
            yield f"{protocol}: its table in edigate/config/settings.py (step 3)"


def setting(root: Path) -> Iterator[str]:
    """Keys of the settings, the shipped example and the tests of when they take effect."""
    from edigate.config import Effect, effects, example

    if (root / "config.example.toml").read_text("utf-8") != example():
        yield "edigate config example > config.example.toml (step 2)"
    tried = (root / "tests" / "acceptance" / "test_effects.py").read_text("utf-8")
    start = (root / "tests" / "test_effects.py").read_text("utf-8")
    for key, effect in effects().items():
        if effect is Effect.CONNECTION and f'"{key}"' not in tried:
            yield f"{key}: try it in tests/acceptance/test_effects.py (step 3)"
        if effect is Effect.START and f'"{key}"' not in start:
            yield f"{key}: name it in tests/test_effects.py (step 3)"


def command(root: Path) -> Iterator[str]:
    """Commands, their modules and their rows in OPERATIONS.md."""
    top = (root / "edigate" / "cli" / "__init__.py").read_text("utf-8")
    pages = "".join((root / name).read_text("utf-8") for name in ("README.md", "OPERATIONS.md"))
    table = top[top.index("_COMMANDS = {") : top.index("}", top.index("_COMMANDS = {"))]
    for name, module in re.findall(r'^    "([\w-]+)": \(\s*"([\w.]+)"', table, re.MULTILINE):
        file = root / "edigate" / "cli" / f"{module.replace('.', '/')}.py"
        if not file.exists() or "def add_to(" not in file.read_text("utf-8"):
            yield f"{name}: edigate/cli/{module.replace('.', '/')}.py with `add_to` (step 2)"
        if f"edigate {name}" not in pages:
            yield f"{name}: its row in OPERATIONS.md (step 3)"


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


RECIPES = {
    "Add a rule": rule,
    "Add a qualifier": qualifier,
    "Add a code": code,
    "Add a text": text,
    "Add a country": country,
    "Add a listener": listener,
    "Add a setting": setting,
    "Add a command": command,
}


def everything(root: Path) -> list[str]:
    """All that is left to do in a tree, recipe by recipe."""
    left = ((f"{title}: {step}" for step in find(root)) for title, find in RECIPES.items())
    return list(chain.from_iterable(left))
