"""Gateways for the acceptance tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.gateway import Gateway


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
