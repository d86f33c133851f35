"""`edigate check` accounts for every mail: exit status, and in JSON what became of each part."""

import json
from pathlib import Path
from typing import Any

import pytest

from edigate.cli import main
from tests.acceptance.cli import edigate
from tests.generate import interchange, invoice
from tests.mail.every_shape import INVOICES, NOTHING, TOLD
from tests.mail.shapes import Shape, zipped

EDI = interchange([invoice(2, "RE-1")])
TODAY = ("--today", "2026-10-16")


def checked(
    folder: Path, shapes: dict[str, Shape], capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit status over all, and the inputs of each shape."""
    names = {}
    for number, (name, shape) in enumerate(shapes.items()):
        file = folder / f"{number:03}.eml"
        file.write_bytes(shape(EDI))
        names[str(file)] = name
    status = main(["check", *names, "--json", *TODAY])
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in shapes}
    for given in json.loads(capsys.readouterr().out)["inputs"]:
        found[names[given["file"].partition("#")[0]]].append(given)
    return status, found


def test_invoices_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = checked(tmp_path, INVOICES, capsys)
    assert status == 0
    for name, (given,) in found.items():
        messages = [m for i in given["interchanges"] for m in i["messages"]]
        assert [(m["invoice"]["number"], m["state"]) for m in messages] == [("RE-1", "valid")], name
        assert [p["became"] for p in given["parts"]].count("edifact") == 1, name


def test_what_cannot_be_looked_into_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(tmp_path, TOLD, capsys)
    assert status == 3
    for name, (given,) in found.items():
        assert not given["readable"], name
        became = [p["became"] for p in given["parts"]]
        assert {"not-checked", "unreadable", "edifact"} & set(became), name


@pytest.mark.parametrize("shape", TOLD)
def test_each_alone_is_no_success(
    tmp_path: Path, shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, {shape: TOLD[shape]}, capsys)[0] == 3


def test_plain_mails_are_listed_with_their_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(tmp_path, NOTHING, capsys)
    assert status == 0
    for name, (given,) in found.items():
        assert given["readable"], name
        assert given["interchanges"] == given["errors"] == []
        assert {p["became"] for p in given["parts"]} <= {"nothing", "opened"}, name
        assert all(p["why"]["de"] and p["why"]["en"] for p in given["parts"])


def test_a_folder_says_what_it_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(NOTHING["letter"](b""))
    (tmp_path / "b.txt").write_bytes(b"Guten Tag\n")
    (tmp_path / "c.zip").write_bytes(zipped("re.edi", EDI))
    (tmp_path / "d.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = edigate("check", str(tmp_path), *TODAY)
    assert done.returncode == 0, done.stdout
    for said in (
        "1.1 text/plain: nichts zu prüfen: Text ohne EDIFACT",
        "angebot.pdf",
        "b.txt",
        "d.png",
        "Bild",
    ):
        assert said in done.stdout, said
    assert "1:1 re.edi: EDIFACT" in done.stdout
    assert "RE-1" in done.stdout


def test_a_file_that_is_named_has_to_hold_edifact(tmp_path: Path) -> None:
    file = tmp_path / "b.txt"
    file.write_bytes(b"Guten Tag\n")
    assert edigate("check", str(file)).returncode == 3
    (tmp_path / "b.txt").rename(tmp_path / "re.edi")
    assert edigate("check", str(tmp_path)).returncode == 3  # called so, in a folder too


def test_what_cannot_be_opened_says_so_in_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "re.7z"
    file.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(99))
    done = edigate("check", str(file))
    assert done.returncode == 3
    assert "Nicht geprüft: kann eine Rechnung enthalten" in done.stdout
    assert "MAIL-04" in done.stdout
