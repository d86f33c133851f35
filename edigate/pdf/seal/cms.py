"""A digest and a key become the signature container: CMS SignedData of a PAdES signature.

RFC 5652, RFC 5035 (signing certificate), RFC 6211 (algorithm protection), ETSI EN 319 142-1 level
B-B and, with a time stamp, B-T. The signing time is no attribute: EN 319 142-1, 6.3 wants it in the
signature dictionary alone. The form is always the same, so that a verifier can lay the container
down again and compare every byte of it, also those that no signature covers. This module must not
know what a PDF is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from edigate.errors import Misconfigured

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def der(tag: int, *parts: bytes) -> bytes:
    """One value in DER: tag, length, content (X.690, 8.1 and 10.1)."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def oid(dotted: str) -> bytes:
    """An object identifier in DER (X.690, 8.19)."""
    first, second, *others = map(int, dotted.split("."))
    out = bytearray()
    for number in (first * 40 + second, *others):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return der(0x06, bytes(out))


def _set(tag: int, parts: Sequence[bytes]) -> bytes:
    return der(tag, *sorted(parts))  # DER orders the members of a SET OF by their octets


_NULL = b"\x05\x00"
_ONE = b"\x02\x01\x01"
_DATA = oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
_TIME_STAMP_TOKEN = oid("1.2.840.113549.1.9.16.2.14")
_ALGORITHM_PROTECTION = oid("1.2.840.113549.1.9.52")
_DIGESTS = {
    "sha256": der(0x30, oid("2.16.840.1.101.3.4.2.1")),
    "sha384": der(0x30, oid("2.16.840.1.101.3.4.2.2")),
    "sha512": der(0x30, oid("2.16.840.1.101.3.4.2.3")),
}
_SIGNATURES = {  # RSA's parameters are NULL, ECDSA has none (RFC 4055, RFC 5754)
    ("sha256", False): der(0x30, oid("1.2.840.10045.4.3.2")),
    ("sha384", False): der(0x30, oid("1.2.840.10045.4.3.3")),
    ("sha512", False): der(0x30, oid("1.2.840.10045.4.3.4")),
    ("sha256", True): der(0x30, oid("1.2.840.113549.1.1.11"), _NULL),
}


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der(0x30, kind, der(0x31, value))


def public_key(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate. Raises: Misconfigured when no seal can be made with its kind."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise Misconfigured(
            "SEAL-KEY", "the seal needs an EC key (P-256, P-384, P-521) or an RSA key"
        )
    return key


@dataclass(frozen=True, slots=True)
class Form:
    """What is the same in every container of one signer. certificates: DER, the signer's first."""

    certificates: tuple[bytes, ...]
    digest: str
    _attributes: tuple[bytes, ...]
    _head: bytes
    _signature_algorithm: bytes

    @classmethod
    def of(cls, certificates: Sequence[x509.Certificate]) -> "Form":
        """The form of a signer: ECDSA with a digest as strong as the curve, or RSA PKCS #1 v1.5
        with SHA-256 (ETSI TS 119 312).

        Raises: Misconfigured for any other kind of key.
        """
        signer = certificates[0]
        public = public_key(signer)
        strong = public.key_size if isinstance(public, ec.EllipticCurvePublicKey) else 0
        digest = "sha256" if strong <= 256 else "sha384" if strong <= 384 else "sha512"
        algorithm = _SIGNATURES[digest, isinstance(public, rsa.RSAPublicKey)]
        encoded = tuple(c.public_bytes(Encoding.DER) for c in certificates)
        # SHA-256 is ESSCertIDv2's default; all certificates are named, so that none can be
        # exchanged (RFC 5035, 3)
        identities = [der(0x30, der(0x04, hashlib.sha256(c).digest())) for c in encoded]
        attributes = (
            _attribute(_CONTENT_TYPE, _DATA),
            _attribute(_SIGNING_CERTIFICATE_V2, der(0x30, der(0x30, *identities))),
            _attribute(
                _ALGORITHM_PROTECTION, der(0x30, _DIGESTS[digest], der(0xA1, algorithm[2:]))
            ),
        )
        serial = signer.serial_number
        number = der(0x02, serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True))
        head = _ONE + der(0x30, signer.issuer.public_bytes(), number) + _DIGESTS[digest]
        return cls(encoded, digest, attributes, head, algorithm)

    def attributes(self, document_digest: bytes, tag: int = 0x31) -> bytes:
        """What is signed: the document's digest, the certificate and the algorithms. A SET for the
        signature, [0] IMPLICIT (0xA0) in the container (RFC 5652, 5.4)."""
        return _set(
            tag, [*self._attributes, _attribute(_MESSAGE_DIGEST, der(0x04, document_digest))]
        )

    def container(
        self, document_digest: bytes, signature: bytes, token: bytes | None = None
    ) -> bytes:
        """The DER of the container. token: RFC 3161 time stamp over the signature (DER of its
        ContentInfo)."""
        stamp = der(0xA1, _attribute(_TIME_STAMP_TOKEN, token)) if token is not None else b""
        info = der(
            0x30,
            self._head,
            self.attributes(document_digest, 0xA0),
            self._signature_algorithm,
            der(0x04, signature),
            stamp,
        )
        signed = der(
            0x30,
            _ONE,
            der(0x31, _DIGESTS[self.digest]),
            der(0x30, _DATA),
            _set(0xA0, self.certificates),
            der(0x31, info),
        )
        return der(0x30, _SIGNED_DATA, der(0xA0, signed))

    def sign(self, key: PrivateKey, document_digest: bytes) -> bytes:
        """The signature over the attributes."""
        signed, algorithm = self.attributes(document_digest), _HASHES[self.digest]
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(signed, ec.ECDSA(algorithm))
        return key.sign(signed, padding.PKCS1v15(), algorithm)

    def check(self, key: PublicKey, document_digest: bytes, signature: bytes) -> None:
        """Raises: InvalidSignature when the signature is not over these attributes."""
        signed, algorithm = self.attributes(document_digest), _HASHES[self.digest]
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
