"""Packages of every landed version, as they lie in archives: they are intact for ever, whatever
edigate becomes.

`archived/VERSION/` holds, made by that very version: a valid invoice, one with warnings, one whose
parties came from master data, one without a seal, and the certificates they were sealed with.
"""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edigate.pdf.integrity import Issuer, verify
from edigate.pdf.seal.inspection import SealState

ARCHIVED = Path(__file__).parent / "archived"
VERSIONS = sorted(p.name for p in ARCHIVED.iterdir() if p.is_dir())
KINDS = ("valid", "warnings", "partners")
EMBEDDED = {"factur-x.xml", "original.edi", "report.json"}


def known(version: str) -> frozenset[str]:
    """The certificates of that version's packages."""
    bundle = (ARCHIVED / version / "seal.pem").read_bytes()
    found = x509.load_pem_x509_certificates(bundle)
    return frozenset(c.fingerprint(hashes.SHA256()).hex() for c in found)


def test_there_are_packages_of_the_first_landed_version() -> None:
    assert "0.1.0" in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_packages_of_earlier_versions_are_intact(version: str, kind: str) -> None:
    found = verify((ARCHIVED / version / f"{kind}.pdf").read_bytes(), trusted=known(version))
    assert (found.problems, found.intact, found.issuer) == ((), True, Issuer.KNOWN)
    assert {f.name for f in found.files if f.intact} == EMBEDDED
    assert found.evidence is not None
    assert found.evidence.edigate == version
    assert found.evidence.artefacts["schematron"]


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_seal_they_are_what_they_were(version: str) -> None:
    found = verify((ARCHIVED / version / "unsealed.pdf").read_bytes())
    assert (found.seal.state, found.problems) == (SealState.ABSENT, ())


@pytest.mark.parametrize("file", sorted(ARCHIVED.glob("*.pdf")), ids=lambda file: str(file.name))
def test_the_oldest_package_of_all(file: Path) -> None:
    found = verify(file.read_bytes())
    assert found.intact
    assert found.evidence is not None
    assert found.evidence.edigate == file.stem
