"""What an attacker, a careless program or a bad disk does to a package, and what is said of it.

Two promises: nothing that was changed is called intact, and nothing that is there is called
missing.
"""

import io
import re
import zlib
from collections.abc import Callable
from copy import copy
from datetime import timedelta

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Dictionary, Name, ObjectStreamMode

from edigate.errors import Rejected
from edigate.pdf.integrity import Issuer, Verification, verify
from edigate.pdf.package import package
from edigate.pdf.seal import Seal
from edigate.pdf.seal.inspection import SealState
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, certificate, key, pair
from tests.pdf.test_verify import CERTIFICATE, CONTENT, KEY, SEALED, UNSEALED, codes

FILES = {
    "factur-x.xml": CONTENT.xml,
    "original.edi": samples.EDI,
    "report.json": CONTENT.report_json,
}
OWN = frozenset({verify(SEALED).seal.signer.fingerprint})  # type: ignore[union-attr]
OTHER = Seal(KEY, [CERTIFICATE], "Gateway").seal(package(samples.minimal()), SEALED_AT)


def saved(pdf: pikepdf.Pdf, **how: object) -> bytes:
    """The PDF as another program writes it."""
    out = io.BytesIO()
    pdf.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()


def opened(pdf: bytes = SEALED) -> pikepdf.Pdf:
    """The package in another program."""
    return pikepdf.open(io.BytesIO(pdf))


def rewritten(**how: object) -> Callable[[], bytes]:
    """Opened and saved, with nothing changed."""
    return lambda: saved(opened(), **how)


def updated(body: bytes) -> bytes:
    """An incremental update with one object, as PDF programs append it (ISO 32000-1, 7.5.6)."""
    at = len(SEALED)
    start = int(re.findall(rb"startxref\n(\d+)", SEALED)[-1])
    xref = at + len(body)
    table = b"xref\n0 1\n0000000000 65535 f \n4 1\n%010d 00000 n \n" % at
    trailer = b"trailer\n<</Size 300/Root 7 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (start, xref)
    return SEALED + body + table + trailer


def other_certificate() -> bytes:
    """The container's certificate replaced by one with the same names for another key."""
    from cryptography.hazmat.primitives.serialization import Encoding

    stranger = certificate(key(), "edi.example.com").public_bytes(Encoding.DER)
    own = CERTIFICATE.public_bytes(Encoding.DER)
    stranger = (stranger + own)[: len(own)]
    return SEALED.replace(own.hex().upper().encode(), stranger.hex().upper().encode())


def signed_again() -> bytes:
    """A second signature of our own form behind the first."""
    extra = SEALED[len(UNSEALED) :]
    return SEALED + extra


