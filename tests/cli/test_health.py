"""`doctor` finds what is wrong before it hurts, `selftest` a program that does not do its work."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edigate import cli
from edigate.pipeline import Engines
from edigate.service.health import selftest
from edigate.service.health.diagnosis import Level
from edigate.store import Direction, NewJob, NewMail, Store
from tests.acceptance.gateway import free_port
from tests.acceptance.sink import Sink

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a settings file whose ports are free; `more` comes after [smtp] and [pop3]."""

    def _write(more: str = "", smtp: str = "", top: str = 'admins = ["ops@edi.example"]') -> str:
        file = tmp_path / "edigate.toml"
        file.write_text(
            f'hostname = "gw.edi.example"\ndomain = "edi.example"\ndata = "data"\n{top}\n'
            f'[smtp]\nlisten = ["127.0.0.1:{free_port()}"]\n{smtp}\n'
            f'[pop3]\nlisten = ["127.0.0.1:{free_port()}"]\n[[tenant]]\naccount = "ops"\nname = '
            f'"Betrieb"\n{more}',
            "utf-8",
        )
        return str(file)

    return _write


def diagnosed(
    file: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit status and diagnoses by topic."""
    status = cli.main(["doctor", "--config", file, "--json"])
    said = json.loads(capsys.readouterr().out)
    topics: dict[str, list[dict[str, Any]]] = {}
    for diagnosis in said["diagnoses"]:
        topics.setdefault(diagnosis["topic"], []).append(diagnosis)
    return status, topics


def test_a_sound_gateway_before_its_first_start(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, topics = diagnosed(write(), capsys)
    assert status == 0
    levels = {d["level"] for found in topics.values() for d in found}
    assert "fail" not in levels
    assert set(topics) >= {
        "config",
        "rules",
        "engine",
        "fonts",
        "data",
        "tls",
        "seal",
        "ports",
        "notices",
        "database",
    }
    assert not (tmp_path / "data").exists(), "looking must not make anything"


def test_everything_wrong_with_the_settings_is_said(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    status, topics = diagnosed(write('nme = "x"\nnotfy = []\n'), capsys)
    assert status == 2
    assert len(topics["config"]) == 2
    assert "engine" in topics  # the program is looked at all the same


def test_the_program_alone_without_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "engine: the official Schematron is compiled" in out
    assert "ports" not in out


def test_a_data_folder_that_others_can_enter(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    status, topics = diagnosed(write(), capsys)
    assert status == 0
    assert topics["data"][0]["level"] == "warn"
    assert topics["data"][0]["cure"].startswith("chmod 700")


def test_notices_that_can_reach_nobody(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    status, topics = diagnosed(
        write('notify = ["a@elsewhere.example", "nobody@edi.example", "ops@edi.example"]'), capsys
    )
    assert status == 2
    levels = {d["message"].split()[0]: d["level"] for d in topics["notices"]}
    assert levels == {
        "ops@edi.example": "ok",
        "a@elsewhere.example": "fail",
        "nobody@edi.example": "fail",
    }


def test_a_next_hop_that_does_not_answer(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    status, topics = diagnosed(write(smtp=f'smarthost = "127.0.0.1:{free_port()}"'), capsys)
    assert status == 2
    assert topics["next hop"][0]["level"] == "fail"


def test_a_next_hop_that_answers(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with Sink() as sink:
        status, topics = diagnosed(write(smtp=f'smarthost = "127.0.0.1:{sink.port}"'), capsys)
    assert status == 0
    assert topics["next hop"][0]["level"] == "ok"


def certificate(folder: Path, days: int, name: str = "gw.edi.example") -> str:
    """A self-signed certificate that is valid for so many days more; its [tls] table."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = datetime.now(UTC) + timedelta(days=days, hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(until - timedelta(days=400))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.chmod(0o600)
    return '[tls]\ncertificate = "cert.pem"\nkey = "key.pem"\n'


@pytest.mark.parametrize(("days", "level"), [(90, "ok"), (5, "warn"), (-2, "fail")])
def test_the_certificates_expiry(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], days: int, level: str
) -> None:
    status, topics = diagnosed(write(certificate(tmp_path, days)), capsys)
    assert [d["level"] for d in topics["tls"]] == [level]
    assert status == (2 if level == "fail" else 0)


def test_a_certificate_for_another_name_and_a_key_for_everybody(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = certificate(tmp_path, 90, "other.example")
    (tmp_path / "key.pem").chmod(0o644)
    status, topics = diagnosed(write(table), capsys)
    assert status == 2
    assert "does not name gw.edi.example" in topics["tls"][1]["message"]
    assert topics["secrets"][0]["cure"].startswith("chmod 600")


def test_work_that_waits_is_noticed(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write()
    old = datetime.now(UTC) - timedelta(hours=3)
    with Store.open(None, tmp_path / "data", clock=lambda: old) as store:
        store.accept(
            NewMail(b"Subject: x\r\n\r\nx\r\n", "", ("ops@edi.example",)),
            (),
            (NewJob("ops", Direction.IN),),
        )
    status, topics = diagnosed(file, capsys)
    assert status == 0
    (jobs,) = topics["jobs"]
    assert jobs["level"] == "warn"
    assert "180 minutes" in jobs["message"]
    assert topics["clock"][0]["level"] == "ok"


def test_a_clock_that_went_back(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write()
    with Store.open(
        None, tmp_path / "data", clock=lambda: datetime.now(UTC) + timedelta(days=3)
    ) as store:
        store.accept(NewMail(b"Subject: x\r\n\r\nx\r\n", "", ("ops@edi.example",)))
    status, topics = diagnosed(file, capsys)
    assert (status, topics["clock"][0]["level"]) == (2, "fail")


def test_a_database_that_is_none(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "edigate.sqlite3").write_bytes(b"no database at all" * 100)
    status, topics = diagnosed(write(), capsys)
    assert (status, topics["database"][0]["level"]) == (2, "fail")


def test_selftest_of_a_sound_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["selftest", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["result"] == "ok"
    topics = {d["topic"] for d in said["diagnoses"]}
    assert topics == {
        *(
            "verdict",
            "second reader",
            "truncation",
            "official rules",
            "seal",
            "determinism",
            "package",
        ),
    }


def test_selftest_of_rules_that_see_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An engine that finds nothing calls everything valid; that must not pass."""
    monkeypatch.setattr("edigate.checks.official.schematron.Schematron.hits", lambda *_: ())
    assert cli.main(["selftest"]) == 4
    assert "fail official rules" in capsys.readouterr().out


def test_selftest_of_a_reader_that_loses_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(selftest._EXPECTED, "2-mixed.edi", selftest._EXPECTED["1-invoice.edi"])
    found = [d for d in selftest.selftest(Engines.start()) if d.level is Level.FAIL]
    assert [d.topic for d in found] == ["verdict"]
