"""Fixtures of the mail room's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.gateway import Gateway


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the certificate of this run."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Listeners with their usual settings."""
    with Gateway() as running:
        yield running
