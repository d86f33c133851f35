"""Keys and certificates for seals, as operators have them: self-signed, issued by an authority, of
every kind."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edigate.pdf.seal import PrivateKey

SEALED_AT = datetime(2026, 11, 20, 12, 30, 45, tzinfo=UTC)

Pair = tuple[PrivateKey, x509.Certificate]


def key(kind: str = "P-256") -> PrivateKey:
    """A new key: P-256, P-384, P-521, or RSA with so many bits."""
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    if kind in curves:
        return ec.generate_private_key(curves[kind])
    return rsa.generate_private_key(65537, int(kind))


def certificate(
    private: PrivateKey,
    name: str = "edi.example.com",
    issuer: Pair | None = None,
    *,
    start: datetime = SEALED_AT - timedelta(days=30),
    end: datetime = SEALED_AT + timedelta(days=3000),
    authority: bool = False,
    stamping: bool = False,
    signing: bool = True,
) -> x509.Certificate:
    """A certificate for a key, signed by itself or by an issuer."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=signing, content_commitment=signing and not stamping,
        key_encipherment=not signing,
        data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if stamping:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return builder.sign(issuer[0] if issuer else private, hashes.SHA256())


def pair(kind: str = "P-256", name: str = "edi.example.com") -> Pair:
    """A key and its self-signed certificate."""
    private = key(kind)
    return private, certificate(private, name)


def pem(private: PrivateKey) -> bytes:
    """The key as PEM, without a password."""
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
