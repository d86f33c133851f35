"""The seal: what is laid down, who agrees with it, and that no byte can change unnoticed."""

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers as pyhanko_signers
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from edigate.errors import IntegrityViolated, Misconfigured
from edigate.pdf.package import package
from edigate.pdf.seal import PrivateKey, Seal
from edigate.pdf.seal.cms import Form
from edigate.pdf.seal.inspection import SealState, read_seal
from edigate.pdf.seal.update import UnsealedFile
from tests.conformance import verapdf
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, certificate, key, pair
from tests.pdf.test_conformance import ask

UNSEALED = package(samples.usual(10))
KEY, CERTIFICATE = pair()
SEALED = Seal(KEY, [CERTIFICATE], "Gateway edi.example.com").seal(UNSEALED, SEALED_AT)


def by_pyhanko(sealed: bytes, root: x509.Certificate = CERTIFICATE) -> PdfSignatureStatus:
    """What pyHanko makes of the first signature."""
    trusted = asn1_x509.Certificate.load(root.public_bytes(Encoding.DER))  # type: ignore[no-untyped-call]
    context = ValidationContext(trust_roots=[trusted], allow_fetching=False, moment=SEALED_AT)
    return validate_pdf_signature(PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0], context)


def by_poppler(sealed: bytes, folder: Path) -> str:
    """What pdfsig prints."""
    tool = shutil.which("pdfsig")
    if tool is None:
        pytest.skip("pdfsig (poppler-utils) is not on the path")
    file = folder / "sealed.pdf"
    file.write_bytes(sealed)
    return subprocess.run(
        [tool, file], capture_output=True, text=True, check=False, timeout=60
    ).stdout


def test_the_unsealed_file_is_a_prefix() -> None:
    assert SEALED.startswith(UNSEALED)
    found = read_seal(SEALED)
    assert (found.unsealed_bytes, found.sealed_bytes) == (len(UNSEALED), len(SEALED))
    assert len(SEALED) - len(UNSEALED) < 5000


def test_what_the_seal_says() -> None:
    found = read_seal(SEALED)
    assert (found.state, found.problems, found.signed_at) == (SealState.INTACT, (), SEALED_AT)
    assert found.signer is not None
    assert found.signer.subject == "CN=edi.example.com"
    assert found.signer.self_signed
    assert found.stamp is None


def test_readers_see_a_certification_that_allows_no_changes() -> None:
    with pikepdf.open(io.BytesIO(SEALED)) as pdf:
        seal = pdf.Root.Perms.DocMDP
        assert seal.Reference[0].TransformParams.P == 1
        assert seal.SubFilter == "/ETSI.CAdES.detached"
        assert str(seal.M) == "D:20261120123045+00'00'"
        assert str(seal.Name) == "Gateway edi.example.com"
        assert pdf.pages[0].Annots[0].objgen == pdf.Root.AcroForm.Fields[0].objgen
        assert pdf.Root.AcroForm.Fields[0].V.objgen == seal.objgen
        assert len(pdf.attachments) == 3
        assert not pdf.check_pdf_syntax()


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "2048", "3072"])
def test_pyhanko_and_poppler_agree_for_every_kind_of_key(kind: str, tmp_path: Path) -> None:
    private, own = pair(kind)
    sealed = Seal(private, [own], "x").seal(UNSEALED, SEALED_AT)
    assert read_seal(sealed).state is SealState.INTACT
    status = by_pyhanko(sealed, own)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert (
        PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0].docmdp_level is MDPPerm.NO_CHANGES
    )
    said = by_poppler(sealed, tmp_path)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_a_chain_of_certificates() -> None:
    root_key, middle_key, own_key = key(), key("2048"), key()
    root = certificate(root_key, "Root", authority=True)
    middle = certificate(middle_key, "Middle", (root_key, root), authority=True)
    own = certificate(own_key, "edi.example.com", (middle_key, middle))
    sealed = Seal(own_key, [own, middle, root], "x").seal(UNSEALED, SEALED_AT)
    found = read_seal(sealed)
    assert (found.state, found.problems) == (SealState.INTACT, ())
    assert found.signer is not None
    assert (found.signer.issuer, found.signer.self_signed) == ("CN=Middle", False)
    assert by_pyhanko(sealed, root).bottom_line
    stranger = certificate(key(), "Middle", authority=True)
    wrong = read_seal(Seal(own_key, [own, stranger], "x").seal(UNSEALED, SEALED_AT))
    assert [p.code for p in wrong.problems] == ["SEAL-CHAIN"]


