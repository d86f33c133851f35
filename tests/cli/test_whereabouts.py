"""Which settings a command uses when nobody names them, and that it says so."""

import shutil
from pathlib import Path

import pytest

from edigate import cli, config
from edigate.config import places as module
from edigate.store import Store
from tests.docs.source import ROOT

SETTINGS = (
    'hostname = "gw.example"\ndomain = "{0}"\ndata = "data-{0}"\nadmins = '
    '["ops@elsewhere.example"]\n'
)
ON_STORE = (
    "queue",
    "log",
    "search",
    "usage",
    "purge --dry-run",
    "partners missing",
    "verify",
    "doctor",
)
NOWHERE = ("check {}", "explain UST-01", "verify {}", "convert {} -o out")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A file in each place, each with a store of its own, and the working folder between them."""
    monkeypatch.chdir(tmp_path)
    found = {
        "variable.example": tmp_path / "variable.toml",
        "here.example": Path("edigate-data/config.toml"),
        "system.example": tmp_path / "etc" / "edigate.toml",
    }
    monkeypatch.setattr(module, "USUAL", (found["here.example"], found["system.example"]))
    for name, file in found.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(SETTINGS.format(name), "utf-8")
        Store.open(None, config.load(file).data).close()
    monkeypatch.setenv("EDIGATE_CONFIG", str(found["variable.example"]))
    return found


@pytest.mark.parametrize("command", ON_STORE)
def test_commands_on_a_store_look_in_this_order_and_name_what_they_use(
    command: str,
    files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, file in files.items():
        cli.main(command.split())
        said = capsys.readouterr()
        assert f"edigate: settings of {file} (" in said.err, name
        assert str(file) not in said.out or command == "doctor"
        monkeypatch.delenv("EDIGATE_CONFIG", raising=False)
        file.unlink()
    status = cli.main(command.split())
    said = capsys.readouterr()
    assert "settings of" not in said.err
    if command == "doctor":
        assert "only the program is looked at" in said.out
    else:
        assert status == 2
        assert "--config" in said.err


@pytest.mark.parametrize("command", ON_STORE)
def test_a_file_that_was_named_is_used_without_a_word(
    command: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([*command.split(), "--config", str(files["system.example"])])
    assert "settings of" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ON_STORE)
def test_a_variable_that_names_no_file_is_an_error_and_nothing_else_is_used(
    command: str,
    files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EDIGATE_CONFIG", "gone.toml")
    assert cli.main(command.split()) == 2
    said = capsys.readouterr()
    assert "gone.toml: no such file" in said.out + said.err
    assert "here.example" not in said.out + said.err


def test_a_place_that_may_not_be_looked_at_is_not_passed_over(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDIGATE_CONFIG", "")  # empty is as good as unset
    here = files["here.example"]
    here.unlink()
    here.symlink_to(here.name)  # a loop: neither there nor missing
    assert cli.main(["search"]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", NOWHERE)
def test_commands_that_need_no_store_look_nowhere(
    command: str,
    files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(ROOT / "fixtures" / "d96a-invoice" / "in.edi", "in.edi")
    for file in files.values():
        file.write_text("not = [toml", "utf-8")
    cli.main(command.format("in.edi").split())
    said = capsys.readouterr()
    assert "not TOML" not in said.out + said.err
    assert "settings of" not in said.err


def test_serve_looks_at_the_variable_alone(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in files.values():
        file.write_text(f"{file.stem} = [", "utf-8")
    assert cli.main(["serve"]) == 2
    assert "variable.toml: not TOML" in capsys.readouterr().err
    monkeypatch.delenv("EDIGATE_CONFIG")
    files["here.example"].unlink()
    monkeypatch.setattr(
        "edigate.cli.installation.serving._embedded",
        lambda file: file.write_text("made = [", "utf-8"),
    )
    assert cli.main(["serve"]) == 2
    assert "edigate-data/config.toml: not TOML" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "not = [toml", "hostnam = 'gw.example'"])
def test_serve_names_the_settings_it_cannot_take(
    content: str | None,
    files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = Path("given.toml")
    if content is not None:
        file.write_text(content, "utf-8")
    monkeypatch.setenv("EDIGATE_CONFIG", str(file))
    assert cli.main(["serve"]) == 2
    assert "edigate: settings of given.toml (EDIGATE_CONFIG)\n" in capsys.readouterr().err
    assert cli.main(["serve", "--config", str(file)]) == 2
    assert "EDIGATE_CONFIG" not in capsys.readouterr().err
