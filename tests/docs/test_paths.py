"""What a document names in backticks as a file, folder or module of the project is there."""

import re

import pytest

from tests.docs.source import ROOT

DOCUMENTS = sorted(p.name for p in ROOT.glob("*.md"))
BASES = ("", "edigate", "edigate/checks", "schemas", "templates", "fixtures", "tests")
ENDINGS = r"py|md|toml|tsv|lock|json|ini|cfg|edi"
MADE = (
    "edigate-data", "edigate-data/config.toml", "objects/", "keys/", "keys/seal.key", "partners/",
    "partners/ACCOUNT.csv", "settings-in-force.json", "original.edi", "report.json",
)  # fmt: skip
"""What a gateway or a package has and a checkout does not: the program names it."""
NAMED_WHOLE = ("edigate/store/proof", "edigate/mail/containers")
"""Folders each of whose modules ARCHITECTURE.md names."""


def named(document: str) -> set[str]:
    """What looks like a path of the project: two names with a slash, or a file by its ending."""
    text = (ROOT / document).read_text("utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    quoted = re.findall(r"`([^`\n]+)`", prose)
    paths = {q for q in quoted if re.fullmatch(r"[\w.<>-]+(/[\w.<>*-]+)*/?", q)}
    return {q for q in paths if "/" in q or re.search(rf"\.({ENDINGS})$", q)}


def drawn() -> set[str]:
    """The modules in the drawing of the way through the house."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    picture = text.split("```")[1]
    return set(re.findall(r"(?<![\w/-])[a-z]\w+(?:/\w+)+", picture))


def exists(path: str) -> bool:
    """`<name>` stands for any one name, a module may be named without `.py`."""
    pattern = re.sub(r"<[^>]+>", "*", path.rstrip("/"))
    return any(
        any(ROOT.glob(f"{base}/{pattern}{end}".lstrip("/")))
        for base in BASES
        for end in ("", ".py")
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_named_is_there(document: str) -> None:
    missing = {p for p in named(document) if p.removeprefix("./") not in MADE and not exists(p)}
    assert missing == set(), f"{document} names what is not there"


@pytest.mark.parametrize("path", MADE)
def test_what_a_gateway_makes_is_named_by_the_program(path: str) -> None:
    source = "".join(p.read_text("utf-8") for p in (ROOT / "edigate").rglob("*.py"))
    for name in path.replace("ACCOUNT.csv", "").strip("/").split("/"):
        assert re.search(rf"[\"'/]{re.escape(name)}[\"'/]", source), f"nothing makes {name}"
    assert any(path in (ROOT / d).read_text("utf-8") for d in DOCUMENTS)


def test_every_module_of_the_drawing_is_there() -> None:
    assert len(drawn()) >= 6
    assert {p for p in drawn() if not exists(p)} == set()


def test_every_room_of_the_table_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = re.findall(r"^\| `([a-z_.]+)` \|", text.split("## Rooms")[1].split("\n## ")[0], re.M)
    assert len(rooms) > 15
    assert {r for r in rooms if not exists("edigate/" + r.replace(".", "/"))} == set()


@pytest.mark.parametrize("folder", NAMED_WHOLE)
def test_every_module_of_these_folders_is_named(folder: str) -> None:
    modules = {p.stem for p in (ROOT / folder).glob("*.py")} - {"__init__"}
    inside = folder.removeprefix("edigate/")
    assert {m for m in modules if f"{inside}/{m}" not in named("ARCHITECTURE.md")} == set()
