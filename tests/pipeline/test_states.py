"""From findings to states: what holds an invoice, what does not, and what is added from outside the
message."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from edigate import pipeline
from edigate.checks.causes import merged
from edigate.checks.law.basis import Circumstances
from edigate.checks.official.artefacts import Artefacts
from edigate.checks.official.schematron import NotChecked, Schematron, SchematronResult
from edigate.checks.verdict import State
from edigate.findings import Severity, finding
from edigate.invoice.origin import Origins
from edigate.masterdata import PartnerDirectory
from tests.fixtures.cases import case, engines, examined, names

_CONDITIONS = pipeline.Conditions(
    Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
)
ERROR = finding("CHK-01", reason="for the test")
_WARNING = replace(ERROR, severity=Severity.WARNING)


def document(name: str, number: int = 0) -> pipeline.JudgedMessage:
    """One INVOIC of a fixture, judged."""
    return examined(case(name)).documents[number]


class _Broken(Schematron):
    """The official rules as they are when the engine fails on an invoice."""

    def __init__(self, artefacts: Artefacts) -> None:
        pass

    def check(self, xml: bytes, paths: object, origins: Origins | None = None) -> SchematronResult:  # type: ignore[override]
        raise NotChecked("the engine failed")


@cache
def _broken() -> pipeline.Engines:
    return replace(engines(), schematron=_Broken(engines().artefacts))


@pytest.mark.parametrize("name", names())
def test_valid_is_what_has_no_error(name: str) -> None:
    for found in examined(case(name)).documents:
        if found.state in (State.VALID, State.INVALID):
            assert (found.state is State.VALID) is not bool(found.report.errors)


@pytest.mark.parametrize("name", names())
def test_only_a_readable_message_is_mapped(name: str) -> None:
    examination = examined(case(name))
    assert examination.transmission.readable or not examination.documents
    for found in examination.documents:
        assert (found.mapped is not None) is found.message.readable
        assert (found.xml is None) is (found.mapped is None)


def test_an_engine_that_fails_is_never_valid() -> None:
    (found,) = pipeline.examine(case("d01b-invoice").data, _broken(), _CONDITIONS).documents
    assert found.state is State.NOT_CHECKED
    assert [f.rule for f in found.report.errors] == ["CHK-01"]
    assert "the engine failed" in found.report.errors[0].message.en


def test_an_engine_that_fails_on_what_the_schema_holds_already_tells_the_sender() -> None:
    data = (
        case("d01b-invoice")
        .data.replace(b"++80331+DE'", b"++80331'")
        .replace(b"RFF+VA:DE987654328'", b"")
    )
    assert data != case("d01b-invoice").data
    (found,) = pipeline.examine(data, _broken(), _CONDITIONS).documents
    assert found.state is State.INVALID
    assert "CHK-01" not in [f.rule for f in found.report.findings]


def test_a_test_stays_a_test() -> None:
    broken = case("wrong-total").data.replace(b"+INVOIC+++EANCOM'", b"+INVOIC+++EANCOM+1'")
    (found,) = pipeline.examine(broken, engines(), _CONDITIONS).documents
    assert found.interchange.test
    assert found.state is State.TEST
    assert "BR-CO-15" in [f.rule for f in found.report.errors]


def test_an_added_error_holds() -> None:
    before = document("d01b-invoice")
    after = before.with_findings((ERROR,))
    assert (before.state, after.state) == (State.VALID, State.INVALID)
    assert ERROR in after.report.findings
    assert ERROR not in before.report.findings


def test_an_added_warning_does_not_hold() -> None:
    after = document("d01b-invoice").with_findings((_WARNING,))
    assert after.state is State.VALID
    assert after.report.warnings == (_WARNING,)


@pytest.mark.parametrize("name", ["test-interchange", "pro-forma-325", "wrong-total"])
def test_an_added_error_changes_only_what_was_valid(name: str) -> None:
    before = document(name)
    assert before.with_findings((ERROR,)).state is before.state


def test_a_stated_state_wins() -> None:
    after = document("d01b-invoice").with_findings((ERROR,), State.DUPLICATE)
    assert after.state is State.DUPLICATE


@pytest.mark.parametrize("name", names())
def test_adding_nothing_changes_nothing(name: str) -> None:
    for found in examined(case(name)).documents:
        assert found.with_findings(()) == found
        assert merged(found.report.findings) == found.report.findings


def test_added_findings_stand_in_their_place() -> None:
    after = document("wrong-total").with_findings((_WARNING, ERROR))
    ranks = [f.severity.rank for f in after.report.findings]
    assert ranks == sorted(ranks)


def test_what_is_wrong_with_the_envelope_does_not_hold_its_messages() -> None:
    data = case("third-of-five-broken").data.replace(b"UNZ+5+", b"UNZ+6+")
    found = pipeline.examine(data, engines(), _CONDITIONS)
    assert [f.rule for f in found.transmission.interchanges[0].findings] == ["SUM-07"]
    assert [d.state for d in found.documents].count(State.VALID) == 4
    assert not any("SUM-07" in [f.rule for f in d.report.findings] for d in found.documents)
