"""`edigate verify` as an auditor uses it: exit statuses, JSON, drawing a package again, the store with its chain."""

import json
import os
import re
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edigate.cli import main
from edigate.pdf.seal import Seal
from edigate.resources import template
from edigate.store import EventKind, Store
from tests.fixtures.cases import case, names
from tests.pdf.signers import SEALED_AT, Pair, pair

CASES = [c for c in map(case, names()) if c.partners is None and "valid" in [i.state for i in c.invoices]]
TODAY = max(c.today for c in CASES).isoformat()


@pytest.fixture(scope="module")
def key() -> Pair:
    """The gateway's key."""
    return pair()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, key: Pair) -> list[Path]:
    """Sealed packages of fixtures: one message, several, with warnings, in other character sets."""
    folder = tmp_path_factory.mktemp("packages")
    inputs = [str(c.folder / "in.edi") for c in CASES]
    main(["convert", *inputs, "-o", str(folder / "unsealed"), "--today", TODAY, "--json"])
    made = []
    for file in sorted((folder / "unsealed").glob("*.pdf")):
        made.append(folder / file.name)
        made[-1].write_bytes(Seal(key[0], [key[1]], "Gateway").seal(file.read_bytes(), SEALED_AT))
    assert len(made) == sum([i.state for i in c.invoices].count("valid") for c in CASES)
    return made


@pytest.fixture
def certificate(tmp_path: Path, key: Pair) -> str:
    """The gateway's certificate as a file."""
    file = tmp_path / "gateway.pem"
    file.write_bytes(key[1].public_bytes(Encoding.PEM))
    return str(file)


