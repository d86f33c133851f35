"""For every test: what rooms share (the PostgreSQL server), what was skipped, and long tests only
when asked."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import skips
from tests.store import postgres

_SOAK = "soak"

# no test measures time: a busy machine must not make a property fail
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `soak` is run by `make soak` alone."""
    if os.environ.get("EDIGATE_SOAK") or _SOAK in str(config.getoption("markexpr")):
        return
    told = pytest.mark.skip(reason="long test: make soak runs it")
    for item in items:
        if item.get_closest_marker(_SOAK):
            item.add_marker(told)


def _skipped(terminal: pytest.TerminalReporter) -> list[str]:
    reports = terminal.stats.get("skipped", [])
    return [
        skips.reason_of(r)
        for r in reports
        if isinstance(r, pytest.TestReport | pytest.CollectReport)
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every reason, with how often it was given."""
    found = _skipped(terminalreporter)
    if not found:
        return
    terminalreporter.section("not tested here")
    for line in skips.lines(found):
        terminalreporter.line(line)
    for reason in skips.unaccepted(found):
        terminalreporter.line(f"no accepted reason (tests/skips.py): {reason}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skip for a reason that nobody accepted fails the run."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or not skips.in_ci() or hasattr(session.config, "workerinput"):
        return
    if skips.unaccepted(_skipped(terminal)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
