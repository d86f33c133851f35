"""`edigate verify` as an auditor uses it: exit statuses, JSON, drawing a package again, the store
with its chain."""

import hashlib
import json
import os
import re
import sqlite3
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

from edigate.cli import main
from edigate.config import load
from edigate.pdf.package import package as drawn
from edigate.pdf.seal import Seal
from edigate.resources import template
from edigate.service.sealing import keys
from edigate.service.sealing.certificates import chain_use
from edigate.store import EventKind, NewFile, Outcome, Store
from tests.fixtures.cases import case, names
from tests.pdf.signers import SEALED_AT, Pair, pair, pem
from tests.pdf.test_verify import CONTENT
from tests.store import samples as stored

CASES = [
    c for c in map(case, names()) if c.partners is None and "valid" in [i.state for i in c.invoices]
]
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


def verify(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int, dict[str, Any]]:
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


def test_the_highest_status_counts(
    packages: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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


def test_an_unsealed_package(
    packages: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "unsealed.pdf").write_bytes(
        (packages[0].parent / "unsealed" / packages[0].name).read_bytes()
    )
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
    assert (
        main(
            [
                "convert",
                edi,
                "-o",
                str(tmp_path),
                "--partners",
                str(csv),
                "--today",
                TODAY,
                "--json",
            ]
        )
        == 0
    )
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


def text(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Exit status, and what people see."""
    capsys.readouterr()
    status = main(["verify", *map(str, arguments)])
    return status, "".join(capsys.readouterr())


@pytest.mark.parametrize(("language", "word"), [("de", "unbekannt"), ("en", "unknown")])
def test_an_unknown_issuer_is_said(
    packages: list[Path], language: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = verify(capsys, packages[0])
    assert (status, said["packages"][0]["issuer"], said["packages"][0]["verdict"]) == (
        0,
        "unknown",
        "intact",
    )
    status, shown = text(capsys, "--lang", language, packages[0])
    assert status == 0
    assert word in next(line for line in shown.splitlines() if "--fingerprint" in line)


@pytest.mark.parametrize("form", ["{}", "{upper}", "sha256:{}", "{colons}"])
def test_a_fingerprint_as_people_write_it(
    packages: list[Path], key: Pair, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = key[1].fingerprint(hashes.SHA256()).hex()
    pairs = ":".join(plain[i : i + 2] for i in range(0, 64, 2)).upper()
    written = form.format(plain, upper=plain.upper(), colons=pairs)
    status, said = verify(capsys, "--fingerprint", "0" * 64, "--fingerprint", written, packages[0])
    assert (status, said["packages"][0]["issuer"]) == (0, "known")


def test_certificates_add_up(
    packages: list[Path],
    certificate: str,
    key: Pair,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = tmp_path / "others.pem"
    others.write_bytes(b"".join(pair()[1].public_bytes(Encoding.PEM) for _ in range(2)))
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(others.read_bytes() + b"# the gateway\n" + Path(certificate).read_bytes())
    der = tmp_path / "gateway.der"
    der.write_bytes(key[1].public_bytes(Encoding.DER))
    several: list[list[str | Path]] = [[bundle], [others, certificate], [der, others]]
    for named in several:
        arguments: list[str | Path] = [part for file in named for part in ("--certificate", file)]
        status, said = verify(capsys, *arguments, packages[0])
        assert (status, said["packages"][0]["issuer"]) == (0, "known"), named
    assert verify(capsys, "--certificate", others, packages[0])[0] == 1


@pytest.mark.parametrize(
    ("language", "words"), [("de", "fremder Aussteller"), ("en", "foreign issuer")]
)
def test_a_foreign_issuer(
    packages: list[Path], language: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = verify(capsys, "--fingerprint", "0" * 64, packages[0])
    assert (status, said["packages"][0]["issuer"]) == (1, "foreign")
    assert (said["packages"][0]["verdict"], said["packages"][0]["intact"]) == (
        "foreign-issuer",
        False,
    )
    status, shown = text(capsys, "--lang", language, "--fingerprint", "0" * 64, packages[0])
    assert (status, shown.splitlines()[0]) == (1, f"{packages[0]}: {words}")


@pytest.mark.parametrize(
    "form", ["pem", "pem with the certificate", "der", "pkcs12", "locked pkcs12", "locked der"]
)
def test_a_file_with_a_private_key_is_refused(
    packages: list[Path], key: Pair, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, own = key
    locked = BestAvailableEncryption(b"secret")
    file = tmp_path / "seal.key"
    file.write_bytes(
        {
            "pem": pem(private),
            "pem with the certificate": own.public_bytes(Encoding.PEM) + pem(private),
            "der": private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "locked der": private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, locked),
            "pkcs12": pkcs12.serialize_key_and_certificates(
                b"seal", private, own, None, NoEncryption()
            ),
            "locked pkcs12": pkcs12.serialize_key_and_certificates(
                b"seal", private, own, None, locked
            ),
        }[form]
    )
    for language, words in (("de", "privaten Schlüssel"), ("en", "private key")):
        status, said = text(capsys, "--lang", language, "--certificate", file, packages[0])
        assert (status, words in said) == (2, True), said


@pytest.mark.parametrize("given", ["", "abc", "0" * 63, "0" * 65, "g" * 64])
def test_what_is_no_fingerprint(
    packages: list[Path], given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert text(capsys, "--fingerprint", given, packages[0])[0] == 2


def test_rules_of_today_change_nothing_about_integrity(
    tmp_path: Path, key: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    xml = CONTENT.xml.replace(b"<ram:ID>RE-2026-081512</ram:ID>", b"", 1)
    assert xml != CONTENT.xml
    source = replace(CONTENT.provenance, xml_sha256=hashlib.sha256(xml).hexdigest())
    file = tmp_path / "old.pdf"
    made = drawn(replace(CONTENT, xml=xml, provenance=source))
    file.write_bytes(Seal(key[0], [key[1]], "x").seal(made, SEALED_AT))
    status, said = verify(capsys, file)
    found = said["packages"][0]
    assert (status, found["verdict"], found["problems"]) == (0, "intact", [])
    assert found["rules"]["state"] == "invalid"
    assert found["rules"]["broken"]
    assert found["rules"]["then"]["edigate"] == "0.1.0"
    assert found["rules"]["now"]["artefacts"]["schematron"]
    status, shown = text(capsys, "--lang", "en", file)
    assert "intact" in shown.splitlines()[0]
    assert found["rules"]["broken"][0] in shown


def test_a_package_of_another_version_is_not_comparable(
    tmp_path: Path, key: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    report = CONTENT.report_json.replace(b'"0.1.0"', b'"0.0.9"')
    assert report != CONTENT.report_json
    file = tmp_path / "old.pdf"
    file.write_bytes(
        Seal(key[0], [key[1]], "x").seal(drawn(replace(CONTENT, report_json=report)), SEALED_AT)
    )
    status, said = verify(capsys, "--rebuild", file)
    assert (status, said["packages"][0]["rebuild"]["state"]) == (0, "not-comparable")
    assert [r["code"] for r in said["packages"][0]["rebuild"]["reasons"]] == ["REBUILD-VERSION"]
    for language, words in (("de", "nicht vergleichbar"), ("en", "not comparable")):
        assert words in text(capsys, "--lang", language, "--rebuild", file)[1]


@pytest.mark.parametrize(("language", "word"), [("de", "unversehrt"), ("en", "intact")])
def test_the_report_for_people(
    packages: list[Path], language: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["verify", "--lang", language, str(packages[0])]) == 0
    said = capsys.readouterr().out
    assert f"{packages[0]}: {word}" in said
    for expected in (
        "CN=edi.example.com",
        "factur-x.xml",
        "original.edi",
        "report.json",
        "SHA-256",
        "2026-11-20",
    ):
        assert expected in said


def test_wrong_usage(tmp_path: Path) -> None:
    assert main(["verify"]) == 2
    assert main(["verify", str(tmp_path / "missing.pdf")]) == 2


def test_every_problem_has_words_in_both_languages() -> None:
    root = Path(__file__).parents[2] / "edigate"
    sources = [*(root / "pdf").rglob("*.py"), *(root / "cli").rglob("*.py")]
    named = {
        c for s in sources for c in re.findall(r'problem\(\s*"([A-Z-]+)"', s.read_text("utf-8"))
    }
    named |= {"SEAL-INSERTED", "SEAL-REMOVED", "NOT-A-PDF", "NOT-A-PACKAGE", "PDF-DAMAGED"}
    named |= {"FILE-MISSING", "FILE-NOT-FOUND"}
    named |= {f"{part}-UNREADABLE" for part in ("PAGE", "FILES")}
    texts = tomllib.loads(template("verification.toml").read_text("utf-8"))
    assert named == set(texts["problem"])
    for entry in (*texts["problem"].values(), *texts["word"].values()):
        assert set(entry) == {"de", "en"}
        assert sorted(re.findall(r"{(\w+)}", entry["de"])) == sorted(
            re.findall(r"{(\w+)}", entry["en"])
        )


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """Settings of a gateway whose store holds nothing yet."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'hostname = "edi.example.com"\ndomain = "example.com"\ndata = "{tmp_path / "data"}"\n',
        "utf-8",
    )
    Store.open(None, tmp_path / "data").close()
    return file


def test_the_store_is_verified_and_that_is_recorded(
    gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = verify(capsys, "--config", gateway)
    assert (status, said["store"]["intact"]) == (0, True)
    with Store.open(None, gateway.parent / "data") as store:
        (event,) = store.log(kinds=[EventKind.VERIFIED])
        assert ("problems", "0") in event.detail
        assert ("head", said["store"]["head"]) in event.detail


def test_damage_in_the_store_is_recorded_too(
    gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(capsys, "--config", gateway)[0] == 0
    with sqlite3.connect(gateway.parent / "data" / "edigate.sqlite3") as connection:
        connection.execute("DROP TRIGGER IF EXISTS events_no_update")
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE events SET detail = replace(detail, 'problems', 'Problems')")
    connection.close()
    status, said = verify(capsys, "--config", gateway)
    assert status == 1
    assert not said["store"]["intact"]
    with Store.open(None, gateway.parent / "data") as store:
        (event,) = store.log(kinds=[EventKind.INTEGRITY_VIOLATED])
        assert any(name == "problems" and value != "0" for name, value in event.detail)


def test_a_replaced_key_leaves_old_packages_known(
    gateway: Path,
    packages: list[Path],
    key: Pair,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said = text(capsys, "--config", gateway, packages[0])
    assert status == 2, "a gateway without any certificate proves nothing of anybody's"
    settings = load(gateway)
    made = tmp_path / "made.pdf"
    with Store.open(None, settings.data) as store:
        first = keys.sealer(settings)
        chain_use(store, first)
        unsealed = (packages[0].parent / "unsealed" / packages[0].name).read_bytes()
        made.write_bytes(first.seal(unsealed))
    own = tmp_path / "own.pem"
    own.write_bytes(pem(key[0]) + key[1].public_bytes(Encoding.PEM))
    own.chmod(0o600)
    (settings.data / "keys" / "seal.key").unlink()
    gateway.write_text(gateway.read_text("utf-8") + f'[seal]\nkey = "{own}"\n', "utf-8")
    for file in (made, packages[0]):  # sealed by the key of then, and by the one of now
        status, said = verify(capsys, "--config", gateway, file)  # type: ignore[assignment]
        assert (status, said["packages"][0]["issuer"]) == (0, "known")  # type: ignore[index]
    capsys.readouterr()
    assert main(["seal", "certificate", "--config", str(gateway)]) == 0
    bundle = tmp_path / "seal.pem"
    bundle.write_text(capsys.readouterr().out, "utf-8")
    for file in (made, packages[0]):
        assert verify(capsys, "--certificate", bundle, file)[0] == 0
    stranger = tmp_path / "stranger.pdf"
    private, other = pair()
    stranger.write_bytes(Seal(private, [other], "x").seal(unsealed, SEALED_AT))
    status, said = verify(capsys, "--config", gateway, stranger)  # type: ignore[assignment]
    assert (status, said["packages"][0]["verdict"]) == (1, "foreign-issuer")  # type: ignore[index]


def test_what_the_store_keeps_needs_no_certificate_in_the_chain(
    gateway: Path, packages: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Sealed by a key that was replaced before certificates were chained."""
    settings = load(gateway)
    keys.sealer(settings)  # another key than the packages'
    with Store.open(None, settings.data) as store:
        stored.received(store)
        job = stored.claimed(store)
        made = stored.valid(job)
        kept = NewFile("pdf", "re.pdf", "application/pdf", packages[0].read_bytes())
        store.commit_outcome(job, Outcome((replace(made, files=(kept,)),)))
    status, said = verify(capsys, "--config", gateway, packages[0], packages[1])
    assert (status, [p["issuer"] for p in said["packages"]]) == (1, ["known", "foreign"])


@pytest.mark.parametrize(("language", "word"), [("de", "noch nie"), ("en", "never yet")])
def test_the_certificates_are_printed(
    gateway: Path, language: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load(gateway)
    sealer = keys.sealer(settings)
    capsys.readouterr()
    assert main(["seal", "certificate", "--lang", language, "--config", str(gateway)]) == 0
    said = capsys.readouterr().out
    assert word in said
    assert sealer.fingerprint in said
    with Store.open(None, settings.data) as store:
        chain_use(store, sealer)
    assert main(["seal", "certificate", "--json", "--config", str(gateway)]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["sha256"], listed["first_used"] is None) == (sealer.fingerprint, False)
    assert load_pem_x509_certificate(listed["pem"].encode()) == sealer.certificate


def test_a_folder_without_a_store(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('hostname = "h"\ndomain = "d.example"\ndata = "nowhere"\n', "utf-8")
    assert main(["verify", "--config", str(file)]) == 2
    assert not os.path.lexists(tmp_path / "nowhere")
