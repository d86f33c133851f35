"""Every odd envelope is accounted for by `check`: by its exit status, its JSON, and each invoice in
it."""

import json
from pathlib import Path
from typing import Any

import pytest

from edigate import cli
from edigate.cli.files import inputs
from edigate.pipeline import Engines
from tests.fixtures.cases import engines
from tests.pipeline.envelopes import Odd, envelope, every, sound

TODAY = ("--today", "2026-11-30")


def _checked(
    odd: Odd, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> tuple[int, dict[str, Any]]:
    path = folder / "in.edi"
    path.write_bytes(odd.data)
    status = cli.main(["check", str(path), *TODAY, "--json"])
    (found,) = json.loads(capsysbinary.readouterr().out)["inputs"]
    return status, found


def _messages(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [m for interchange in found["interchanges"] for m in interchange["messages"]]


def _findings(found: dict[str, Any]) -> list[dict[str, Any]]:
    inside = [f for i in found["interchanges"] for f in i["findings"]]
    return [
        *found["errors"],
        *inside,
        *(f for m in _messages(found) for f in m.get("findings", ())),
    ]


@pytest.fixture(autouse=True)
def _started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engines start once for all of them."""
    started = engines()
    monkeypatch.setattr(Engines, "start", lambda *_: started)


def test_names_are_given_once() -> None:
    names = [odd.name for odd in every()]
    assert len(names) == len(set(names)) >= 40


@pytest.mark.parametrize("odd", every(), ids=lambda odd: odd.name)
def test_each_is_accounted_for(
    odd: Odd, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    status, found = _checked(odd, tmp_path, capsysbinary)
    messages = _messages(found)
    states = [m["state"] for m in messages if "state" in m]
    assert found["readable"] is not (odd.whole or "without UNT" in odd.name)
    assert (
        states == []
        if odd.whole
        else (states.count("invalid"), states.count("valid")) == (odd.held, odd.valid)
    )
    assert status == odd.status
    rules = {f["rule"] for f in _findings(found)}
    assert odd.told in rules or not odd.told
    for message in messages:
        assert (
            message.get("valid", True)
            or any(f["severity"] == "error" for f in message["findings"])
            or odd.whole
        )
    held = [m for m in messages if m.get("state") == "invalid"]
    said = [
        f
        for m in held
        for f in m["findings"]
        if f["severity"] == "error" and f["class"] == "format"
    ]
    assert len({id(m) for m in held}) == odd.held
    assert not odd.held or (
        said and all(f["expected"] and f["partner"]["de"] and f["partner"]["en"] for f in said)
    )
    assert any(odd.names in f["message"]["de"] + f["basis"] for f in said) or not odd.names


@pytest.mark.parametrize("odd", every(), ids=lambda odd: odd.name)
def test_a_stream_accounts_for_it_alike(
    odd: Odd,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = _checked(odd, tmp_path, capsysbinary)
    monkeypatch.setattr(inputs, "LARGE", 0)
    assert _checked(odd, tmp_path, capsysbinary) == at_once


def test_the_terminal_says_what_is_wrong_with_the_envelope_of_a_valid_invoice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(envelope(sound(), unz="UNZ+1+XX'"))
    assert cli.main(["check", str(path), *TODAY, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "valid" in said
    assert "SUM-07" in said
