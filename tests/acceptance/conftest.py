"""Gateways for the acceptance tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.gateway import Gateway
from tests.store import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for the session; skips, saying why, where there is none."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The database of the test's gateways: SQLite, or what a module asks for by `on_both`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def make(tmp_path: Path, database: str | None) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways that are ended with the test."""
    made: list[Gateway] = []

    def _make(**settings: object) -> Gateway:
        gateway = Gateway(tmp_path, database=database, **settings)  # type: ignore[arg-type]
        made.append(gateway)
        return gateway

    yield _make
    for gateway in made:
        gateway.kill()


@pytest.fixture
def gateway(make: Callable[..., Gateway]) -> Gateway:
    """A running gateway with the default settings."""
    made = make()
    made.start()
    return made
