"""The JSON keeps the contract and fits `schemas/report.schema.json`, which describes every key that
is written."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from edigate import pipeline
from edigate.findings import Severity
from edigate.report import as_json
from edigate.resources import schema
from tests.fixtures.cases import case, engines, names
from tests.report.inputs import examinations, input_verdict

_CASES = [*names(), "hostile"]
_UNREADABLE = "truncated"


def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema("report.schema.json").read_text("utf-8"))
    return loaded


def _closed(node: Any) -> Any:
    """The schema with every object closed: a key it does not describe is an error in our own
    output."""
    if isinstance(node, list):
        return [_closed(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if node.get("type") == "object" and "additionalProperties" not in node:
        closed["additionalProperties"] = False
    return closed


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(_closed(_schema()))


def _document(name: str) -> dict[str, Any]:
    parts = [as_json.input_json(input_verdict(name))]
    written = as_json.dump(as_json.envelope(engines().artefacts.in_report(), parts))
    loaded: dict[str, Any] = json.loads(written)
    return loaded


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(_schema())


@pytest.mark.parametrize("name", [name for name in _CASES if name != _UNREADABLE])
def test_fits_the_schema(name: str, validator: Draft202012Validator) -> None:
    assert [
        f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(_document(name))
    ] == []


def test_an_unreadable_input_fits_the_schema(validator: Draft202012Validator) -> None:
    assert [e.json_path for e in validator.iter_errors(_document(_UNREADABLE))] == []


@pytest.mark.parametrize("name", _CASES)
def test_report_of_one_document_fits_the_schema(name: str, validator: Draft202012Validator) -> None:
    examination = examinations(name)
    for document in examination.documents:
        original = pipeline.original_of(document, examination.data)
        report = json.loads(as_json.dump(pipeline.report(document, original, examination.sha256)))
        assert list(validator.iter_errors(report)) == []
        (given,) = report["inputs"]
        (interchange,) = given["interchanges"]
        assert len(interchange["messages"]) == 1


def test_every_described_key_of_a_finding_occurs() -> None:
    described = set(_schema()["$defs"]["finding"]["properties"])
    used = {key for name in _CASES for finding in _findings(_document(name)) for key in finding}
    assert used == described


def test_the_schema_refuses_what_breaks_the_contract(validator: Draft202012Validator) -> None:
    message = _document("d01b-invoice")
    changes: tuple[dict[str, Any], ...] = (
        {"valid": False},
        {"state": "ok"},
        {"findings": _findings(_document("wrong-total"))},
        {"invoice": {}},
        {"type": "ORDERS"},
        {"unheard": 1},
    )
    for change in changes:
        broken = json.loads(json.dumps(message))
        broken["inputs"][0]["interchanges"][0]["messages"][0] |= change
        assert not validator.is_valid(broken), change


def _findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for given in document["inputs"]:
        found += given["errors"]
        for interchange in given["interchanges"]:
            found += interchange["findings"]
            for message in interchange["messages"]:
                found += message.get("findings", [])
    return found


def test_the_example_of_the_contract() -> None:
    (given,) = _document("wrong-total")["inputs"]
    (interchange,) = given["interchanges"]
    (message,) = interchange["messages"]
    assert (given["file"], given["readable"], given["errors"]) == ("in.edi", True, [])
    assert message["type"] == "INVOIC"
    assert message["invoice"]["type_code"] == "380"
    assert message["valid"] is False
    (finding,) = [f for f in message["findings"] if f["severity"] == "error"]
    assert finding["rule"] == "BR-CO-15"
    assert (finding["class"], finding["source"], finding["term"]) == (
        "business-rule",
        "schematron",
        "BT-112",
    )
    segments = case("wrong-total").data.decode("latin-1").split("'\n")
    assert finding["segment"]["tag"] == "MOA"
    assert finding["segment"]["text"].removesuffix("'") in segments
    assert finding["count"] == 1


def test_other_messages_are_a_type_and_nothing_else() -> None:
    (given,) = _document("mixed-interchange")["inputs"]
    messages = given["interchanges"][0]["messages"]
    assert [m["type"] for m in messages] == ["ORDERS", "INVOIC", "INVOIC", "DESADV"]
    assert [m for m in messages if m["type"] != "INVOIC"] == [
        {"type": "ORDERS"},
        {"type": "DESADV"},
    ]


def test_unreadable() -> None:
    (given,) = _document(_UNREADABLE)["inputs"]
    assert given["readable"] is False
    findings = [*given["errors"], *(f for i in given["interchanges"] for f in i["findings"])]
    assert [f["rule"] for f in findings if f["severity"] == "error"] == ["EDI-02"]
    assert {f["class"] for f in findings} == {"format"}


@pytest.mark.parametrize("name", _CASES)
def test_findings_come_most_severe_first(name: str) -> None:
    for document in examinations(name).documents:
        ranks = [Severity(f.severity).rank for f in document.report.findings]
        assert ranks == sorted(ranks)


def test_equal_verdicts_are_equal_bytes() -> None:
    parts = [as_json.input_json(input_verdict("hostile"))]
    again = [as_json.input_json(input_verdict("hostile"))]
    assert as_json.dump(as_json.envelope({}, parts)) == as_json.dump(as_json.envelope({}, again))
