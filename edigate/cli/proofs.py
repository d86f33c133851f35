"""What `edigate verify` found out about a file -> the lines for a terminal, and JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rich.console import Console
from rich.text import Text

from edigate.cli.rebuild import Rebuild, RebuildState
from edigate.findings import printable
from edigate.pdf.seal.reading import SealCheck, SealState
from edigate.pdf.seal.values import Problem
from edigate.pdf.verify import Verification
from edigate.report.as_json import finding_json
from edigate.resources import template, toml

_LABEL = 14
"""Columns of the labels."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One file and what was found. refused: it is no package; problems: in the order they were found."""

    file: str
    proof: Verification | None
    refused: Problem | None
    problems: tuple[Problem, ...]
    rebuild: Rebuild | None
    trusted: bool | None
    rules: str

    def status(self, *, unsealed: bool) -> int:
        """The exit status. unsealed: whether a package without a seal is accepted."""
        if self.proof is None:
            return 3
        sealed = self.proof.seal.state is SealState.INTACT
        again = self.rebuild is None or self.rebuild.state is RebuildState.IDENTICAL
        without = unsealed and self.proof.seal.state is SealState.ABSENT
        return 0 if not self.problems and again and (sealed or without) else 1


class Words:
    """The words of `templates/verification.toml` in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def say(self, key: str, /, **values: object) -> str:
        """A line of the report."""
        return _filled(_texts()["word"][key][self._language], values)

    def problem(self, found: Problem) -> str:
        """A problem as a sentence."""
        return _filled(_texts()["problem"][found.code][self._language], dict(found.values))


@cache
def _texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return toml(template("verification.toml"))


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map({name: printable(str(value)) for name, value in values.items()})


def show(shown: Proof, console: Console, words: Words, *, unsealed: bool) -> None:
    """One file for a terminal."""
    status = shown.status(unsealed=unsealed)
    if shown.proof is None:
        assert shown.refused is not None
        _headline(console, shown.file, words.problem(shown.refused), "bold red")
        return
    _headline(console, shown.file, words.say(_verdict(shown, status)), "bold green" if status == 0 else "bold red")
    _seal(shown.proof.seal, shown.trusted, console, words)
    if shown.proof.evidence is not None:
        line(console, words.say("document"), shown.proof.evidence.document_id)
    for file in shown.proof.files:
        word = "file_broken" if not file.intact else "file_printed" if file.printed else "file_intact"
        line(console, file.name, f"{words.say(word)}, SHA-256 {file.sha256}", "" if file.intact else "red")
    codes = {found.code for found in shown.problems}
    if shown.proof.file("factur-x.xml") is not None and not codes & {"XML-INVALID", "XML-NOT-CHECKED"}:
        line(console, words.say("xml"), words.say("xml_valid", artefacts=shown.rules))
    if shown.rebuild is not None:
        same = shown.rebuild.state is RebuildState.IDENTICAL
        line(console, words.say("rebuilt"), words.say(f"rebuild_{shown.rebuild.state.value}"), "" if same else "red")
        for reason in shown.rebuild.reasons:
            line(console, "", words.problem(reason), "red")
    for found in shown.problems:
        line(console, "✘", words.problem(found), "red")
    console.print()


def _verdict(shown: Proof, status: int) -> str:
    """Key of the one word for a package."""
    assert shown.proof is not None
    absent = shown.proof.seal.state is SealState.ABSENT
    if status == 0:
        return "consistent" if absent else "intact"
    return "unproven" if absent and not shown.problems and shown.rebuild is None else "broken"


def _seal(seal: SealCheck, trusted: bool | None, console: Console, words: Words) -> None:
    good = seal.state is SealState.INTACT
    line(console, words.say("seal"), words.say(f"seal_{seal.state.value}"), "green" if good else "red")
    if seal.signed_at is not None:
        line(console, words.say("signed_at"), words.say("claimed", moment=f"{seal.signed_at:%Y-%m-%d %H:%M:%S} UTC"))
    if seal.stamp is not None and seal.stamp.at is not None:
        moment = f"{seal.stamp.at:%Y-%m-%d %H:%M:%S} UTC"
        line(console, words.say("stamped"), words.say("stamp", moment=moment, authority=seal.stamp.authority))
    signer = seal.signer
    if signer is not None:
        key = "self_signed" if signer.self_signed else "issued_by"
        line(console, words.say("certificate"), words.say(key, subject=signer.subject, issuer=signer.issuer))
        period = words.say("from_until", start=signer.valid_from.date(), end=signer.valid_until.date())
        line(console, words.say("validity"), period)
        compared = words.say("trusted" if trusted else "compare", fingerprint=signer.fingerprint)
        line(console, words.say("fingerprint"), compared)


def _headline(console: Console, file: str, verdict: str, style: str) -> None:
    text = Text(printable(file), style="bold")
    text.append(": ").append(verdict, style=style)
    console.print(text, soft_wrap=True)


def line(console: Console, label: str, text: str, style: str = "") -> None:
    """One labelled line of the report; text from the file cannot begin a line of its own."""
    console.print(Text(f"  {label:<{_LABEL}} ").append(printable(text), style=style), soft_wrap=True)


def as_json(shown: Proof, *, unsealed: bool) -> dict[str, Any]:
    """One file in the JSON of `verify --json`; spans are [first byte, byte behind the last]."""
    if shown.proof is None:
        assert shown.refused is not None
        return {"file": shown.file, "package": False, "intact": False, "problems": _problems([shown.refused])}
    proof, seal, again = shown.proof, shown.proof.seal, shown.rebuild
    signer, stamp = seal.signer, seal.stamp
    return {
        "file": shown.file,
        "package": True,
        "intact": shown.status(unsealed=unsealed) == 0,
        "document_id": proof.evidence.document_id if proof.evidence else None,
        "seal": {
            "state": seal.state.value,
            "signed_at": seal.signed_at.isoformat() if seal.signed_at else None,
            "changed": [[s.start, s.end] for s in seal.changed],
            "appended": [seal.appended.start, seal.appended.end] if seal.appended else None,
            "sealed_bytes": seal.sealed_bytes,
            "unsealed_bytes": seal.unsealed_bytes,
            "certificate": {
                "subject": signer.subject,
                "issuer": signer.issuer,
                "sha256": signer.fingerprint,
                "valid_from": signer.valid_from.isoformat(),
                "valid_until": signer.valid_until.isoformat(),
                "self_signed": signer.self_signed,
                "trusted": shown.trusted,
            }
            if signer
            else None,
            "time_stamp": {
                "at": stamp.at.isoformat() if stamp.at else None,
                "authority": stamp.authority,
                "intact": stamp.intact,
            }
            if stamp
            else None,
        },
        "files": [
            {
                "name": f.name,
                "relationship": f.relationship,
                "sha256": f.sha256,
                "metadata_sha256": f.said,
                "printed": f.printed,
                "intact": f.intact,
            }
            for f in proof.files
        ],
        "findings": [finding_json(f) for f in proof.findings],
        "rebuild": {"state": again.state.value, "reasons": _problems(again.reasons)} if again else None,
        "problems": _problems(shown.problems),
    }


def _problems(found: Sequence[Problem]) -> list[dict[str, Any]]:
    languages: dict[str, Callable[[Problem], str]] = {name: Words(name).problem for name in ("de", "en")}
    return [{"code": p.code, "message": {name: say(p) for name, say in languages.items()}} for p in found]
