"""Every public sample has the verdict a person reviewed, nothing of it is lost, and nothing crashes
on it."""

import pytest

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.findings import Severity
from edigate.invoice import cii
from tests.samples.verdicts import FOLDER, examined, kept, samples, verdict

_NAMES = samples() if FOLDER else []
needs_samples = pytest.mark.skipif(
    not FOLDER, reason="EDIGATE_SAMPLES does not name the folder of samples"
)


def _documents(name: str) -> list[pipeline.JudgedMessage]:
    return [*examined(name).documents, *examined(name, complete=True).documents]


@needs_samples
@pytest.mark.parametrize("name", _NAMES)
def test_verdict(name: str) -> None:
    expected = kept().get(name)
    assert expected is not None, (
        f"{name} has no reviewed verdict: python -m tests.samples.verdicts --write"
    )
    assert expected.pop("review"), f"{name}: nobody has reviewed the verdict"
    assert verdict(name) == expected


@needs_samples
@pytest.mark.parametrize("name", _NAMES)
def test_nothing_is_lost(name: str) -> None:
    for document in _documents(name):
        if document.mapped is not None:
            assert document.mapped.coverage.lost == ()
            assert document.mapped.coverage.mapped > 0


@needs_samples
@pytest.mark.parametrize("name", _NAMES)
def test_state_follows_from_the_findings(name: str) -> None:
    for document in _documents(name):
        held = any(f.severity is Severity.ERROR for f in document.report.findings)
        assert document.state is not State.NOT_CHECKED
        if document.state not in (State.TEST, State.NOT_AN_INVOICE):
            assert document.state is (State.INVALID if held else State.VALID)


@needs_samples
@pytest.mark.parametrize("name", _NAMES)
def test_what_was_written_reads_back(name: str) -> None:
    for document in _documents(name):
        if document.mapped is not None and document.xml is not None:
            again = cii.write(cii.read(document.xml)).xml
            assert again == document.xml


@needs_samples
def test_every_kept_verdict_has_its_sample() -> None:
    assert sorted(kept()) == _NAMES
