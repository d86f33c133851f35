"""The gateway's key: made once, kept to the service alone, replaceable, refused with a cure when it
is not right."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from edigate.config import Sealing, Settings
from edigate.errors import Misconfigured
from edigate.pdf.package import package
from edigate.pdf.seal.inspection import SealState, read_seal
from edigate.service.sealing import keys
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, Pair, certificate, key, pair, pem

NOW = SEALED_AT


def settings(data: Path, **seal: object) -> Settings:
    """Settings with a [seal] section."""
    return Settings(
        hostname="edi.example.com",
        domain="example.com",
        data=data,
        seal=Sealing.model_validate(seal),
    )


def sealer(data: Path, **seal: object) -> keys.GatewaySealer:
    """The sealer of such settings."""
    return keys.sealer(settings(data, **seal), lambda: NOW)


def secret(file: Path, content: bytes) -> Path:
    """A file for its owner alone."""
    file.write_bytes(content)
    file.chmod(0o600)
    return file


def certificates(*chain: x509.Certificate) -> bytes:
    """A chain as PEM."""
    return b"".join(c.public_bytes(Encoding.PEM) for c in chain)


def bundle(
    own: Pair, others: Sequence[x509.Certificate], encryption: KeySerializationEncryption
) -> bytes:
    """A PKCS#12 file."""
    return pkcs12.serialize_key_and_certificates(b"seal", own[0], own[1], others, encryption)


def refusal(data: Path, **seal: object) -> str:
    """Why the settings are refused."""
    with pytest.raises(Misconfigured) as caught:
        sealer(data, **seal)
    assert caught.value.code == "SEAL-KEY"
    return caught.value.message


def test_the_first_start_makes_a_key_for_the_service_alone(tmp_path: Path) -> None:
    first = sealer(tmp_path)
    folder = tmp_path / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {f.name: f.stat().st_mode & 0o777 for f in folder.iterdir()} == {
        "seal.key": 0o600,
        "lock": 0o600,
    }
    subject = first.certificate.subject.rfc4514_string()
    assert subject == "CN=edigate edi.example.com,O=example.com"
    assert first.certificate.not_valid_after_utc - NOW > timedelta(days=365 * 14)
    usage = first.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (
        True,
        True,
        False,
    )
    assert sealer(tmp_path).fingerprint == first.fingerprint
    assert keys.fingerprint(settings(tmp_path)) == first.fingerprint


def test_asking_for_the_fingerprint_makes_no_key(tmp_path: Path) -> None:
    assert keys.fingerprint(settings(tmp_path)) is None
    assert not (tmp_path / "keys").exists()


def test_a_sealed_package(tmp_path: Path) -> None:
    made = sealer(tmp_path)
    found = read_seal(made.seal(package(samples.minimal())))
    assert (found.state, found.signed_at) == (SealState.INTACT, NOW)
    assert found.signer is not None
    assert found.signer.fingerprint == made.fingerprint


def test_long_names_fit(tmp_path: Path) -> None:
    long = ".".join(["sehr-langer-name"] * 12) + ".example"
    made = keys.sealer(Settings(hostname=long, domain=long, data=tmp_path), lambda: NOW)
    assert read_seal(made.seal(package(samples.minimal()))).state is SealState.INTACT


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from edigate.service.sealing import keys; from edigate.config import "
        "Settings\n"
        "sys.stdin.readline()\n"
        "print(keys.sealer(Settings(hostname='h', domain='d', "
        "data=pathlib.Path(sys.argv[1]))).fingerprint)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in running:  # all have loaded what they need, then all begin
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0].strip() for process in running}
    assert len(said) == 1
    assert len(said.pop()) == 64


def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    secret(tmp_path / "keys" / "seal.new", b"-----BEGIN PRIV")
    assert sealer(tmp_path).fingerprint
    assert not (tmp_path / "keys" / "seal.new").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    sealer(tmp_path)
    (tmp_path / "keys" / "seal.key").chmod(mode)
    assert "chmod 600" in refusal(tmp_path)


def test_a_folder_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(0o755)
    assert "chmod 700" in refusal(tmp_path)


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", "utf-8")
    assert "no key can be made there" in refusal(tmp_path / "data")


@pytest.mark.parametrize("kind", ["P-256", "P-384", "2048"])
def test_pem_with_a_certificate_of_its_own(tmp_path: Path, kind: str) -> None:
    private, own = pair(kind)
    key_file = secret(tmp_path / "k.pem", pem(private))
    chain = tmp_path / "c.pem"
    chain.write_bytes(certificates(own))
    made = sealer(tmp_path, key=key_file, certificate=chain)
    assert made.certificate == own
    assert read_seal(made.seal(package(samples.minimal()))).state is SealState.INTACT


