"""The same bytes, conditions and engines give the same outcome, in any order, as a whole or as a
stream."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.masterdata import PartnerDirectory, read_csv
from edigate.report import as_json
from edigate.source import SomeMessage
from tests.fixtures.cases import Case, case, engines, examined, names
from tests.in_edifact import interchanges_of, transmission_of

_MOMENT = datetime(2026, 10, 16, 8, 0, tzinfo=UTC)
_SHOWN = pipeline.Presentation("0001-TEST", _MOMENT, _MOMENT, "edi@partner.example")


def _conditions(wanted: Case) -> pipeline.Conditions:
    partners = read_csv(wanted.partners) if wanted.partners else PartnerDirectory()
    return pipeline.Conditions(Circumstances(today=wanted.today), partners, {}, {})


def _json(examination: pipeline.Examination) -> bytes:
    return as_json.dump(
        as_json.envelope({}, [as_json.input_json(pipeline.input_verdict(examination, "in.edi"))])
    )


def _pdf(
    examination: pipeline.Examination,
    document: pipeline.JudgedMessage,
    shown: pipeline.Presentation,
) -> bytes:
    return pipeline.draw(
        document, pipeline.original_of(document, examination.data), examination.sha256, shown
    ).pdf


@pytest.mark.parametrize("name", names())
def test_examined_again_is_equal(name: str) -> None:
    wanted = case(name)
    first, second = examined(wanted), examined(wanted)
    assert _json(first) == _json(second)
    assert [d.xml for d in first.documents] == [d.xml for d in second.documents]
    assert first.transmission == second.transmission


@pytest.mark.parametrize("name", ["d01b-invoice", "charset-unow", "mixed-interchange"])
def test_drawn_again_is_equal(name: str) -> None:
    examination = examined(case(name))
    valid = [d for d in examination.documents if d.state is State.VALID]
    first = [_pdf(examination, d, _SHOWN) for d in valid]
    other = examined(case("one-line"))
    _pdf(other, other.documents[0], _SHOWN)
    assert [_pdf(examination, d, _SHOWN) for d in valid] == first


def test_the_only_date_is_the_one_given() -> None:
    examination = examined(case("d01b-invoice"))
    (document,) = examination.documents
    later = replace(_SHOWN, created_at=_MOMENT + timedelta(days=1))
    assert _pdf(examination, document, _SHOWN) != _pdf(examination, document, later)


@pytest.mark.parametrize("name", names())
def test_a_stream_gives_the_same_documents(name: str) -> None:
    wanted = case(name)
    survey, found = _streamed(wanted.data, wanted)
    whole = examined(wanted)
    transmission = transmission_of(whole)
    documents = [d for _, d in found if isinstance(d, pipeline.JudgedMessage)]
    assert [_part(d, wanted.data) for d in documents] == [
        _part(d, wanted.data) for d in whole.documents
    ]
    messages = [d.message if isinstance(d, pipeline.JudgedMessage) else d for _, d in found]
    assert messages == [m for _, m in transmission.messages()]
    assert (survey.findings, survey.readable) == (transmission.findings, transmission.readable)
    assert [_named(i) for i in interchanges_of(survey)] == [
        _named(i) for i in transmission.interchanges
    ]
    assert list(survey.messages) == [len(i.messages) for i in transmission.interchanges]
    numbers = [i.number for i in transmission.interchanges for _ in i.messages]
    assert [number for number, _ in found] == numbers


def test_a_stream_knows_the_errors_of_the_interchange() -> None:
    wanted = case("third-of-five-broken")
    data = wanted.data.replace(b"UNZ+5+", b"UNZ+6+")
    whole = pipeline.examine(data, engines(), _conditions(wanted))
    _, found = _streamed(data, wanted)
    documents = [d for _, d in found if isinstance(d, pipeline.JudgedMessage)]
    assert [_part(d, data) for d in documents] == [_part(d, data) for d in whole.documents]
    assert all(d.interchange.findings for d in documents)


def test_only_what_is_wanted_is_taken_apart() -> None:
    wanted = case("third-of-five-broken")
    conditions = _conditions(wanted)
    survey = pipeline.surveyed(io.BytesIO(wanted.data), wanted.data, conditions)
    places: list[tuple[int, int]] = []

    def second(interchange: int, message: int) -> bool:
        places.append((interchange, message))
        return message == 2

    found = list(
        pipeline.judged(
            io.BytesIO(wanted.data), wanted.data, survey, engines(), conditions, wanted=second
        )
    )
    assert places == [(1, n) for n in range(1, 6)]
    assert [(number, position) for number, position, _ in found] == places
    whole = examined(wanted)
    document = found[1][2]
    assert isinstance(document, pipeline.JudgedMessage)
    assert _part(document, wanted.data) == _part(whole.documents[1], wanted.data)
    others = [m for _, _, m in found if isinstance(m, Message)]
    assert [[s.tag for s in m.segments] for m in others] == [["UNH", "UNT"]] * 4


def test_what_is_said_of_a_truncated_input_needs_hardly_any_segments() -> None:
    wanted = case("truncated")
    conditions = _conditions(wanted)
    survey = pipeline.surveyed(io.BytesIO(wanted.data), wanted.data, conditions)
    light = pipeline.unjudged(io.BytesIO(wanted.data), wanted.data, survey, conditions)
    assert _json(light) == _json(examined(wanted))
    assert pipeline.why_unreadable(light.transmission) == pipeline.why_unreadable(
        examined(wanted).transmission
    )
    messages = transmission_of(light).messages()
    assert {s.tag for _, m in messages for s in m.segments} <= {
        "UNH",
        "BGM",
    }


def _streamed(
    data: bytes, wanted: Case
) -> tuple[pipeline.Survey, list[tuple[int, pipeline.JudgedMessage | SomeMessage]]]:
    conditions = _conditions(wanted)
    survey = pipeline.surveyed(io.BytesIO(data), data, conditions)
    found = pipeline.judged(io.BytesIO(data), data, survey, engines(), conditions)
    return survey, [(number, judged) for number, _, judged in found]


def _part(document: pipeline.JudgedMessage, data: bytes) -> tuple[object, ...]:
    judged = (document.message, document.report, document.xml, document.alone)
    return (*judged, document.interchange.findings, pipeline.original_of(document, data))


def _named(interchange: Interchange) -> tuple[object, ...]:
    return interchange.control_reference, interchange.sender, interchange.test, interchange.findings


def test_master_data_and_day_are_all_that_matters_besides() -> None:
    wanted = case("d96a-invoice")
    without = pipeline.examine(
        wanted.data, engines(), replace(_conditions(wanted), partners=PartnerDirectory())
    )
    assert without.documents[0].state is State.INVALID
    early = replace(
        _conditions(wanted), circumstances=Circumstances(today=wanted.today - timedelta(days=400))
    )
    rules = {
        f.rule for f in pipeline.examine(wanted.data, engines(), early).documents[0].report.findings
    }
    assert "UST-09" in rules


_PROGRAM = """
import hashlib
from edigate import pipeline
from edigate.report import as_json
from tests.fixtures.cases import case, examined
digest = hashlib.sha256()
for name in ("d01b-allowances-charges", "mixed-interchange", "unknown-gln", "wrong-total"):
    found = examined(case(name))
    verdict = pipeline.input_verdict(found, "in.edi", coverage=True, provenance=True)
    digest.update(as_json.dump(as_json.envelope({}, [as_json.input_json(verdict)])))
    for document in found.documents:
        digest.update(document.xml or b"")
print(digest.hexdigest())
"""


def test_every_process_says_the_same() -> None:
    """The order of sets differs between processes; nothing of it may show in verdicts, origins or
    XML."""
    said = set()
    for seed in ("1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(run.stdout)
    assert len(said) == 1
