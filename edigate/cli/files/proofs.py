"""What `edigate verify` found out about a file -> the lines for a terminal, and JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from rich.console import Console
from rich.text import Text

from edigate import __version__
from edigate.cli.files.rebuild import Rebuild, RebuildState
from edigate.findings import printable
from edigate.pdf.contents import EmbeddedFile
from edigate.pdf.integrity import Issuer, Verification
from edigate.pdf.seal.inspection import SealCheck, SealState, Signer
from edigate.pdf.seal.problems import PackageProblem
from edigate.report.as_json import finding_json
from edigate.resources import template, toml

_LABEL = 14
"""Columns of the labels."""
_NO_DEFECT = (RebuildState.IDENTICAL, RebuildState.NOT_COMPARABLE)


class RulesState(StrEnum):
    """What today's rules say of the XML inside."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not-checked"
    NOT_LOOKED_AT = "not-looked-at"


@dataclass(frozen=True, slots=True)
class Rules:
    """Today's rules about the XML: for information, for a package stays what it was when rules
    change.

    reason: why they could not be asked; broken: what they find wrong; now: their versions.
    """

    state: RulesState
    reason: str = ""
    broken: tuple[str, ...] = ()
    now: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """One file and what was found. refused: it is no package that can be looked at."""

    file: str
    proof: Verification | None
    refused: PackageProblem | None
    rebuild: Rebuild | None = None
    rules: Rules = field(default_factory=lambda: Rules(RulesState.NOT_LOOKED_AT))

    def status(self, *, unsealed: bool) -> int:
        """The exit status: integrity alone. unsealed: whether a package without a seal is
        accepted."""
        if self.proof is None:
            return 3
        sealed = self.proof.seal.state is SealState.INTACT
        again = self.rebuild is None or self.rebuild.state in _NO_DEFECT
        without = unsealed and self.proof.seal.state is SealState.ABSENT
        return 0 if not self.proof.problems and again and (sealed or without) else 1

    def verdict(self, *, unsealed: bool) -> str:
        """The one word for it: intact, broken, foreign-issuer, consistent (no seal, accepted),
        unproven (no seal), no-package."""
        if self.proof is None:
            return "no-package"
        absent = self.proof.seal.state is SealState.ABSENT
        if self.status(unsealed=unsealed) == 0:
            return "consistent" if absent else "intact"
        if not self.proof.problems and absent and self.rebuild is None:
            return "unproven"
        alien = {p.code for p in self.proof.problems} == {"SEAL-OTHER-KEY"}
        again = self.rebuild is None or self.rebuild.state in _NO_DEFECT
        return "foreign-issuer" if alien and again else "broken"