@pytest.mark.conformance
def test_sealed_files_conform(tmp_path: Path) -> None:
    contents = {
        "usual": samples.usual(10),
        "long": samples.usual(300),
        "minimal": samples.minimal(),
    }
    files = {name: tmp_path / f"{name}.pdf" for name in contents}
    for name, content in contents.items():
        files[name].write_bytes(
            Seal(KEY, [CERTIFICATE], "Gateway").seal(package(content), SEALED_AT)
        )
    for flavour in verapdf.FLAVOURS:
        found = ask(lambda flavour=flavour: verapdf.validate(files.values(), flavour))  # type: ignore[misc]
        assert not any(found.values()), (flavour, found)


def flipped(content: bytes, at: int, mask: int) -> bytes:
    """`content` with bits of one byte flipped."""
    changed = bytearray(content)
    changed[at] ^= mask
    return bytes(changed)


def test_no_byte_of_the_seal_itself_can_change() -> None:
    for at in range(len(UNSEALED), len(SEALED)):
        mask = (
            0x20 if at % 2 else 1 << (at % 8)
        )  # 0x20 makes another case of letters, also of hexadecimal digits
        assert read_seal(flipped(SEALED, at, mask)).state is SealState.BROKEN, (at, mask)


@given(at=st.integers(0, len(SEALED) - 1), mask=st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_no_byte_of_the_file_can_change(at: int, mask: int) -> None:
    found = read_seal(flipped(SEALED, at, mask))
    assert found.state is SealState.BROKEN
    assert found.problems
    if at < len(UNSEALED):
        (span,) = found.changed
        assert span.start <= at < span.end
        assert span.end - span.start <= 1024


@given(at=st.integers(0, len(SEALED)), what=st.binary(min_size=1, max_size=50))
@settings(max_examples=100, deadline=None)
def test_nothing_can_be_put_in_or_appended(at: int, what: bytes) -> None:
    found = read_seal(SEALED[:at] + what + SEALED[at:])
    assert found.state is SealState.BROKEN
    if at == len(SEALED):
        assert found.appended is not None
        assert (found.appended.start, found.appended.end) == (at, at + len(what))
        assert [p.code for p in found.problems] == ["SEAL-APPENDED"]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_nothing_can_be_taken_out(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SEALED) - 1))
    end = data.draw(st.integers(start + 1, len(SEALED)))
    found = read_seal(SEALED[:start] + SEALED[end:])
    assert found.state is not SealState.INTACT
    if end < len(UNSEALED):
        assert found.state is SealState.BROKEN


def test_insertion_says_how_much_and_where_from() -> None:
    found = read_seal(SEALED[:20_000] + b"xyz" + SEALED[20_000:])
    assert ("SEAL-INSERTED", (("count", "3"),)) in [(p.code, p.values) for p in found.problems]
    assert found.changed[0].start <= 20_000 < found.changed[0].end
    removed = read_seal(SEALED[:20_000] + SEALED[20_010:])
    assert ("SEAL-REMOVED", (("count", "10"),)) in [(p.code, p.values) for p in removed.problems]


def test_two_changes_are_two_spans() -> None:
    found = read_seal(flipped(flipped(SEALED, 3000, 1), 30_000, 1))
    assert [(s.start, s.end) for s in found.changed] == [(2048, 3072), (29_696, 30_720)]


def test_without_its_section_there_is_no_seal() -> None:
    assert read_seal(UNSEALED).state is SealState.ABSENT


