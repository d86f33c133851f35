"""For every test: what was skipped is told at the end, and long tests run their short form unless asked."""

import os

import pytest

from tests import skips

_SOAK = "soak"


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
    return [skips.reason_of(r) for r in reports if isinstance(r, pytest.TestReport | pytest.CollectReport)]


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
