"""What tests of several rooms share: the PostgreSQL server."""

from collections.abc import Iterator

import pytest

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