def verify(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON."""
    capsys.readouterr()
    status = main(["verify", "--json", *map(str, arguments)])
    return status, json.loads(capsys.readouterr().out)


def test_packages_are_intact_and_the_originals_give_the_same_bytes(
    packages: list[Path], certificate: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = verify(capsys, "--rebuild", "--certificate", certificate, *packages)
    assert status == 0
    assert {p["file"] for p in said["packages"]} == set(map(str, packages))
    for package in said["packages"]:
        assert package["intact"]
        assert package["problems"] == []
        assert package["rebuild"] == {"state": "identical", "reasons": []}
        assert package["seal"]["certificate"]["trusted"] is True
        assert all(file["intact"] for file in package["files"])


def test_the_highest_status_counts(packages: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = packages[0].read_bytes()
    appended = tmp_path / "appended.pdf"
    appended.write_bytes(content + b"\n")
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    text = tmp_path / "letter.pdf"
    text.write_text("Sehr geehrte Damen und Herren", "utf-8")
    status, said = verify(capsys, packages[0], appended, changed)
    assert status == 1
    assert [p["intact"] for p in said["packages"]] == [True, False, False]
    assert said["packages"][1]["seal"]["appended"] == [len(content), len(content) + 1]
    assert said["packages"][2]["seal"]["changed"] == [[4096, 5120]]
    status, said = verify(capsys, changed, text)
    assert status == 3
    assert said["packages"][1]["problems"][0]["code"] == "NOT-A-PDF"


def test_an_unsealed_package(packages: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "unsealed.pdf").write_bytes((packages[0].parent / "unsealed" / packages[0].name).read_bytes())
    assert verify(capsys, tmp_path / "unsealed.pdf")[0] == 1
    status, said = verify(capsys, "--unsealed", tmp_path / "unsealed.pdf")
    assert (status, said["packages"][0]["seal"]["state"]) == (0, "absent")


def test_another_key_than_the_one_expected(
    packages: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(pair()[1].public_bytes(Encoding.PEM))
    status, said = verify(capsys, "--certificate", other, packages[0])
    assert status == 1
    assert [p["code"] for p in said["packages"][0]["problems"]] == ["SEAL-OTHER-KEY"]
    other.write_text("no certificate", "utf-8")
    assert main(["verify", "--certificate", str(other), str(packages[0])]) == 2


def test_master_data_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = case("d96a-invoice")
    assert known.partners is not None
    csv = tmp_path / "partners.csv"
    csv.write_text(known.partners, "utf-8")
    edi = str(known.folder / "in.edi")
    assert main(["convert", edi, "-o", str(tmp_path), "--partners", str(csv), "--today", TODAY, "--json"]) == 0
    (package,) = tmp_path.glob("*.pdf")
    status, said = verify(capsys, "--unsealed", "--rebuild", package)
    assert status == 1
    assert said["packages"][0]["rebuild"]["state"] == "impossible"
    assert said["packages"][0]["rebuild"]["reasons"][0]["code"] == "REBUILD-PARTNERS"
    status, said = verify(capsys, "--unsealed", "--rebuild", "--partners", csv, package)
    assert (status, said["packages"][0]["rebuild"]["state"]) == (0, "identical")


def test_a_forged_page_does_not_survive_the_rebuild(
    packages: list[Path], key: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unsealed = (packages[0].parent / "unsealed" / packages[0].name).read_bytes()
    forged = unsealed.replace(b"<pdf:Producer>edigate", b"<pdf:Producer>Edigate")
    assert forged != unsealed
    file = tmp_path / "forged.pdf"
    file.write_bytes(Seal(key[0], [key[1]], "Gateway").seal(forged, SEALED_AT))
    assert verify(capsys, file)[0] == 0
    status, said = verify(capsys, "--rebuild", file)
    assert status == 1
    assert [r["code"] for r in said["packages"][0]["rebuild"]["reasons"]] == ["REBUILD-BYTES"]


@pytest.mark.parametrize(("language", "word"), [("de", "unversehrt"), ("en", "intact")])
def test_the_report_for_people(
    packages: list[Path], language: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["verify", "--lang", language, str(packages[0])]) == 0
    said = capsys.readouterr().out
    assert f"{packages[0]}: {word}" in said
    for expected in ("CN=edi.example.com", "factur-x.xml", "original.edi", "report.json", "SHA-256", "2026-11-20"):
        assert expected in said


def test_wrong_usage(tmp_path: Path) -> None:
    assert main(["verify"]) == 2
    assert main(["verify", str(tmp_path / "missing.pdf")]) == 2


def test_every_problem_has_words_in_both_languages() -> None:
    root = Path(__file__).parents[2] / "edigate"
    sources = [*(root / "pdf").rglob("*.py"), *(root / "cli").glob("*.py")]
    named = {c for s in sources for c in re.findall(r'problem\(\s*"([A-Z-]+)"', s.read_text("utf-8"))}
    named |= {"SEAL-INSERTED", "SEAL-REMOVED", "NOT-A-PDF", "NOT-A-PACKAGE"}
    texts = tomllib.loads(template("verification.toml").read_text("utf-8"))
    assert named == set(texts["problem"])
    for entry in (*texts["problem"].values(), *texts["word"].values()):
        assert set(entry) == {"de", "en"}
        assert sorted(re.findall(r"{(\w+)}", entry["de"])) == sorted(re.findall(r"{(\w+)}", entry["en"]))


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """Settings of a gateway whose store holds nothing yet."""
    file = tmp_path / "config.toml"
    file.write_text(f'hostname = "edi.example.com"\ndomain = "example.com"\ndata = "{tmp_path / "data"}"\n', "utf-8")
    Store.open(None, tmp_path / "data").close()
    return file


def test_the_store_is_verified_and_that_is_recorded(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = verify(capsys, "--config", gateway)
    assert (status, said["store"]["intact"]) == (0, True)
    with Store.open(None, gateway.parent / "data") as store:
        (event,) = store.log(kinds=[EventKind.VERIFIED])
        assert ("problems", "0") in event.detail
        assert ("head", said["store"]["head"]) in event.detail


def test_damage_in_the_store_is_recorded_too(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(capsys, "--config", gateway)[0] == 0
    with sqlite3.connect(gateway.parent / "data" / "edigate.sqlite3") as connection:
        connection.execute("DROP TRIGGER IF EXISTS events_no_update")
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE events SET detail = replace(detail, 'problems', 'Problems')")
    connection.close()
    status, said = verify(capsys, "--config", gateway)
    assert status == 1
    assert not said["store"]["intact"]
    with Store.open(None, gateway.parent / "data") as store:
        (event,) = store.log(kinds=[EventKind.INTEGRITY_VIOLATED])
        assert any(name == "problems" and value != "0" for name, value in event.detail)


def test_a_folder_without_a_store(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('hostname = "h"\ndomain = "d.example"\ndata = "nowhere"\n', "utf-8")
    assert main(["verify", "--config", str(file)]) == 2
    assert not os.path.lexists(tmp_path / "nowhere")