def test_a_later_revision_by_another_program_shows() -> None:
    with pikepdf.open(io.BytesIO(SEALED)) as pdf:
        pdf.docinfo["/Title"] = "Other"
        out = io.BytesIO()
        pdf.save(out)
    assert read_seal(out.getvalue()).state is not SealState.INTACT
    writer = IncrementalPdfFileWriter(io.BytesIO(SEALED))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()  # type: ignore[no-untyped-call]
    appended = io.BytesIO()
    writer.write(appended)  # type: ignore[no-untyped-call]
    found = read_seal(appended.getvalue())
    assert [p.code for p in found.problems] == ["SEAL-APPENDED"]


def test_a_signature_of_another_program_is_foreign() -> None:
    private, own = pair("2048")
    signer = pyhanko_signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own.public_bytes(Encoding.DER)),  # type: ignore[no-untyped-call]
        signing_key=_asn1_key(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    out = io.BytesIO()
    pyhanko_signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(UNSEALED)),
        pyhanko_signers.PdfSignatureMetadata(field_name="other"),
        signer=signer,
        output=out,
    )
    assert read_seal(out.getvalue()).state is SealState.FOREIGN


def _asn1_key(private: PrivateKey) -> PrivateKeyInfo:
    encoded = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    loaded: PrivateKeyInfo = PrivateKeyInfo.load(encoded)  # type: ignore[no-untyped-call]
    return loaded


def test_a_seal_transplanted_onto_another_package_breaks() -> None:
    other = package(samples.usual(11))
    assert read_seal(other + SEALED[len(UNSEALED) :]).state is SealState.BROKEN
    same_size = UNSEALED.replace(b"Eisenwaren", b"Eisenhaltg")
    assert len(same_size) == len(UNSEALED)
    assert read_seal(same_size + SEALED[len(UNSEALED) :]).state is SealState.BROKEN


def test_a_signature_of_another_key_breaks() -> None:
    match = re.search(rb"/Contents<([0-9A-F]+)>", SEALED)
    assert match is not None
    digest = read_digest(match[1])
    stranger = key()
    container = Form.of([CERTIFICATE]).container(
        digest, Form.of([CERTIFICATE]).sign(stranger, digest)
    )
    gap = container.hex().upper().encode().ljust(len(match[1]), b"0")
    forged = SEALED[: match.start(1)] + gap + SEALED[match.end(1) :]
    assert [p.code for p in read_seal(forged).problems] == ["SEAL-SIGNATURE"]


def read_digest(digits: bytes) -> bytes:
    """The document's digest in a container."""
    container = bytes.fromhex(digits.decode())
    at = container.index(bytes.fromhex("06092A864886F70D010904"))
    return container[at + 15 : at + 47]


def test_sealed_outside_of_the_certificates_validity() -> None:
    late = Seal(KEY, [CERTIFICATE], "x").seal(
        UNSEALED, CERTIFICATE.not_valid_after_utc + timedelta(days=1)
    )
    assert [p.code for p in read_seal(late).problems] == ["SEAL-PERIOD"]


def test_only_what_edigate_has_just_made_is_sealed() -> None:
    seal = Seal(KEY, [CERTIFICATE], "x")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(UNSEALED)) as pdf:
        pdf.save(out)
    for other in (SEALED, out.getvalue(), b"%PDF-1.7\n", b"", UNSEALED[:-1], UNSEALED[:40_000]):
        with pytest.raises(IntegrityViolated):
            seal.seal(other, SEALED_AT)


def test_the_objects_of_a_long_package() -> None:
    long = UnsealedFile(package(samples.usual(400)))
    page = long.body(long.first_page())
    assert b"/Type /Page" in page
    assert page.endswith(b">>")


def test_other_kinds_of_keys_are_refused() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(private, None)
    )
    with pytest.raises(Misconfigured):
        Form.of([own])


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"/EDGT_Blocks", b"/ByteRange[0 1 2 3]/Contents<" * 1000]
)
def test_rubbish_is_not_intact(content: bytes) -> None:
    assert read_seal(content).state is not SealState.INTACT