ATTACKS: dict[str, Callable[[], bytes]] = {
    "first half of another package": lambda: OTHER[: len(OTHER) // 2] + SEALED[len(SEALED) // 2 :],
    "two packages": lambda: SEALED + OTHER,
    "two packages, the other first": lambda: OTHER + SEALED,
    "the same package twice": lambda: SEALED + SEALED,
    "a byte behind": lambda: SEALED + b"\n",
    "a byte before": lambda: b"\n" + SEALED,
    "a byte less": lambda: SEALED[:-1],
    "cut in the seal": lambda: SEALED[: len(UNSEALED) + 400],
    "an incremental update": lambda: updated(
        b"4 0 obj\n<</Type/Page/MediaBox[0 0 10 10]>>\nendobj\n"),
    "an empty update": lambda: updated(b""),
    "rewritten": rewritten(),
    "linearised": rewritten(linearize=True),
    "without object streams": rewritten(object_stream_mode=ObjectStreamMode.disable),
    "everything in object streams": rewritten(object_stream_mode=ObjectStreamMode.generate),
    "uncompressed": rewritten(stream_decode_level=pikepdf.StreamDecodeLevel.all,
        compress_streams=False),
    "encrypted for editing": rewritten(encryption=pikepdf.Encryption(owner="owner", user="")),
    "another certificate": other_certificate,
    "signed again": signed_again,
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_was_changed_is_called_intact(attack: str) -> None:
    changed = ATTACKS[attack]()
    assert changed != SEALED
    found = verify(changed, trusted=OWN)
    assert not found.intact
    assert found.seal.state is SealState.BROKEN
    assert found.problems
    assert "FILE-MISSING" not in codes(found)


@pytest.mark.parametrize("part", range(1, 20))
def test_a_file_cut_off_is_not_called_another_file(part: int) -> None:
    cut = SEALED[: len(UNSEALED) * part // 20]
    try:
        found = verify(cut, trusted=OWN)
    except Rejected as refused:
        assert refused.code == "PDF-DAMAGED"  # noqa: PT017  (either way is right, depending on what is left)
        return
    assert not found.intact
    assert "FILE-MISSING" not in codes(found)


def test_a_seal_cut_off_leaves_no_proof() -> None:
    found = verify(UNSEALED, trusted=OWN)
    assert (found.seal.state, found.issuer, found.intact) == (SealState.ABSENT, Issuer.NONE, False)


def test_a_signature_struck_out_of_the_structure() -> None:
    with opened() as pdf:
        del pdf.Root.AcroForm, pdf.Root.Perms
        del pdf.pages[0].Annots
        found = verify(saved(pdf))
    assert (found.seal.state, found.intact) == (SealState.ABSENT, False)


def test_a_password_keeps_everything_from_being_looked_at() -> None:
    locked = saved(opened(), encryption=pikepdf.Encryption(owner="owner", user="user"))
    with pytest.raises(Rejected) as refused:
        verify(locked)
    assert refused.value.code == "PDF-ENCRYPTED"


def test_an_encryption_that_opens_without_a_password_is_named() -> None:
    found = verify(ATTACKS["encrypted for editing"]())
    assert "PDF-ENCRYPTED" in codes(found)
    assert {f.name: f.content for f in found.files} == FILES


@pytest.mark.parametrize("kind", ["P-256", "2048"])
def test_another_signer_of_the_same_name_is_foreign(kind: str) -> None:
    private, stranger = pair(kind)
    assert stranger.subject == CERTIFICATE.subject
    forged = Seal(private, [stranger], "Gateway edi.example.com").seal(UNSEALED, SEALED_AT)
    found = verify(forged, trusted=OWN)
    assert (found.seal.state, found.issuer, codes(found)) == (
        SealState.INTACT,
        Issuer.FOREIGN,
        ["SEAL-OTHER-KEY"],
    )
    assert not found.intact
    assert verify(forged).issuer is Issuer.UNKNOWN


def test_who_is_issued_by_a_known_certificate_is_not_known_for_it() -> None:
    root_key = key()
    root = certificate(root_key, "Root", authority=True)
    own_key = key()
    own = certificate(own_key, "edi.example.com", (root_key, root))
    sealed = Seal(own_key, [own, root], "x").seal(UNSEALED, SEALED_AT)
    from cryptography.hazmat.primitives import hashes

    authority = frozenset({root.fingerprint(hashes.SHA256()).hex()})
    assert verify(sealed, trusted=authority).issuer is Issuer.FOREIGN


def test_a_seal_outside_of_its_certificates_validity() -> None:
    late = Seal(KEY, [CERTIFICATE], "x").seal(UNSEALED, SEALED_AT + timedelta(days=4000))
    assert codes(verify(late)) == ["SEAL-PERIOD"]


def with_specification(
    change: Callable[[pikepdf.Pdf, pikepdf.Object], None], name: str
) -> Verification:
    """What is said after the entry of one file was changed."""
    with opened(UNSEALED) as pdf:
        change(pdf, pdf.attachments[name].obj)
        return verify(saved(pdf))


def _no_stream(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    spec.EF = Dictionary(F=Name.Nothing)


def _no_files(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    del spec.EF


def _other_filter(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    spec.EF.F.write(b"\x80", filter=Name.RunLengthDecode)


def _cut(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    whole = zlib.compress(bytes(range(256)) * 40)
    spec.EF.F.write(whole[: len(whole) // 2], filter=Name.FlateDecode)


def _no_parameters(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    del spec.EF.F.Params


def _strange_relationship(_: pikepdf.Pdf, spec: pikepdf.Object) -> None:
    spec.AFRelationship = Dictionary()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "change", [_no_stream, _no_files, _other_filter, _cut, _no_parameters, _strange_relationship]
)
def test_one_damaged_entry_ends_nothing(
    change: Callable[[pikepdf.Pdf, pikepdf.Object], None], name: str
) -> None:
    found = with_specification(change, name)
    others = {n: c for n, c in FILES.items() if n != name}
    assert {f.name: f.content for f in found.files if f.name != name} == others
    assert "FILE-MISSING" not in codes(found)
    named = {dict(p.values).get("name") for p in found.problems if p.code.startswith("FILE-")}
    assert named == {name}


@pytest.mark.parametrize("where", ["Names", "AF"])
def test_files_that_only_one_directory_lists(where: str) -> None:
    with opened(UNSEALED) as pdf:
        del pdf.Root[f"/{where}"]
        found = verify(saved(pdf))
    assert {f.name: f.content for f in found.files} == FILES
    assert "FILES-UNREADABLE" in codes(found)
    assert "FILE-MISSING" not in codes(found)


def test_files_that_no_directory_lists_are_found_in_the_bytes() -> None:
    update = b"7 0 obj\n<</Type/Catalog/Pages 10 0 R>>\nendobj\n"
    hidden = updated(update).replace(b"\n4 1\n", b"\n7 1\n")
    found = verify(hidden)
    assert {f.name: f.content for f in found.files} == FILES
    assert "FILE-MISSING" not in codes(found)
    assert [p for p in found.problems if p.code == "FILE-UNLISTED"]


def test_a_file_taken_out_is_missing() -> None:
    with opened(UNSEALED) as pdf:
        del pdf.attachments["original.edi"]
        pdf.Root.AF = pikepdf.Array([s for s in pdf.Root.AF if str(s.UF) != "original.edi"])
        found = verify(saved(pdf))
    assert [dict(p.values)["name"] for p in found.problems if p.code == "FILE-MISSING"] == [
        "original.edi"
    ]


def test_two_files_of_one_name_and_two_contents_of_one_file() -> None:
    with opened(UNSEALED) as pdf:
        spec = pdf.attachments["factur-x.xml"].obj
        twin = pdf.make_indirect(copy(spec))
        pdf.Root.AF.append(twin)
        tree = pdf.Root.Names.EmbeddedFiles
        tree.Names.append("factur-x.xml")
        tree.Names.append(twin)
        assert "FILE-TWICE" in codes(verify(saved(pdf)))
    with opened(UNSEALED) as pdf:
        pdf.attachments["factur-x.xml"].obj.EF.UF = pdf.make_stream(b"<other/>")
        assert "FILE-TWICE" in codes(verify(saved(pdf)))


def test_a_name_tree_that_bites_its_tail() -> None:
    with opened(UNSEALED) as pdf:
        tree = pdf.make_indirect(pdf.Root.Names.EmbeddedFiles)
        tree.Kids = pikepdf.Array([tree])
        pdf.Root.Names.EmbeddedFiles = tree
        found = verify(saved(pdf))
    assert {f.name for f in found.files} == set(FILES)


@given(
    start=st.integers(0, len(SEALED) - 1),
    length=st.integers(1, 3000),
    fill=st.sampled_from([0, 32, 255]),
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_stretch_hides_no_file_that_lies_outside_of_it(
    start: int, length: int, fill: int
) -> None:
    """A file whose stream the damage does not touch is read, or at the least not called missing."""
    end = min(len(SEALED), start + length)
    damaged = SEALED[:start] + bytes([fill]) * (end - start) + SEALED[end:]
    if damaged == SEALED or b"%PDF-" not in damaged[:1024]:
        return
    found = verify(damaged)
    assert not found.intact
    whole = {name for name, (first, last) in SPANS.items() if last <= start or end <= first}
    assert whole <= {f.name for f in found.files if f.content == FILES[f.name]}
    assert "FILE-MISSING" not in codes(found)


def _spans() -> dict[str, tuple[int, int]]:
    """Where each file's object stands: from its number to the end of its stream."""
    found = {}
    for name, kind in (
        ("factur-x.xml", b"/text#2fxml"),
        ("original.edi", b"EDIFACT"),
        ("report.json", b"json"),
    ):
        at = next(
            m.start()
            for m in re.finditer(rb"/Subtype [^\n]*?/EmbeddedFile", SEALED)
            if kind in m[0]
        )
        found[name] = (SEALED.rindex(b" obj", 0, at) - 8, SEALED.index(b"endobj", at) + 6)
    return found


SPANS = _spans()
