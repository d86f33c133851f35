"""`edigate verify`: the integrity of packages, taken out of any archive, or of the whole store.

0 everything is intact, 1 something is broken or not proven, 2 wrong usage, 3 not a package of edigate.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.progress import Progress

from edigate import __version__, config
from edigate.checks.schematron import NotChecked
from edigate.cli.conditions import conditions as conditions_of
from edigate.cli.on_store import settings_file
from edigate.cli.proofs import Proof, Words, as_json, line, show
from edigate.cli.rebuild import rebuild
from edigate.cli.who import actor
from edigate.config import Settings
from edigate.errors import Misconfigured, Rejected
from edigate.findings import Finding, Severity
from edigate.pdf.seal.values import Problem, problem
from edigate.pdf.verify import verify
from edigate.pipeline import Conditions, Engines
from edigate.service import keys
from edigate.store import EventKind, NewEvent, Store


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `verify`."""
    command.add_argument("files", nargs="*", metavar="FILE.pdf", type=Path)
    command.add_argument("--config", metavar="FILE", type=Path, help="this gateway's certificate; alone: its store")
    command.add_argument("--certificate", metavar="PEM", type=Path, help="the certificate packages must be sealed with")
    command.add_argument("--unsealed", action="store_true", help="accept packages without a seal")
    command.add_argument("--rebuild", action="store_true", help="draw the package again and compare every byte")
    command.add_argument("--partners", metavar="CSV", type=Path, help="master data by GLN, for --rebuild")
    command.add_argument("--tenant", metavar="ACCOUNT", help="whose agreements of --config hold, for --rebuild")
    command.add_argument("--logo", metavar="FILE", type=Path, help="the tenant's logo, for --rebuild")
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of the texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify everything named and return the highest status."""
    if not options.files:
        options.config = settings_file(options)
        if options.config is None:
            raise Misconfigured("USAGE", "name packages, or the gateway's settings with --config")
    words = Words(options.lang)
    console = Console(highlight=False)
    settings = config.load(options.config) if options.config is not None else None
    if not options.files and settings is not None:
        return _store(settings, options, words, console)
    status, shown = 0, []
    for proof in _proofs(options, settings, words):
        status = max(status, proof.status(unsealed=options.unsealed))
        if options.json:
            shown.append(as_json(proof, unsealed=options.unsealed))
        else:
            show(proof, console, words, unsealed=options.unsealed)
    if options.json:
        _print({"edigate": __version__, "packages": shown})
    return status


def _proofs(options: argparse.Namespace, settings: Settings | None, words: Words) -> Iterator[Proof]:
    trusted = _trusted(options, settings)
    conditions = _conditions(options, settings)
    logo = _bytes(options.logo) if options.logo is not None else None
    engines = Engines.start()
    quiet = options.json or len(options.files) < 2
    with Progress(
        console=Console(stderr=True), transient=True, disable=quiet or not Console(stderr=True).is_terminal
    ) as bar:
        task = bar.add_task(words.say("working"), total=len(options.files))
        for file in options.files:
            yield _proof(file, engines, trusted, (conditions, logo) if options.rebuild else None)
            bar.advance(task)


def _proof(file: Path, engines: Engines, trusted: str | None, again: tuple[Conditions, bytes | None] | None) -> Proof:
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
        return Proof(str(file), None, problem(reason.code), (), None, None, "")
    made = rebuild(pdf, proof, *again) if again is not None else None
    sealed_by = proof.seal.signer
    rules = ", ".join(f"{k} {v}" for k, v in engines.artefacts.in_report().items() if not k.startswith("sha256:"))
    known = None if trusted is None or sealed_by is None else sealed_by.fingerprint == trusted
    return Proof(str(file), proof, None, (*proof.problems, *unchecked), made, known, rules)


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


def _conditions(options: argparse.Namespace, settings: Settings | None) -> Conditions:
    """Master data, and the agreements of the tenant meant; settings with several tenants and none named give none."""
    unsaid = settings is not None and options.tenant is None and len(settings.tenant) != 1
    return conditions_of(argparse.Namespace(**{**vars(options), "config": None}) if unsaid else options)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None


def _store(settings: Settings, options: argparse.Namespace, words: Words, console: Console) -> int:
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
        detail = (("by", actor()), ("problems", str(len(found))), ("head", head), *subjects)
        store.record(NewEvent(kind, detail=detail))
    if options.json:
        listed = [{"code": f.code, "subject": f.subject, "message": f.message} for f in found]
        _print(
            {"edigate": __version__, "store": {"intact": not found, "events": events, "head": head, "problems": listed}}
        )
    elif found:
        line(console, words.say("store"), words.say("store_broken", count=len(found)), "bold red")
        for one in found:
            line(console, "", f"{one.code}: {one.message}")
    else:
        line(console, words.say("store"), words.say("store_intact", events=events, head=head), "bold green")
    return 1 if found else 0


def _print(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=1))