class ProofWords:
    """The words of `templates/verification.toml` in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def say(self, key: str, /, **values: object) -> str:
        """A line of the report."""
        return _filled(_texts()["word"][key][self._language], values)

    def problem(self, found: PackageProblem) -> str:
        """A problem as a sentence."""
        return _filled(_texts()["problem"][found.code][self._language], dict(found.values))


@cache
def _texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return toml(template("verification.toml"))


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map({name: printable(str(value)) for name, value in values.items()})


def show(shown: Proof, console: Console, words: ProofWords, *, unsealed: bool) -> None:
    """One file for a terminal."""
    if shown.proof is None:
        assert shown.refused is not None
        _headline(console, shown.file, words.problem(shown.refused), "bold red")
        return
    proof, good = shown.proof, shown.status(unsealed=unsealed) == 0
    verdict = words.say(shown.verdict(unsealed=unsealed))
    _headline(console, shown.file, verdict, "bold green" if good else "bold red")
    _seal(proof.seal, console, words)
    _issuer(proof, console, words)
    if proof.evidence is not None:
        line(console, words.say("document"), proof.evidence.document_id)
    for file in proof.files:
        word = (
            "file_broken" if not file.intact else "file_printed" if file.printed else "file_intact"
        )
        line(
            console,
            file.name,
            f"{words.say(word)}, SHA-256 {file.sha256}",
            "" if file.intact else "red",
        )
    for found in proof.problems:
        line(console, "✘", words.problem(found), "red")
    _rebuilt(shown.rebuild, console, words)
    _rules(shown, console, words)
    console.print()


def _issuer(proof: Verification, console: Console, words: ProofWords) -> None:
    if proof.issuer is not Issuer.NONE:
        style = {Issuer.KNOWN: "green", Issuer.FOREIGN: "red"}.get(proof.issuer, "yellow")
        line(console, words.say("issuer"), words.say(f"issuer_{proof.issuer.value}"), style)


def _rebuilt(again: Rebuild | None, console: Console, words: ProofWords) -> None:
    if again is None:
        line(console, words.say("rebuilt"), words.say("rebuild_not_asked"))
        return
    style = "" if again.state in _NO_DEFECT else "red"
    line(console, words.say("rebuilt"), words.say(f"rebuild_{again.state.value}"), style)
    for reason in again.reasons:
        line(console, "", words.problem(reason), style)


def _rules(shown: Proof, console: Console, words: ProofWords) -> None:
    """What the rules say now, and which ones it was made under."""
    rules, evidence = shown.rules, shown.proof.evidence if shown.proof else None
    values = {
        "rules": ", ".join(rules.broken),
        "reason": rules.reason,
        "artefacts": _versions(rules.now),
    }
    style = "" if rules.state is RulesState.VALID else "yellow"
    line(console, words.say("xml"), words.say(f"xml_{rules.state.value}", **values), style)
    if evidence is not None and evidence.edigate:
        then = _versions(evidence.artefacts) or "–"
        line(
            console,
            words.say("then"),
            words.say("then_by", edigate=evidence.edigate, artefacts=then),
        )


def _versions(artefacts: Mapping[str, str]) -> str:
    """The rules by name and version, without their digests."""
    return ", ".join(f"{k} {v}" for k, v in artefacts.items() if not k.startswith("sha256:"))


def _seal(seal: SealCheck, console: Console, words: ProofWords) -> None:
    good = seal.state is SealState.INTACT
    line(
        console,
        words.say("seal"),
        words.say(f"seal_{seal.state.value}"),
        "green" if good else "red",
    )
    if seal.signed_at is not None:
        moment = f"{seal.signed_at:%Y-%m-%d %H:%M:%S} UTC"
        line(console, words.say("signed_at"), words.say("claimed", moment=moment))
    stamp = seal.stamp
    if stamp is not None and stamp.intact and stamp.at is not None:
        moment = f"{stamp.at:%Y-%m-%d %H:%M:%S} UTC"
        line(
            console,
            words.say("stamped"),
            words.say("stamp", moment=moment, authority=stamp.authority),
        )
    signer = seal.signer
    if signer is not None:
        key = "self_signed" if signer.self_signed else "issued_by"
        said = words.say(key, subject=signer.subject, issuer=signer.issuer)
        line(console, words.say("certificate"), said)
        period = words.say(
            "from_until", start=signer.valid_from.date(), end=signer.valid_until.date()
        )
        line(console, words.say("validity"), period)
        line(console, "SHA-256", signer.fingerprint)


def _headline(console: Console, file: str, verdict: str, style: str) -> None:
    text = Text(printable(file), style="bold")
    text.append(": ").append(verdict, style=style)
    console.print(text, soft_wrap=True)


def line(console: Console, label: str, text: str, style: str = "") -> None:
    """One labelled line of the report; text from the file cannot begin a line of its own."""
    console.print(
        Text(f"  {label:<{_LABEL}} ").append(printable(text), style=style), soft_wrap=True
    )


def as_json(shown: Proof, *, unsealed: bool) -> dict[str, Any]:
    """One file in the JSON of `verify --json`; spans are [first byte, byte behind the last]."""
    verdict = shown.verdict(unsealed=unsealed)
    proof, again = shown.proof, shown.rebuild
    if proof is None:
        refused = [shown.refused] if shown.refused else []
        return {
            "file": shown.file,
            "package": False,
            "intact": False,
            "verdict": verdict,
            "problems": _problems(refused),
        }
    return {
        "file": shown.file,
        "package": True,
        "intact": shown.status(unsealed=unsealed) == 0,
        "verdict": verdict,
        "issuer": proof.issuer.value,
        "document_id": proof.evidence.document_id if proof.evidence else None,
        "seal": _seal_json(proof),
        "files": [_file_json(f) for f in proof.files],
        "rules": _rules_json(shown.rules, proof),
        "findings": [finding_json(f) for f in proof.findings],
        "rebuild": {"state": again.state.value, "reasons": _problems(again.reasons)}
        if again
        else None,
        "problems": _problems(proof.problems),
    }


def _seal_json(proof: Verification) -> dict[str, Any]:
    seal, signer, stamp = proof.seal, proof.seal.signer, proof.seal.stamp
    return {
        "state": seal.state.value,
        "signed_at": seal.signed_at.isoformat() if seal.signed_at else None,
        "changed": [[s.start, s.end] for s in seal.changed],
        "appended": [seal.appended.start, seal.appended.end] if seal.appended else None,
        "sealed_bytes": seal.sealed_bytes,
        "unsealed_bytes": seal.unsealed_bytes,
        "certificate": _signer_json(signer, proof.issuer) if signer else None,
        "time_stamp": {
            "at": stamp.at.isoformat() if stamp.at else None,
            "authority": stamp.authority,
            "intact": stamp.intact,
        }
        if stamp
        else None,
    }


def _signer_json(signer: Signer, issuer: Issuer) -> dict[str, Any]:
    return {
        "subject": signer.subject,
        "issuer": signer.issuer,
        "sha256": signer.fingerprint,
        "valid_from": signer.valid_from.isoformat(),
        "valid_until": signer.valid_until.isoformat(),
        "self_signed": signer.self_signed,
        "trusted": {Issuer.KNOWN: True, Issuer.FOREIGN: False}.get(issuer),
    }


def _file_json(file: EmbeddedFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "relationship": file.relationship,
        "sha256": file.sha256,
        "metadata_sha256": file.said,
        "printed": file.printed,
        "intact": file.intact,
    }


def _rules_json(rules: Rules, proof: Verification) -> dict[str, Any]:
    """Information beside the proof: what today's rules say, and those the package was made
    under."""
    evidence = proof.evidence
    return {
        "state": rules.state.value,
        "reason": rules.reason or None,
        "broken": list(rules.broken),
        "now": {"edigate": __version__, "artefacts": dict(rules.now)},
        "then": {"edigate": evidence.edigate, "artefacts": dict(evidence.artefacts)}
        if evidence
        else None,
    }


def _problems(found: Sequence[PackageProblem]) -> list[dict[str, Any]]:
    languages: dict[str, Callable[[PackageProblem], str]] = {
        name: ProofWords(name).problem for name in ("de", "en")
    }
    return [
        {"code": p.code, "message": {name: say(p) for name, say in languages.items()}}
        for p in found
    ]
