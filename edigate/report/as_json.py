"""Verdicts -> the JSON of `check --json`, `convert --json` and `report.json`
(schemas/report.schema.json)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from edigate import __version__
from edigate.checks.verdict import State
from edigate.findings import Finding, Texts
from edigate.invoice import codes
from edigate.report.presentation import InputVerdict, OtherMessage, PartSeen, Verdict
from edigate.report.sources import account_json, source_json


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding; keys of the contract first, then our additions (`missing`, `expected`,
    `official`, `location`)."""
    place = finding.place
    out: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "class": finding.category.value,
        "source": finding.source.value,
        "message": _texts(finding.message),
        "basis": finding.basis,
        "term": finding.term,
        "segment": None
        if place is None
        else {"index": place.index, "tag": place.tag, "text": place.text},
        "line": finding.line,
        "count": finding.count,
    }
    if finding.missing:
        out["missing"] = finding.missing
    if finding.expected:
        out["expected"] = _texts(finding.expected)
    if finding.partner:
        out["partner"] = _texts(finding.partner)
    if finding.official:
        out["official"] = finding.official
    if finding.also:
        out["also"] = list(finding.also)
    if finding.location:
        out["location"] = finding.location
    return out


def _title(code: str) -> dict[str, str] | None:
    """What a document of this type is called, the same as in letters and on the page; None without
    a name."""
    found = codes.names("document").get(code)
    return {"de": codes.title(code, "de"), "en": codes.title(code, "en")} if found else None


def message_json(verdict: Verdict) -> dict[str, Any]:
    """One INVOIC message, or what may have been one."""
    identity = verdict.identity
    out: dict[str, Any] = {
        "reference": verdict.reference,
        "type": verdict.type,
        "version": verdict.version,
        "invoice": {
            "number": identity.number or None,
            "type_code": identity.type_code or None,
            "title": _title(identity.type_code),
            "issue_date": identity.issue_date or None,
            "currency": identity.currency or None,
            "gross": identity.gross or None,
            "seller": identity.seller or None,
            "buyer": identity.buyer or None,
        },
        "state": verdict.report.state.value,
        "valid": verdict.report.state is State.VALID,
        "findings": [finding_json(f) for f in verdict.report.findings],
    }
    if verdict.pdf:
        out["pdf"] = verdict.pdf
    if verdict.xml:
        out["xml"] = verdict.xml
    if verdict.account is not None:
        out["coverage"] = account_json(verdict.account)
    if verdict.sources:
        out["provenance"] = [source_json(s) for s in verdict.sources]
    return out


def other_json(message: OtherMessage) -> dict[str, Any]:
    """A message of another type: its type and nothing else, unless reading it failed. An INVOIC
    comes here only when its input cannot be used; it is never valid."""
    if not message.findings and message.type != "INVOIC":
        return {"type": message.type}
    return {
        "reference": message.reference,
        "type": message.type,
        "version": message.version,
        "valid": False,
        "findings": [finding_json(f) for f in message.findings],
    }


def input_json(verdict: InputVerdict) -> dict[str, Any]:
    """One input with its interchanges and messages, and the parts of its file where they are to be
    listed."""
    parts = {} if verdict.parts is None else {"parts": [_part_json(p) for p in verdict.parts]}
    return {
        "file": verdict.file,
        "readable": verdict.readable,
        "errors": [finding_json(f) for f in verdict.errors],
        **parts,
        "interchanges": [
            {
                "control_reference": interchange.control_reference,
                "sender": interchange.sender,
                "recipient": interchange.recipient,
                "test": interchange.test,
                "findings": [finding_json(f) for f in interchange.findings],
                "messages": _Lazy(interchange.messages),
            }
            for interchange in verdict.interchanges
        ],
    }


def _part_json(part: PartSeen) -> dict[str, Any]:
    return {
        "part": part.part,
        "name": part.name,
        "type": part.type,
        "became": part.became,
        "why": _texts(part.why),
    }


def envelope(artefacts: Mapping[str, str], inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The outermost object: versions, then the inputs."""
    return {"edigate": __version__, "artefacts": dict(artefacts), "inputs": list(inputs)}


def dump(document: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON, indented, keys in the order they were written, so that equal verdicts give equal
    bytes."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def write(document: Mapping[str, Any], out: BinaryIO) -> None:
    """`dump` piece by piece, for verdicts that do not fit into memory."""
    for piece in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(document):
        out.write(piece.encode())
    out.write(b"\n")


class _Lazy(list[Any]):
    """Messages that become JSON one at a time, when the encoder asks for the next."""

    def __init__(self, messages: Iterable[Verdict | OtherMessage]) -> None:
        super().__init__()
        self._messages = messages

    def __iter__(self) -> Iterator[Any]:
        return (
            message_json(m) if isinstance(m, Verdict) else other_json(m) for m in self._messages
        )

    def __len__(self) -> int:
        return int(any(True for _ in self._messages))

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    __hash__ = None


def _texts(texts: Texts) -> dict[str, str]:
    return {"de": texts.de, "en": texts.en}
