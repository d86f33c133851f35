"""`edigate seal certificate`, and the certificates that `edigate verify` compares seals with."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs12

from edigate.actions import proving
from edigate.cli.files.proofs import ProofWords
from edigate.cli.operating.on_store import add_options, settings_of, store_of
from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.findings import printable
from edigate.service.sealing.certificates import Used, ever_used
from edigate.store import Store

_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose seals are accepted. fingerprints: SHA-256 in lower-case hex; keeps: whether the
    gateway's store has a file with this digest, whatever sealed it before certificates were
    chained."""

    fingerprints: frozenset[str]
    keeps: Callable[[str], bool]


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `seal`."""
    parts = command.add_subparsers(dest="part", required=True, metavar="certificate")
    certificate = parts.add_parser(
        "certificate",
        help="every certificate the gateway ever sealed with, as PEM for `verify --certificate`",
    )
    add_options(certificate)
    certificate.add_argument(
        "--lang", choices=("de", "en"), default="de", help="language of the texts"
    )
    certificate.set_defaults(run=_certificate)


def _certificate(options: argparse.Namespace) -> int:
    settings, words = settings_of(options), ProofWords(options.lang)
    with store_of(settings) as store:
        used = proving.certificates(store, settings)
    if options.json:
        print(json.dumps([_as_json(u) for u in used], ensure_ascii=False, indent=1))
        return 0
    for one in used:
        print("\n".join(_heading(one, words)))
        print(_pem(one.certificate), end="")
    return 0


def _heading(used: Used, words: ProofWords) -> Iterator[str]:
    """Lines that a reader of PEM passes over."""
    own = used.certificate
    yield f"# {printable(own.subject.rfc4514_string())}"
    start, end = own.not_valid_before_utc.date(), own.not_valid_after_utc.date()
    yield f"# {words.say('validity')}: {words.say('from_until', start=start, end=end)}"
    first = used.first_used
    moment = words.say("never_used") if first is None else f"{first:%Y-%m-%d %H:%M:%S} UTC"
    yield f"# {words.say('first_used')}: {moment}"
    yield f"# SHA-256: {used.fingerprint}"


def _as_json(used: Used) -> dict[str, object]:
    own = used.certificate
    return {
        "sha256": used.fingerprint,
        "subject": own.subject.rfc4514_string(),
        "valid_from": own.not_valid_before_utc.isoformat(),
        "valid_until": own.not_valid_after_utc.isoformat(),
        "first_used": used.first_used.isoformat() if used.first_used else None,
        "pem": _pem(own),
        "issuers": [_pem(issuer) for issuer in used.issuers],
    }


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


@contextmanager
def expected(
    options: argparse.Namespace, settings: Settings | None, words: ProofWords
) -> Iterator[Expected | None]:
    """Everything that --certificate, --fingerprint and --config name together; None when nothing
    was named.

    Raises: Misconfigured for a file that holds a private key or no certificate, for what is no
    SHA-256, and for a gateway that has no certificate to compare with, unless packages without a
    seal are accepted.
    """
    named = [fingerprint(c) for file in options.certificate for c in from_file(file, words)]
    named += [_digest(text, words) for text in options.fingerprint]
    if settings is None:
        yield Expected(frozenset(named), lambda _: False) if named else None
        return
    with _store(settings) as store:
        used = [u.fingerprint for u in ever_used(settings, store)]
        if not used and not named and not options.unsealed:
            raise Misconfigured("CERTIFICATE", words.say("nothing_used", file=options.config))
        yield Expected(frozenset((*named, *used)), store.keeps if store else lambda _: False)


@contextmanager
def _store(settings: Settings) -> Iterator[Store | None]:
    """The gateway's store, where there is one: its settings alone know the key in force."""
    if settings.store.database or (settings.data / "edigate.sqlite3").exists():
        with store_of(settings) as store:
            yield store
    else:
        yield None


def from_file(file: Path, words: ProofWords) -> Iterable[x509.Certificate]:
    """The certificates of a PEM bundle, or the one of a DER file. Raises: Misconfigured."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None
    if _holds_private_key(content):
        raise Misconfigured("CERTIFICATE", words.say("private_key", file=file))
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificates(content)
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        raise Misconfigured("CERTIFICATE", words.say("no_certificate", file=file)) from None


def _holds_private_key(content: bytes) -> bool:
    """Whether it is the seal itself that somebody is about to hand around: PEM, DER or PKCS#12."""
    if b"PRIVATE KEY-----" in content:
        return True
    for load in (load_der_private_key, pkcs12.load_key_and_certificates):
        try:
            load(content, None)
        except TypeError:  # DER that needs a password
            return True
        except ValueError as refused:
            if "password" in str(refused).lower():  # PKCS#12 that needs one
                return True
        else:
            return True
    return False


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, lower-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _digest(text: str, words: ProofWords) -> str:
    """A fingerprint as people write it, with colons or blanks, in any case."""
    plain = text.lower().removeprefix("sha256:").translate({ord(c): None for c in ": -"})
    if len(plain) != _SHA256_DIGITS or set(plain) - set("0123456789abcdef"):
        raise Misconfigured("CERTIFICATE", words.say("no_fingerprint", text=text))
    return plain
