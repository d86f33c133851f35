"""Files -> what `edigate verify` can prove of each, one after the other."""

import argparse
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from edigate.checks.official.schematron import NotChecked
from edigate.cli.files.conditions import conditions as conditions_of
from edigate.cli.files.proofs import Proof, ProofWords, Rules, RulesState
from edigate.cli.files.rebuild import rebuild
from edigate.cli.files.seal_certificates import Expected, expected
from edigate.config import Settings
from edigate.errors import Misconfigured, Rejected
from edigate.findings import Finding, Severity
from edigate.pdf.integrity import verify
from edigate.pdf.seal.inspection import read_seal
from edigate.pdf.seal.problems import problem
from edigate.pipeline import Conditions, Engines


def add_options(command: argparse.ArgumentParser) -> None:
    """What can be said about packages."""
    command.add_argument(
        "--certificate",
        metavar="PEM",
        type=Path,
        action="append",
        default=[],
        help="packages must be sealed with one of these (a bundle is fine; repeatable)",
    )
    command.add_argument(
        "--fingerprint",
        metavar="SHA256",
        action="append",
        default=[],
        help="or with the certificate that has this SHA-256 (repeatable)",
    )
    command.add_argument("--unsealed", action="store_true", help="accept packages without a seal")
    command.add_argument(
        "--rebuild", action="store_true", help="draw the package again and compare every byte"
    )
    command.add_argument(
        "--partners", metavar="CSV", type=Path, help="master data by GLN, for --rebuild"
    )
    command.add_argument(
        "--tenant", metavar="ACCOUNT", help="whose agreements of --config hold, for --rebuild"
    )
    command.add_argument(
        "--logo", metavar="FILE", type=Path, help="the tenant's logo, for --rebuild"
    )


def proofs(
    options: argparse.Namespace, settings: Settings | None, words: ProofWords
) -> Iterator[Proof]:
    """What can be proven of each of the files named. Raises: Misconfigured."""
    logo = _bytes(options.logo) if options.logo is not None else None
    again = (_conditions(options, settings), logo) if options.rebuild else None
    with expected(options, settings, words) as whose, _progress(options, words) as advance:
        engines = Engines.start()
        for file in options.files:
            yield _proof(file, engines, whose, again)
            advance()


@dataclass(slots=True)
class _TodaysRules:
    """Finds fault with an XML, and remembers whether it could."""

    engines: Engines
    state: RulesState = RulesState.NOT_LOOKED_AT
    reason: str = ""

    def check(self, xml: bytes) -> tuple[Finding, ...]:
        """XML schema and Schematron."""
        found = self.engines.xsd.check(xml)
        # the Schematron cannot compute with what is not even the right shape
        if not any(f.severity is Severity.ERROR for f in found):
            try:
                found = (*found, *self.engines.schematron.check(xml).findings)
            except NotChecked as reason:
                self.state, self.reason = RulesState.NOT_CHECKED, reason.message
                return tuple(found)
        wrong = any(f.severity is Severity.ERROR for f in found)
        self.state = RulesState.INVALID if wrong else RulesState.VALID
        return tuple(found)


def _proof(
    file: Path,
    engines: Engines,
    whose: Expected | None,
    again: tuple[Conditions, bytes | None] | None,
) -> Proof:
    pdf, rules = _bytes(file), _TodaysRules(engines)
    try:
        found = verify(pdf, rules.check, _trusted(pdf, whose))
    except Rejected as reason:
        return Proof(str(file), None, problem(reason.code))
    made = rebuild(pdf, found, *again) if again is not None else None
    today = Rules(rules.state, rules.reason, found.broken_rules, engines.artefacts.in_report())
    return Proof(str(file), found, None, made, today)


def _trusted(pdf: bytes, whose: Expected | None) -> frozenset[str] | None:
    """The certificates this very file may be sealed with: what the store keeps needs no other
    proof."""
    if whose is None:
        return None
    if whose.keeps(hashlib.sha256(pdf).hexdigest()) and (signer := read_seal(pdf).signer):
        return whose.fingerprints | {signer.fingerprint}
    return whose.fingerprints


@contextmanager
def _progress(options: argparse.Namespace, words: ProofWords) -> Iterator[Callable[[], object]]:
    """A bar in a terminal, for several files."""
    console = Console(stderr=True)
    quiet = options.json or len(options.files) < 2 or not console.is_terminal
    with Progress(console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(words.say("working"), total=len(options.files))
        yield lambda: bar.advance(task)


def _conditions(options: argparse.Namespace, settings: Settings | None) -> Conditions:
    """Master data, and the agreements of the tenant meant; settings with several tenants and none
    named give none."""
    unsaid = settings is not None and options.tenant is None and len(settings.tenant) != 1
    return conditions_of(
        argparse.Namespace(**{**vars(options), "config": None}) if unsaid else options
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None
