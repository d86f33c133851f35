"""The store on both databases: every test that takes `house` or `store` runs twice."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edigate.store import Store
from tests.store import postgres


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time pass, e.g. `seconds=5`."""
        self.now += timedelta(**by)


@dataclass
class House:
    """A place where stores live; `open` opens the same data again, as another process would."""

    url: str | None
    folder: Path
    clock: Clock = field(default_factory=Clock)
    opened: list[Store] = field(default_factory=list)

    def open(self, *, daemon: bool = False, node: str | None = None) -> Store:
        """Another Store over the same data."""
        store = Store.open(self.url, self.folder, daemon=daemon, node=node, clock=self.clock)
        self.opened.append(store)
        return store

    @property
    def sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url is None


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated, empty database: copying it is quicker than migrating another."""
    with postgres.database(postgres_server) as url:
        Store.open(url, tmp_path_factory.mktemp("template")).close()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a SQLite file."""
    folder = tmp_path_factory.mktemp("template")
    Store.open(None, folder).close()
    return folder / "edigate.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A fresh place on each database."""
    if request.param == "sqlite":
        place = House(None, tmp_path / "data")
        place.folder.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("sqlite_template"), place.folder)
        yield place
        for store in place.opened:
            store.close()
        return
    server, template = (
        request.getfixturevalue(f"postgres_{name}") for name in ("server", "template")
    )
    with postgres.database(server, template) as url:
        place = House(url, tmp_path / "data")
        yield place
        for store in place.opened:
            store.close()


@pytest.fixture
def store(house: House) -> Store:
    """A fresh store on each database."""
    return house.open()


@pytest.fixture
def clock(house: House) -> Clock:
    """The clock of `house` and `store`."""
    return house.clock
