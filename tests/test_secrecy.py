"""No secret that shows as one comes out: not from errors, logs, traces, diagnoses, the chain or the
settings file."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edigate import cli, config
from edigate.config import Settings
from edigate.errors import EdigateError, Misconfigured
from edigate.mail.accounts import Account, Accounts, hash_password
from edigate.secrecy import masked, masked_value
from edigate.service.gateway import logs
from edigate.service.gateway.settings_log import changes, changes_since_last_start, keep_in_force
from edigate.service.health.diagnosis import warn
from edigate.service.health.doctor import deployment
from edigate.store import EventKind, NewEvent, Store
from edigate.store.engine.database import database_url, reading_engine, writing_engine

SECRET = "Gartenzwerg"
SHAPES = (
    "postgresql+psycopg://edigate:{}@db.example/edigate",
    "postgresql://edigate:p@{}/x@db.example:5432/edigate?sslmode=require",
    "postgresql://db.example/edigate?user=edigate&password={}",
    "https://{}@tsa.example/stamp",
    "https://tsa:{}@tsa.example:8443/stamp?policy=1",
    "https://hooks.example/in?token={}",
    "https://hooks.example/in?a=b&x_signature={}#end",
    "smtp://user:{}@[2001:db8::25]:587",
    "s3://key:{}@bucket.example/prod",
    "imaps://someone%40a.example:{}@imap.example",
    "$argon2id$v=19$m=65536,t=3,p=4${}$abc",
    "$6${}$abc",
)
HASH = hash_password("first")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, hook = logging.getLogger().handlers[:], sys.excepthook
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.captureWarnings(False)
    sys.excepthook = hook


def settings(folder: Path, **sections: object) -> Settings:
    said = {
        "hostname": "edi.example",
        "domain": "edi.example",
        "data": str(folder),
        "admins": ["ops@edi.example"],
    }
    return Settings.model_validate(said | sections)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "around", ["{}", "cannot use {!r}: refused", "see <{}>, then try again", "a\n{}\nb"]
)
def test_a_secret_is_masked_wherever_it_stands_and_the_rest_stays(shape: str, around: str) -> None:
    text = around.format(shape.format(SECRET))
    assert SECRET not in masked(text)
    assert masked(masked(text)) == masked(text)
    assert SECRET not in masked_value(shape.format(SECRET))
    for host in re.findall(r"(?:\w+\.)?\w+\.example", shape.rpartition("@")[2]):
        assert host in masked(text)


@given(
    st.text(min_size=1), st.text(min_size=8), st.sampled_from(["https", "postgresql+psycopg", "x"])
)
def test_whatever_stands_in_a_login_of_a_setting_is_masked(
    user: str, password: str, scheme: str
) -> None:
    said = masked_value(f"{scheme}://{user}:{password}@host.example/x")
    assert said == f"{scheme}://***@host.example/x"


@pytest.mark.parametrize(
    "harmless",
    [
        *(
            "ops@edi.example",
            "2026-11-30 10:00:00Z",
            "Vertrag 4711: siehe Mail an ops@edi.example",
            "",
            "a = b",
            "5 $",
        ),
        *(
            "siehe http://x.example/a und ops@y.example",
            "postgresql://db.example/edigate",
            "['a@b.example', 'c@d.e']",
        ),
    ],
)
def test_what_holds_no_secret_stays_as_it_is(harmless: str) -> None:
    assert masked(harmless) == harmless
    assert masked_value(harmless) == harmless


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_diagnoses_and_logs_are_masked(shape: str) -> None:
    text = f"cannot use {shape.format(SECRET)}"
    error = EdigateError("X", text)
    assert SECRET not in error.message + str(error) + repr(error)
    assert SECRET not in warn("x", text, "y").message
    out = io.StringIO()
    for form in ("json", "console"):
        structlog.reset_defaults()
        logs.configure(form=form, file=out)
        log = structlog.get_logger(form)
        log.info(
            "one", reason=text, keys=[text, (text,)], inner={"a": [text]}, exc_info=ValueError(text)
        )
        logging.getLogger(form).error("library %s", text, exc_info=ValueError(text))
        sys.excepthook(ValueError, ValueError(text), None)
    assert out.getvalue().count("***") >= 2 * 7
    assert SECRET not in out.getvalue()


Section = Callable[[str], dict[str, object]]
URLS: dict[str, Section] = {
    "store.database": lambda url: {"store": {"database": url}},
    "seal.timestamp_url": lambda url: {"seal": {"timestamp_url": url}},
    "include": lambda url: {"include": [url, "tenants.d/*.toml"]},
    "tenant.name": lambda url: {"tenant": [{"account": "1", "name": url}]},
    "tenant.deviation.texts": lambda url: {
        "tenant": [
            {
                "account": "1",
                "name": "x",
                "deviation": [{"partner": "4", "texts": {"AAK:ST3": url}}],
            }
        ]
    },
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("key", URLS)
def test_any_setting_is_masked_in_the_chain_and_in_the_file(
    tmp_path: Path, key: str, shape: str
) -> None:
    """Whatever its key is called; that it changed is said all the same."""
    before, after = settings(tmp_path), settings(tmp_path, **URLS[key](shape.format(SECRET)))
    found = changes(before, after)
    assert found
    assert SECRET not in str(found)
    assert SECRET not in str(changes(after, before))
    other = settings(tmp_path, **URLS[key](shape.format("Gartenzaun")))
    assert changes(other, after), "that a secret was changed is a change"
    keep_in_force(after)
    assert SECRET not in (tmp_path / "settings-in-force.json").read_text("utf-8")
    assert changes_since_last_start(after) == []
    with Store.open(None, tmp_path / "data") as store:
        store.record_changes(
            "start", [(key, "–", shape.format(SECRET))]
        )  # the store's door masks once more
        assert SECRET not in str(store.log())
        assert store.events_with_secrets() == ()


def test_a_settings_file_of_an_earlier_version_gives_its_secrets_to_nobody(tmp_path: Path) -> None:
    url = f"postgresql://edigate:{SECRET}@db.example/edigate"
    kept = settings(tmp_path, store={"database": url})
    keep_in_force(kept)
    file = tmp_path / "settings-in-force.json"
    file.write_text(file.read_text("utf-8").replace("***", f"edigate:{SECRET}"), "utf-8")
    assert SECRET in file.read_text("utf-8")
    assert changes_since_last_start(kept) == []
    assert SECRET not in str(changes_since_last_start(settings(tmp_path)))
    keep_in_force(kept)
    assert SECRET not in file.read_text("utf-8")


@pytest.mark.parametrize(
    "value",
    [f"postgresql://edigate:{SECRET}@db.example/e", HASH, f"edigate:{SECRET}@db.example"],
    ids=[
        "url",
        "hash",
        "userinfo",
    ],  # a hash has another salt in every process, and so had the name of the test
)
def test_doctor_names_old_events_with_secrets_and_not_the_secrets(
    tmp_path: Path, value: str
) -> None:
    found = settings(tmp_path)
    with Store.open(None, tmp_path) as store:
        store.record(NewEvent(EventKind.STARTED))
        for old, new in (("–", value), ("a", "b"), (value, "–")):
            pairs = (("by", "start"), ("key", "store.database"), ("old", old), ("new", new))
            store.record(NewEvent(EventKind.CONFIG_CHANGED, detail=pairs))
        assert store.events_with_secrets() == (2, 4)
    (said,) = [
        d
        for d in deployment(found)
        if d.topic == "secrets" and "chain" in d.message and d.level == "warn"
    ]
    assert "event 2, 4" in said.message
    assert value not in said.message + said.cure


BROKEN = (
    f"postgresql://edigate:{SECRET}@127.0.0.1:1/edigate",
    f"postgresql://edigate:{SECRET}@127.0.0.1:{SECRET}/edigate",
    f"postgresql://edigate:p@ss:{SECRET}@127.0.0.1/edigate",
    f"postgresql://127.0.0.1:1/edigate?user=edigate&password={SECRET}",
    f"mysql://edigate:{SECRET}@db.example/edigate",
    f"postgresql:/edigate:{SECRET}@db.example/edigate",
    f"edigate:{SECRET}@db.example/edigate",
    f"://edigate:{SECRET}@db.example/edigate",
)
COMMANDS = (
    *(
        "queue",
        "log",
        "log X",
        "search",
        "usage",
        "purge --dry-run",
        "purge --reason x",
        "partners missing",
        "verify",
    ),
    *(
        "doctor",
        "doctor --json",
        "replay X",
        "release X",
        "resend X",
        "delete X --reason x",
        "restore X --reason x",
    ),
    *("export X -o out", "queue --json"),
)


@pytest.mark.parametrize("url", BROKEN)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_says_the_password_of_a_database_it_cannot_use(
    command: str,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "edigate.toml"
    text = (
        'hostname = "a"\ndomain = "a.example"\ndata = "data"\n[store]\ndatabase = '
        f"{json.dumps(url)}\n"
    )
    file.write_text(text, "utf-8")
    status = cli.main([*command.split(), "--config", str(file)])
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err
    assert status in (2, 4)
    assert not [path for path in tmp_path.rglob("*") if SECRET in path.name]
    assert not [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path != file and SECRET in _text(path)
    ]


@pytest.mark.parametrize("url", BROKEN)
def test_serve_says_no_password_while_it_waits_for_its_database(url: str, tmp_path: Path) -> None:
    file = tmp_path / "edigate.toml"
    text = (
        'hostname = "a"\ndomain = "a.example"\ndata = "data"\n[store]\ndatabase = '
        f"{json.dumps(url)}\n"
    )
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "edigate", "serve", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        said = b""
        for line in process.stdout:  # until it ends, or says that it waits
            said += line
            if b'"store.waiting"' in line:
                break
        process.terminate()
        said += process.stdout.read()
    assert said
    assert SECRET not in said.decode("utf-8")


def _text(path: Path) -> str:
    return path.read_bytes().decode("latin-1")


def test_a_defect_says_no_secret_either(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_options: object) -> int:
        raise RuntimeError(f"https://a:{SECRET}@x.example")

    monkeypatch.setattr("edigate.cli.installation.configuration._example", broken)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    assert cli.main(["config", "example"]) == 4
    said = capfd.readouterr().err
    assert "RuntimeError: https://***@x.example" in said
    assert SECRET not in said


@pytest.mark.parametrize("make", [reading_engine, writing_engine])
@pytest.mark.parametrize("url", ["postgresql://db.example/edigate", "x.sqlite3"])
def test_statements_in_errors_hide_their_values(make: object, url: str) -> None:
    assert callable(make)
    assert make(database_url(url)).hide_parameters


@pytest.mark.parametrize(
    "value",
    [
        f"smtp://u:{SECRET}@mail.example:587",
        f"u:{SECRET}@mail.example:587",
        f"u:{SECRET}@mail.example",
    ],
)
def test_a_login_where_an_address_belongs_is_refused_without_repeating_it(
    tmp_path: Path, value: str
) -> None:
    file = tmp_path / "edigate.toml"
    text = f'hostname = "a"\ndomain = "a.example"\ndata = "data"\n[smtp]\nsmarthost = "{value}"\n'
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as refused:
        config.load(file)
    assert "smarthost" in refused.value.message
    assert SECRET not in refused.value.message


def test_a_login_name_that_is_no_account_is_shown_by_length_and_digest_alone() -> None:
    accounts = Accounts(
        "edi.example",
        [Account("2800001946", "!"), Account("2800001946.archive", "!", archive=True)],
    )
    for known in ("2800001946", "2800001946@edi.example", "2800001946.ARCHIVE"):
        assert accounts.shown(known) == known.partition("@")[0].lower()
    seen = {
        accounts.shown(wrong)
        for wrong in (SECRET, f"{SECRET}!", f"{SECRET}@edi.example", "x\r\n", "\udcff", "")
    }
    assert len(seen) == 6
    assert accounts.shown(SECRET) == accounts.shown(SECRET)
    for said in seen:
        assert re.fullmatch(r"no account, \d+ characters, [0-9a-f]{8}", said)
