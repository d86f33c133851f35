"""What a package proves of itself, and everything that can be wrong with one."""

import hashlib
import io
import json
from contextlib import suppress
from dataclasses import replace

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edigate.errors import Rejected
from edigate.findings import Finding, finding
from edigate.pdf.content import Content
from edigate.pdf.integrity import Issuer, Verification, verify
from edigate.pdf.package import package
from edigate.pdf.seal import Seal
from edigate.pdf.seal.inspection import SealState
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, pair

KEY, CERTIFICATE = pair()
SEAL = Seal(KEY, [CERTIFICATE], "Gateway edi.example.com")
REPORT = json.dumps(
    {"edigate": "0.1.0", "inputs": [{"interchanges": [{"messages": [{"state": "valid"}]}]}]}
).encode()
CONTENT = replace(samples.usual(10), report_json=REPORT)
UNSEALED = package(CONTENT)
SEALED = SEAL.seal(UNSEALED, SEALED_AT)


def sealed(content: Content) -> bytes:
    """A package that the gateway's own key has sealed, whatever is in it."""
    return SEAL.seal(package(content), SEALED_AT)


def codes(found: Verification) -> list[str]:
    """The codes of the problems."""
    return [p.code for p in found.problems]


def edited(pdf: pikepdf.Pdf) -> bytes:
    """The PDF saved by another program."""
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_an_intact_package() -> None:
    found = verify(SEALED)
    assert found.intact
    assert [(f.name, f.relationship, f.intact, f.printed) for f in found.files] == [
        ("factur-x.xml", "Alternative", True, True),
        ("original.edi", "Source", True, True),
        ("report.json", "Supplement", True, None),
    ]
    assert found.file("original.edi").content == samples.EDI  # type: ignore[union-attr]
    evidence = found.evidence
    assert evidence is not None
    source = CONTENT.provenance
    assert (
        evidence.document_id,
        evidence.created_at,
        evidence.received_at,
        evidence.received_from,
    ) == (
        source.document_id,
        CONTENT.created_at,
        source.received_at,
        source.received_from,
    )
    assert (evidence.language, evidence.edigate, evidence.logo_sha256) == ("de", "0.1.0", None)


def test_without_a_seal_nothing_is_proven() -> None:
    found = verify(UNSEALED)
    assert (found.seal.state, found.intact, codes(found)) == (SealState.ABSENT, False, [])


