"""`edigate verify`: the integrity of packages, taken out of any archive, or of the whole store.

0 everything is intact, 1 something is broken or not proven, 2 wrong usage, 3 not a package of edigate.
"""

import argparse
import getpass
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from edigate import __version__, config
from edigate.checks.schematron import NotChecked
from edigate.cli.rebuild import Rebuild, RebuildState, rebuild
from edigate.config import Settings
from edigate.errors import Misconfigured, Rejected
from edigate.findings import Finding, Severity, printable
from edigate.mapping.partners import PartnerDirectory, read_csv
from edigate.pdf.seal.reading import SealCheck, SealState
from edigate.pdf.seal.values import Problem, problem
from edigate.pdf.verify import Verification, verify
from edigate.pipeline import Engines
from edigate.report.as_json import finding_json
from edigate.resources import template
from edigate.service import keys
from edigate.store import EventKind, NewEvent, Store

_LABEL = 14
"""Columns of the labels."""


@dataclass(frozen=True, slots=True)
class _Proof:
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


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify`."""
    command = commands.add_parser("verify", help="prove the integrity of packages, or of the whole store")
    command.add_argument("files", nargs="*", metavar="FILE.pdf", type=Path)
    command.add_argument("--config", metavar="FILE", type=Path, help="this gateway's certificate; alone: its store")
    command.add_argument("--certificate", metavar="PEM", type=Path, help="the certificate packages must be sealed with")
    command.add_argument("--unsealed", action="store_true", help="accept packages without a seal")
    command.add_argument("--rebuild", action="store_true", help="draw the package again and compare every byte")
    command.add_argument("--partners", metavar="CSV", type=Path, help="master data by GLN, for --rebuild")
    command.add_argument("--logo", metavar="FILE", type=Path, help="the tenant's logo, for --rebuild")
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of the texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify everything named and return the highest status."""
    if not options.files and options.config is None:
        raise Misconfigured("USAGE", "name packages, or the gateway's settings with --config")
    words = _Words(options.lang)
    console = Console(highlight=False)
    settings = config.load(options.config) if options.config is not None else None
    if not options.files and settings is not None:
        return _store(settings, options, words, console)
    status, shown = 0, []
    for proof in _proofs(options, settings, words):
        status = max(status, proof.status(unsealed=options.unsealed))
        if options.json:
            shown.append(_as_json(proof, unsealed=options.unsealed))
        else:
            _show(proof, console, words, unsealed=options.unsealed)
    if options.json:
        _print({"edigate": __version__, "packages": shown})
    return status


def _proofs(options: argparse.Namespace, settings: Settings | None, words: "_Words") -> Iterator[_Proof]:
    trusted = _trusted(options, settings)
    partners = _partners(options.partners)
    logo = _bytes(options.logo) if options.logo is not None else None
    engines = Engines.start()
    quiet = options.json or len(options.files) < 2
    with Progress(
        console=Console(stderr=True), transient=True, disable=quiet or not Console(stderr=True).is_terminal
    ) as bar:
        task = bar.add_task(words.say("working"), total=len(options.files))
        for file in options.files:
            yield _proof(file, engines, trusted, (partners, logo) if options.rebuild else None)
            bar.advance(task)


def _proof(
    file: Path, engines: Engines, trusted: str | None, again: tuple[PartnerDirectory, bytes | None] | None
) -> _Proof:
    pdf = _bytes(file)
    unchecked: list[Problem] = []

    def check(xml: bytes) -> tuple[Finding, ...]:
        schema = engines.xsd.check(xml)
        if any(f.severity is Severity.ERROR for f in schema):
            return schema  # the Schematron cannot compute with what is not even the right shape
        try:
            return (*schema, *engines.schematron.check(xml).findings)
        except NotChecked as reason:
            unchecked.append(problem("XML-NOT-CHECKED", reason=reason.message))
            return schema

    try:
        proof = verify(pdf, check, trusted)
    except Rejected as reason:
        return _Proof(str(file), None, problem(reason.code), (), None, None, "")
    made = rebuild(pdf, proof, *again) if again is not None else None
    sealed_by = proof.seal.signer
    rules = ", ".join(f"{k} {v}" for k, v in engines.artefacts.in_report().items() if not k.startswith("sha256:"))
    known = None if trusted is None or sealed_by is None else sealed_by.fingerprint == trusted
    return _Proof(str(file), proof, None, (*proof.problems, *unchecked), made, known, rules)


def _trusted(options: argparse.Namespace, settings: Settings | None) -> str | None:
    """SHA-256 of the certificate that packages must be sealed with; None when none was named."""
    if options.certificate is not None:
        try:
            certificate = x509.load_pem_x509_certificates(_bytes(options.certificate))[0]
        except ValueError:
            raise Misconfigured("CERTIFICATE", f"{options.certificate} holds no certificate in PEM") from None
        return certificate.fingerprint(hashes.SHA256()).hex()
    if settings is not None and settings.seal.enabled:
        return keys.fingerprint(settings)
    return None


def _partners(file: Path | None) -> PartnerDirectory:
    if file is None:
        return PartnerDirectory()
    try:
        return read_csv(_bytes(file).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Misconfigured("PARTNERS", f"{file}: not UTF-8; save the file as UTF-8") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None


def _store(settings: Settings, options: argparse.Namespace, words: "_Words", console: Console) -> int:
    """The whole store; what was found is recorded in its own chain."""
    if not settings.store.database and not (settings.data / "edigate.sqlite3").exists():
        raise Misconfigured("STORE", f"{settings.data} holds no store; is `data` in {options.config} right?")
    with (
        Store.open(settings.store.database or None, settings.data) as store,
        Progress(console=Console(stderr=True), transient=True, disable=options.json) as bar,
    ):
        task = bar.add_task(words.say("working"), total=None)
        found = list(store.verify(lambda seen, total: bar.update(task, completed=seen, total=total)))
        events, head = store.chain_head()
        kind = EventKind.INTEGRITY_VIOLATED if found else EventKind.VERIFIED
        subjects = tuple((f.code.lower(), f.subject) for f in found[:20])
        detail = (("by", getpass.getuser()), ("problems", str(len(found))), ("head", head), *subjects)
        store.record(NewEvent(kind, detail=detail))
    if options.json:
        listed = [{"code": f.code, "subject": f.subject, "message": f.message} for f in found]
        _print(
            {"edigate": __version__, "store": {"intact": not found, "events": events, "head": head, "problems": listed}}
        )
    elif found:
        _line(console, words.say("store"), words.say("store_broken", count=len(found)), "bold red")
        for one in found:
            _line(console, "", f"{one.code}: {one.message}")
    else:
        _line(console, words.say("store"), words.say("store_intact", events=events, head=head), "bold green")
    return 1 if found else 0


class _Words:
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
    return tomllib.loads(template("verification.toml").read_text("utf-8"))


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map({name: printable(str(value)) for name, value in values.items()})


def _show(shown: _Proof, console: Console, words: _Words, *, unsealed: bool) -> None:
    """One file for a terminal."""
    status = shown.status(unsealed=unsealed)
    if shown.proof is None:
        assert shown.refused is not None
        _headline(console, shown.file, words.problem(shown.refused), "bold red")
        return
    _headline(console, shown.file, words.say(_verdict(shown, status)), "bold green" if status == 0 else "bold red")
    _seal(shown.proof.seal, shown.trusted, console, words)
    if shown.proof.evidence is not None:
        _line(console, words.say("document"), shown.proof.evidence.document_id)
    for file in shown.proof.files:
        word = "file_broken" if not file.intact else "file_printed" if file.printed else "file_intact"
        _line(console, file.name, f"{words.say(word)}, SHA-256 {file.sha256}", "" if file.intact else "red")
    codes = {found.code for found in shown.problems}
    if shown.proof.file("factur-x.xml") is not None and not codes & {"XML-INVALID", "XML-NOT-CHECKED"}:
        _line(console, words.say("xml"), words.say("xml_valid", artefacts=shown.rules))
    if shown.rebuild is not None:
        same = shown.rebuild.state is RebuildState.IDENTICAL
        _line(console, words.say("rebuilt"), words.say(f"rebuild_{shown.rebuild.state.value}"), "" if same else "red")
        for reason in shown.rebuild.reasons:
            _line(console, "", words.problem(reason), "red")
    for found in shown.problems:
        _line(console, "✘", words.problem(found), "red")
    console.print()


def _verdict(shown: _Proof, status: int) -> str:
    """Key of the one word for a package."""
    assert shown.proof is not None
    absent = shown.proof.seal.state is SealState.ABSENT
    if status == 0:
        return "consistent" if absent else "intact"
    return "unproven" if absent and not shown.problems and shown.rebuild is None else "broken"


def _seal(seal: SealCheck, trusted: bool | None, console: Console, words: _Words) -> None:
    good = seal.state is SealState.INTACT
    _line(console, words.say("seal"), words.say(f"seal_{seal.state.value}"), "green" if good else "red")
    if seal.signed_at is not None:
        _line(console, words.say("signed_at"), words.say("claimed", moment=f"{seal.signed_at:%Y-%m-%d %H:%M:%S} UTC"))
    if seal.stamp is not None and seal.stamp.at is not None:
        moment = f"{seal.stamp.at:%Y-%m-%d %H:%M:%S} UTC"
        _line(console, words.say("stamped"), words.say("stamp", moment=moment, authority=seal.stamp.authority))
    signer = seal.signer
    if signer is not None:
        key = "self_signed" if signer.self_signed else "issued_by"
        _line(console, words.say("certificate"), words.say(key, subject=signer.subject, issuer=signer.issuer))
        period = words.say("from_until", start=signer.valid_from.date(), end=signer.valid_until.date())
        _line(console, words.say("validity"), period)
        compared = words.say("trusted" if trusted else "compare", fingerprint=signer.fingerprint)
        _line(console, words.say("fingerprint"), compared)


def _headline(console: Console, file: str, verdict: str, style: str) -> None:
    line = Text(printable(file), style="bold")
    line.append(": ").append(verdict, style=style)
    console.print(line, soft_wrap=True)


def _line(console: Console, label: str, text: str, style: str = "") -> None:
    console.print(Text(f"  {label:<{_LABEL}} ").append(printable(text), style=style), soft_wrap=True)


def _as_json(shown: _Proof, *, unsealed: bool) -> dict[str, Any]:
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
    languages: dict[str, Callable[[Problem], str]] = {name: _Words(name).problem for name in ("de", "en")}
    return [{"code": p.code, "message": {name: say(p) for name, say in languages.items()}} for p in found]


def _print(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=1))
