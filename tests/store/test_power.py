"""The power fails right after something was acknowledged: what was promised is still there.

Each test fails when one of the fsyncs it is about is taken out of the program.
"""

import os
from pathlib import Path

import pytest

from edigate.actions.taking_over import replace_file
from edigate.config import Settings
from edigate.service.gateway import settings_log
from edigate.service.sealing import keys
from edigate.store import Direction, NewJob, Store
from edigate.store.engine.objects import INLINE
from tests.store.power import recorded
from tests.store.samples import TENANT, mail, to_mailbox


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that was used before."""
    folder = tmp_path / "data"
    Store.open(None, folder).close()
    return folder


def settings(data: Path) -> Settings:
    """Settings of a gateway."""
    return Settings(hostname="edi.example.com", domain="example.com", data=data)


@pytest.mark.parametrize("first", ["new folder", "known folder"])
def test_an_acknowledged_mail_survives(data: Path, first: str, tmp_path: Path) -> None:
    with Store.open(None, data) as store:
        sizes = range(INLINE + 1, INLINE + 4)
        large = [os.urandom(size) for size in sizes]
        if first == "known folder":
            for number in range(256):
                (data / "objects" / f"{number:02x}").mkdir(mode=0o700)
        with recorded(data) as disk:
            ids = [
                store.accept(mail(c), [to_mailbox()], [NewJob(TENANT, Direction.IN)]) for c in large
            ]
            found = disk.after_the_cut(tmp_path / "after")
    with Store.open(None, found) as store:
        assert [store.mail_content(i) for i in ids] == large
        assert not list(store.verify())


def test_the_seal_key_survives(data: Path, tmp_path: Path) -> None:
    with recorded(data) as disk:
        made = keys.sealer(settings(data)).fingerprint
        found = disk.after_the_cut(tmp_path / "after")
    assert keys.fingerprint(settings(found)) == made


def test_the_settings_in_force_survive(data: Path, tmp_path: Path) -> None:
    old = Settings(hostname="old.example.com", domain="example.com", data=data)
    settings_log.keep_in_force(old)
    with recorded(data) as disk:
        settings_log.keep_in_force(settings(data))
        found = disk.after_the_cut(tmp_path / "after")
    assert (found / "settings-in-force.json").exists()
    changed = settings_log.changes_since_last_start(settings(found))
    assert {key for key, _, _ in changed} <= {"data"}


def test_imported_master_data_survive(data: Path, tmp_path: Path) -> None:
    with recorded(data) as disk:
        replace_file(data / "partners" / "2800001946.csv", "gln,name\n")
        found = disk.after_the_cut(tmp_path / "after")
    assert (found / "partners" / "2800001946.csv").read_text("utf-8") == "gln,name\n"


def test_what_was_not_synced_is_gone(data: Path, tmp_path: Path) -> None:
    """The test of the tests: a file that is only written does not survive, in no way of being only
    half synced."""
    with recorded(data) as disk:
        (data / "written").write_bytes(b"x")
        for name in ("content", "name"):
            (data / name).write_bytes(b"x")
        descriptor = os.open(data / "content", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        first = disk.after_the_cut(tmp_path / "first")
        folder = os.open(data, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        second = disk.after_the_cut(tmp_path / "second")
    assert not [n for n in ("written", "content", "name") if (first / n).exists()]
    assert [(second / n).read_bytes() for n in ("written", "content", "name")] == [b"", b"x", b""]
