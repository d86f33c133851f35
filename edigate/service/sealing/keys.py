"""Settings become the gateway's seal: its key and certificate, loaded, or generated at the first
start.

The key is readable by the service alone. Whoever replaces it gives a PEM or PKCS#12 file in the
settings.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.pdf.seal import PrivateKey, Seal, Stamp
from edigate.pdf.seal.inspection import issued
from edigate.service.sealing.stamps import Authority
from edigate.store.engine.files import sync_folder

log = structlog.get_logger("edigate.keys")

_YEARS = 15
"""Validity of a generated certificate: longer than any package has to be kept (§ 14b UStG: eight
years)."""
_SMALLEST_RSA = 2048
_SOON = timedelta(days=30)


def _now() -> datetime:
    return datetime.now(UTC)


class GatewaySealer:
    """Seals packages with the gateway's key at the moment they are made; fulfils
    `edigate.pipeline.Sealer`."""

    def __init__(
        self,
        key: PrivateKey,
        certificates: Sequence[x509.Certificate],
        name: str,
        stamp: Stamp | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.certificate = certificates[0]
        self.issuers = tuple(certificates[1:])
        self._key = key
        self._seal = Seal(key, certificates, name)
        self._stamp = stamp
        self._clock = clock

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def seal(self, pdf: bytes) -> bytes:
        """The package, sealed now, with a time stamp when an authority is set and answers.

        Raises: Misconfigured when the certificate has expired since the start.
        """
        moment = self._clock()
        _check_validity(self.certificate, moment)
        return self._seal.seal(pdf, moment, self._stamp)

    def sign(self, content: bytes) -> bytes:
        """A bare signature over any bytes, with SHA-256: ECDSA in DER, or RSA PKCS #1 v1.5."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(content, ec.ECDSA(hashes.SHA256()))

    def stamp(self, signature: bytes) -> bytes | None:
        """The authority's token over a signature; None when none is set, or it does not answer
        now."""
        return self._stamp(signature) if self._stamp is not None else None


def sealer(settings: Settings, clock: Callable[[], datetime] = _now) -> GatewaySealer:
    """The gateway's sealer; makes key and certificate at the first start.

    Raises: Misconfigured naming what is wrong with key, certificate or password, and the cure.
    """
    seal = settings.seal
    if seal.key is None:
        if seal.certificate is not None:
            raise Misconfigured(
                "SEAL-KEY", "[seal] certificate is set but key is not; set both, or none"
            )
        key, certificates = _own(settings, clock())
    else:
        key, certificates = _load(seal.key, seal.certificate, _password(seal.password_file))
    _check_usage(certificates[0])
    _check_validity(certificates[0], clock())
    if certificates[0].not_valid_after_utc - clock() < _SOON:
        log.warning(
            "seal.certificate-expires-soon", until=certificates[0].not_valid_after_utc.isoformat()
        )
    stamp = Authority(seal.timestamp_url).stamp if seal.timestamp_url else None
    return GatewaySealer(key, certificates, f"edigate {settings.hostname}", stamp, clock)


def fingerprint(settings: Settings) -> str | None:
    """SHA-256 of the certificate that packages are sealed with; None before the first start has
    made it.

    Raises: Misconfigured like `sealer`.
    """
    if settings.seal.key is None and not _own_file(settings).exists():
        return None
    return sealer(settings).fingerprint


def certificates(settings: Settings) -> tuple[tuple[x509.Certificate, ...], ...]:
    """The certificates of the keys that lie here, in force or not, expired or not: each with its
    issuers.

    A key of one's own leaves the generated one where it was, and it may have sealed before.
    Raises: Misconfigured when a key cannot be read.
    """
    seal, found = settings.seal, []
    if _own_file(settings).exists():
        found.append(_load(_own_file(settings), None, None)[1])
    if seal.key is not None:
        found.append(_load(seal.key, seal.certificate, _password(seal.password_file))[1])
    return tuple(found)


def _own_file(settings: Settings) -> Path:
    return settings.data / "keys" / "seal.key"


def _own(settings: Settings, moment: datetime) -> tuple[PrivateKey, tuple[x509.Certificate, ...]]:
    """The generated key, made by whichever process comes first. Key and certificate are one file,
    so that nobody ever sees the one without the other."""
    file = _own_file(settings)
    folder = file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise Misconfigured("SEAL-KEY", f"{folder} is open to others; cure: chmod 700 {folder}")
        if not file.exists():
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)  # the loser of the race finds the winner's file
                if not file.exists():
                    _write(file, _generated(settings, moment))
            finally:
                os.close(lock)
    except OSError as error:
        raise Misconfigured(
            "SEAL-KEY", f"{folder}: no key can be made there ({error.strerror})"
        ) from None
    return _load(file, None, None)


