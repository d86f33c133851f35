"""The certificates that packages were sealed with: chained when each is first used, told to whoever
verifies.

A replaced key must not make old packages look forged: the audit chain keeps every certificate
itself.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edigate.config import Settings
from edigate.errors import Misconfigured
from edigate.service.sealing import keys
from edigate.store import Copy, Event, EventKind, NewEvent, Store


@dataclass(frozen=True, slots=True)
class Used:
    """A certificate of the gateway. issuers: those that certify it, one after the other;
    first_used: aware UTC, None for a key that has sealed nothing since certificates are chained."""

    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    first_used: datetime | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hex."""
        return hashlib.sha256(_der(self.certificate)).hexdigest()


def chain_use(store: Store, sealer: keys.GatewaySealer) -> bool:
    """Name the sealer's certificate in the audit chain, unless it stands there; whether it was new.

    Raises: Unavailable.
    """
    own = sealer.certificate
    detail = [
        ("sha256", sealer.fingerprint),
        ("subject", own.subject.rfc4514_string()),
        ("valid_from", own.not_valid_before_utc.isoformat()),
        ("valid_until", own.not_valid_after_utc.isoformat()),
        ("certificate", _text(own)),
        *(("issuer", _text(issuer)) for issuer in sealer.issuers),
    ]
    return store.record_certificate(NewEvent(EventKind.CERTIFICATE_USED, detail=tuple(detail)))


def ever_used(settings: Settings, store: Store | Copy | None) -> tuple[Used, ...]:
    """Every certificate that ever sealed for this gateway, the oldest first; last, those of keys
    that lie here and have sealed nothing yet. store: None where there is none yet.

    Raises: Misconfigured when nothing is chained and the key cannot be read.
    """
    found = {u.fingerprint: u for e in (store.certificates() if store else ()) for u in _read(e)}
    try:
        here = keys.certificates(settings)
    except Misconfigured:
        if not found:
            raise
        here = ()  # an auditor's account may read the store and not the key
    for own, *issuers in here:
        used = Used(own, tuple(issuers), None)
        found.setdefault(used.fingerprint, used)
    return tuple(found.values())


def _read(event: Event) -> list[Used]:
    """The certificate an event names; none where the event does not hold what its digest says."""
    held = [value for name, value in event.detail if name in ("certificate", "issuer")]
    try:
        own, *issuers = (
            x509.load_der_x509_certificate(base64.b64decode(v, validate=True)) for v in held
        )
    except (ValueError, binascii.Error):
        return []
    used = Used(own, tuple(issuers), event.at)
    return [used] if used.fingerprint == dict(event.detail).get("sha256") else []


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _text(certificate: x509.Certificate) -> str:
    return base64.b64encode(_der(certificate)).decode("ascii")