# The seal's length differs from process to process, so its bytes are counted from the end.
@pytest.mark.parametrize("at", [0, 20, 3000, 20_000, 40_000, -5000, -1000, -3])
def test_a_changed_byte(at: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= 1
    if at == 0:
        with pytest.raises(Rejected):
            verify(bytes(changed))
        return
    found = verify(bytes(changed))
    assert not found.intact
    assert found.seal.state is SealState.BROKEN


def test_a_swapped_attachment() -> None:
    with pikepdf.open(io.BytesIO(SEALED)) as pdf:
        specification = pdf.attachments["factur-x.xml"].obj
        specification.EF.F.write(b"<other/>")
        found = verify(edited(pdf))
    assert not found.intact
    assert {"FILE-DIGEST", "FILE-PRINTED", "FILE-PARAMETERS"} <= set(codes(found))


def test_a_missing_and_an_unknown_attachment() -> None:
    with pikepdf.open(io.BytesIO(UNSEALED)) as pdf:
        del pdf.attachments["original.edi"]
        pdf.attachments["macro.bin"] = b"x"
        found = verify(edited(pdf))
    assert {"FILE-MISSING", "FILE-UNKNOWN"} <= set(codes(found))


def test_relationships() -> None:
    with pikepdf.open(io.BytesIO(UNSEALED)) as pdf:
        pdf.attachments["factur-x.xml"].obj.AFRelationship = pikepdf.Name.Data
        del pdf.Root.AF[2]
        found = verify(edited(pdf))
    assert {"FILE-RELATIONSHIP", "FILE-UNASSOCIATED"} <= set(codes(found))


def test_files_that_are_not_what_the_page_says_although_the_seal_holds() -> None:
    found = verify(sealed(replace(CONTENT, xml=CONTENT.xml + b"\n")))
    assert found.seal.state is SealState.INTACT
    assert codes(found) == ["FILE-DIGEST", "FILE-PRINTED"]
    assert (
        dict(found.problems[0].values)["found"] == hashlib.sha256(CONTENT.xml + b"\n").hexdigest()
    )
    assert codes(verify(sealed(replace(CONTENT, original=b"UNB")))) == [
        "FILE-DIGEST",
        "FILE-PRINTED",
    ]


@pytest.mark.parametrize("language", ["de", "en", "de+en"])
def test_the_page_shows_the_digests_in_every_language(language: str) -> None:
    assert verify(sealed(replace(CONTENT, language=language))).intact


def test_the_rules_look_at_the_embedded_xml() -> None:
    seen: list[bytes] = []

    def check(xml: bytes) -> tuple[Finding, ...]:
        seen.append(xml)
        return (finding("XSD-SYNTAX", problem="x"), finding("UST-17"))

    found = verify(SEALED, check)
    assert seen == [CONTENT.xml]
    assert found.intact  # what the rules say now is information: the package is what it was
    assert found.broken_rules == ("XSD-SYNTAX",)


@pytest.mark.parametrize(
    "report",
    [
        b"{}",
        b"[",
        b"\xff",
        b'{"edigate": 1, "inputs": []}',
        REPORT.replace(b'"valid"', b'"invalid"'),
    ],
)
def test_a_report_that_does_not_speak_of_one_valid_invoice(report: bytes) -> None:
    assert codes(verify(sealed(replace(CONTENT, report_json=report)))) == ["REPORT-VERDICT"]


def test_whose_seal_it_is() -> None:
    own = verify(SEALED).seal.signer
    assert own is not None
    known = frozenset({own.fingerprint, "0" * 64})
    assert (verify(SEALED).issuer, verify(SEALED, trusted=known).issuer) == (
        Issuer.UNKNOWN,
        Issuer.KNOWN,
    )
    assert verify(UNSEALED, trusted=known).issuer is Issuer.NONE
    assert codes(verify(SEALED, trusted=frozenset())) == ["SEAL-OTHER-KEY"]


def test_what_is_no_package() -> None:
    with pytest.raises(Rejected, match="not a PDF"):
        verify(b"UNB+UNOC:3'")
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        blank = edited(pdf)
    with pytest.raises(Rejected, match="not a package"):
        verify(blank)
    with pytest.raises(Rejected, match="too damaged"):
        verify(b"%PDF-1.7\n%%EOF\n")


def test_a_file_that_unpacks_to_far_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edigate.pdf.contents._LARGEST", 100_000)
    found = verify(sealed(replace(CONTENT, original=b"+" * 1_000_000)))
    assert "FILE-DAMAGED" in codes(found)
    assert found.file("factur-x.xml") is not None


def test_a_file_no_reader_opens_still_has_a_seal_to_look_at() -> None:
    tail = len(SEALED) - len(UNSEALED)
    found = verify(b"%PDF-1.7\n" + bytes(len(UNSEALED) - 9) + SEALED[-tail:])
    assert found.seal.state is SealState.BROKEN
    assert found.seal.signer is not None
    assert found.seal.changed[0].end == len(UNSEALED)


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SEALED) - 1), st.binary(min_size=0, max_size=30)),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=150, deadline=None)
def test_damage_of_any_kind_is_reported_or_refused(changes: list[tuple[int, bytes]]) -> None:
    damaged = SEALED
    for at, what in changes:
        damaged = damaged[:at] + what + damaged[at + len(what) // 2 :]
    if damaged == SEALED:
        return
    with suppress(Rejected):
        assert not verify(damaged).intact
