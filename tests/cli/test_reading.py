"""Commands that only look leave the store's chain and the settings kept beside it as they were
(VERFAHRENSDOKUMENTATION.md, sections 11 and 12)."""

from pathlib import Path

import pytest

from edigate.store import Store
from tests.cli.test_operation import Shop

LOOKING = (
    ("search",),
    ("search", "--open"),
    ("log",),
    ("queue",),
    ("usage",),
    ("partners", "missing"),
    ("purge", "--dry-run"),
    ("close", "--rule", "UST-04", "--dry-run"),
    ("seal", "certificate"),
    ("verify", "--read-only"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


def head(shop: Shop) -> tuple[int, str]:
    """Number and hash of the newest event."""
    with Store.open(None, shop.settings.data) as store:
        return store.chain_head()


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_looking_writes_no_event(command: tuple[str, ...], shop: Shop) -> None:
    before = head(shop)
    shop.do(*command)
    assert head(shop) == before


def test_doctor_changes_nothing(shop: Shop) -> None:
    """No event, and no file that was not there."""
    before, files = head(shop), names(shop.settings.data)
    shop.do("doctor")
    assert (head(shop), names(shop.settings.data)) == (before, files)


def names(folder: Path) -> set[str]:
    """Every file of a data folder but SQLite's own while it is open."""
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*")}
    return {n for n in found if not n.endswith(("-wal", "-shm"))}


def test_what_is_handed_out_is_an_event(shop: Shop, tmp_path: Path) -> None:
    document = shop.do("search", "--state", "valid")[0]["document"]
    before, _ = head(shop)
    shop.do("export", document, "-o", str(tmp_path / "out"))
    assert head(shop)[0] == before + 1
    assert shop.do("log", document)[-1]["event"] == "ACCESSED"