def test_the_chain_is_put_in_order_and_strangers_stay_out(tmp_path: Path) -> None:
    root_key, middle_key, own_key = key(), key(), key()
    root = certificate(root_key, "Root", authority=True)
    middle = certificate(middle_key, "Middle", (root_key, root), authority=True)
    own = certificate(own_key, "own", (middle_key, middle))
    key_file = secret(tmp_path / "k.pem", pem(own_key) + certificates(root, pair()[1], own, middle))
    sealed = sealer(tmp_path, key=key_file).seal(package(samples.minimal()))
    found = read_seal(sealed)
    assert (found.state, found.problems) == (SealState.INTACT, ())
    for encoded, inside in (
        (c.public_bytes(Encoding.DER).hex().upper().encode(), True) for c in (root, middle, own)
    ):
        assert (encoded in sealed) is inside


def test_pkcs12(tmp_path: Path) -> None:
    root_key, own_key = key(), key()
    root = certificate(root_key, "Root", authority=True)
    own = certificate(own_key, "own", (root_key, root))
    file = secret(
        tmp_path / "k.p12", bundle((own_key, own), [root], BestAvailableEncryption(b"s3cret"))
    )
    password = secret(tmp_path / "password", b"s3cret\n")
    assert sealer(tmp_path, key=file, password_file=password).certificate == own
    assert "without a password" in refusal(tmp_path, key=file)
    wrong = secret(tmp_path / "wrong", b"other\n")
    assert "with this password" in refusal(tmp_path, key=file, password_file=wrong)
    plain = secret(tmp_path / "plain.p12", bundle((own_key, own), [], NoEncryption()))
    assert sealer(tmp_path, key=plain).certificate == own


def test_encrypted_pem(tmp_path: Path) -> None:
    private, own = pair()
    encrypted = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"s3cret")
    )
    file = secret(tmp_path / "k.pem", encrypted + certificates(own))
    password = secret(tmp_path / "password", b"s3cret\n")
    wrong = secret(tmp_path / "wrong", b"other\n")
    assert sealer(tmp_path, key=file, password_file=password).certificate == own
    assert "is encrypted" in refusal(tmp_path, key=file)
    assert "cannot be opened with this password" in refusal(tmp_path, key=file, password_file=wrong)
    plain = secret(tmp_path / "plain.pem", pem(private) + certificates(own))
    assert "is not encrypted" in refusal(tmp_path, key=plain, password_file=password)
    password.chmod(0o644)
    assert "chmod 600" in refusal(tmp_path, key=file, password_file=password)


def test_what_does_not_fit_together(tmp_path: Path) -> None:
    private, own = pair()
    file = secret(tmp_path / "k.pem", pem(private))
    chain = tmp_path / "c.pem"
    chain.write_bytes(certificates(pair()[1]))
    assert "no certificate belongs to the key" in refusal(tmp_path, key=file, certificate=chain)
    assert "holds no certificate" in refusal(tmp_path, key=file)
    chain.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert "cannot be read" in refusal(tmp_path, key=file, certificate=chain)
    assert "No such file" in refusal(tmp_path, key=tmp_path / "missing.pem")
    assert "set both" in refusal(tmp_path, certificate=chain)
    only = secret(tmp_path / "only.pem", certificates(own))
    assert "holds no private key" in refusal(tmp_path, key=only)
    rubbish = secret(tmp_path / "rubbish", bytes(range(256)))
    assert "neither PEM nor a PKCS#12" in refusal(tmp_path, key=rubbish)


def test_keys_no_seal_can_be_made_with(tmp_path: Path) -> None:
    edwards = ed25519.Ed25519PrivateKey.generate()
    file = secret(
        tmp_path / "ed.pem",
        edwards.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    assert "EC key" in refusal(tmp_path, key=file)
    weak = rsa.generate_private_key(65537, 1024)
    file = secret(tmp_path / "weak.pem", pem(weak) + certificates(certificate(weak)))
    assert "at least 2048 bits" in refusal(tmp_path, key=file)
    private = key()
    file = secret(
        tmp_path / "tls.pem", pem(private) + certificates(certificate(private, signing=False))
    )
    assert "not meant for signatures" in refusal(tmp_path, key=file)


def test_validity(tmp_path: Path) -> None:
    private = key()
    old = certificate(private, end=NOW - timedelta(days=1))
    file = secret(tmp_path / "k.pem", pem(private) + certificates(old))
    assert "expired on 2026-11-19" in refusal(tmp_path, key=file)
    early = certificate(private, start=NOW + timedelta(days=1))
    file = secret(tmp_path / "k.pem", pem(private) + certificates(early))
    assert "is valid from 2026-11-21" in refusal(tmp_path, key=file)


def test_a_certificate_that_expires_while_the_gateway_runs(tmp_path: Path) -> None:
    private = key()
    clock = [NOW]
    own = certificate(private, end=NOW + timedelta(days=1))
    file = secret(tmp_path / "k.pem", pem(private) + certificates(own))
    made = keys.sealer(settings(tmp_path, key=file), lambda: clock[0])
    made.seal(package(samples.minimal()))
    clock[0] = datetime(2026, 12, 1, tzinfo=UTC)
    with pytest.raises(Misconfigured, match="expired"):
        made.seal(package(samples.minimal()))