def _write(file: Path, content: bytes) -> None:
    """The file complete or not at all, durable, for this user alone."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(descriptor)
    unfinished.rename(file)
    sync_folder(file.parent)
    sync_folder(file.parent.parent)  # which may hold the new folder since a moment


def _generated(settings: Settings, moment: datetime) -> bytes:
    """A P-256 key and a self-signed certificate that names the operator (RFC 5280), both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    # the standard allows 64 characters in each (RFC 5280, appendix A)
    who = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.domain[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, f"edigate {settings.hostname}"[:64]),
    ])  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False,
        data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    start = moment.replace(microsecond=0) - timedelta(hours=1)  # clocks of others may be behind
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=_YEARS * 366))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


def _password(file: Path | None) -> bytes | None:
    return None if file is None else _read(file, secret=True).rstrip(b"\r\n")


def _read(file: Path, *, secret: bool) -> bytes:
    try:
        if secret and file.stat().st_mode & 0o077:
            raise Misconfigured("SEAL-KEY", f"{file} can be read by others; cure: chmod 600 {file}")
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured("SEAL-KEY", f"{file} cannot be read ({error.strerror})") from None


def _load(
    file: Path, certificate_file: Path | None, password: bytes | None
) -> tuple[PrivateKey, tuple[x509.Certificate, ...]]:
    """Key and certificates, the signer's first, then its issuers."""
    content = _read(file, secret=True)
    if b"-----BEGIN" in content:
        key = _pem_key(file, content, password)
        found = _pem_certificates(file, content)
    else:
        key, found = _pkcs12(file, content, password)
    if certificate_file is not None:
        found += _pem_certificates(certificate_file, _read(certificate_file, secret=False))
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Misconfigured(
            "SEAL-KEY", f"{file}: the seal needs an EC key (P-256, P-384, P-521) or an RSA key"
        )
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < _SMALLEST_RSA:
        raise Misconfigured(
            "SEAL-KEY",
            f"{file}: RSA keys need at least {_SMALLEST_RSA} bits, this has {key.key_size}",
        )
    if not found:
        raise Misconfigured(
            "SEAL-KEY", f"{file} holds no certificate; name its file in [seal] certificate"
        )
    own = [c for c in found if c.public_key() == key.public_key()]
    if not own:
        raise Misconfigured(
            "SEAL-KEY", f"{certificate_file or file}: no certificate belongs to the key in {file}"
        )
    return key, _chain(own[0], found)


def _pem_key(file: Path, content: bytes, password: bytes | None) -> object:
    try:
        return load_pem_private_key(content, password)
    except TypeError:  # what cryptography says when one of key and password is missing
        if password is None:
            why = "is encrypted; name the file with its password in [seal] password_file"
        else:
            why = "is not encrypted; remove [seal] password_file"
        raise Misconfigured("SEAL-KEY", f"{file} {why}") from None
    except ValueError:
        why = "holds no private key" if password is None else "cannot be opened with this password"
        raise Misconfigured("SEAL-KEY", f"{file} {why}") from None


def _pkcs12(
    file: Path, content: bytes, password: bytes | None
) -> tuple[object, list[x509.Certificate]]:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, password)
    except ValueError:
        hint = (
            "without a password; name its file in [seal] password_file"
            if password is None
            else "with this password"
        )
        raise Misconfigured(
            "SEAL-KEY", f"{file} is neither PEM nor a PKCS#12 file that opens {hint}"
        ) from None
    if key is None:
        raise Misconfigured("SEAL-KEY", f"{file} holds no private key")
    return key, [*([certificate] if certificate is not None else []), *others]


def _pem_certificates(file: Path, content: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN CERTIFICATE" not in content:
        return []
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise Misconfigured("SEAL-KEY", f"{file}: a certificate in it cannot be read") from None


def _chain(
    signer: x509.Certificate, found: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The signer's certificate and those that certify it, one after the other; everything else
    stays out."""
    chain = [signer]
    while len(chain) <= len(found):
        issuer = next((c for c in found if c not in chain and issued(chain[-1], c)), None)
        if issuer is None:
            break
        chain.append(issuer)
    return tuple(chain)


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise Misconfigured(
            "SEAL-KEY", f"the certificate of {_subject(certificate)} is not meant for signatures"
        )


def _check_validity(certificate: x509.Certificate, moment: datetime) -> None:
    """Raises: Misconfigured outside of the certificate's validity."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if moment > end:
        raise Misconfigured(
            "SEAL-KEY",
            (
                f"the certificate of {_subject(certificate)} expired on {end:%Y-%m-%d}; put a new "
                "one "
                "in [seal]"
            ),
        )
    if moment < start:
        raise Misconfigured(
            "SEAL-KEY",
            (
                f"the certificate of {_subject(certificate)} is valid from {start:%Y-%m-%d %H:%M} "
                "UTC "
                "on; check the clock"
            ),
        )


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


__all__ = ["GatewaySealer", "certificates", "fingerprint", "sealer"]
