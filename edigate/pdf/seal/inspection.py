"""A file becomes the state of its seal: intact, broken or absent; which bytes were changed, who
sealed it, and when.

Reads the bytes themselves, not what a PDF reader makes of them: where every byte is either covered
by the signature or part of a container that is laid down again byte for byte, there is no room for
a second meaning. So it also works on files that no reader opens any more.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby, pairwise

from asn1crypto import cms, parser, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from edigate.errors import Misconfigured
from edigate.pdf.seal.cms import Form, public_key
from edigate.pdf.seal.problems import PackageProblem, Span, TimeStamp, problem

_SEAL = re.compile(
    rb"/M\(D:(\d{14})\+00'00'\)/Name[^\n]{0,2000}?/EDGT_Blocks<</Size (\d+)/Length "
    rb"(\d+)/Sums<([0-9A-F]*)>>>"
    rb"/ByteRange\[0 (\d+) (\d+) (\d+)\] */Contents<"
)
_OURS = (b"/EDGT_Blocks", b"/Name/edigate/REx", b"/T(seal)", b"/Perms<</DocMDP ")
_ANY = re.compile(rb"/ByteRange\s*\[")
_HEX = re.compile(rb"([0-9A-F]{2,})>")


class SealState(StrEnum):
    """INTACT: not one byte differs from what was sealed. FOREIGN: a signature that is not
    edigate's."""

    INTACT = "intact"
    BROKEN = "broken"
    ABSENT = "absent"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Signer:
    """The certificate of a seal. fingerprint: SHA-256 in lower-case hex; moments are aware UTC."""

    subject: str
    issuer: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    self_signed: bool


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What the seal of a file says. sealed_bytes: how long the file was when it was sealed;
    unsealed_bytes: how long before, which is the prefix that can be rebuilt; signed_at: as the
    signer claims. All None without a seal."""

    state: SealState
    problems: tuple[PackageProblem, ...] = ()
    changed: tuple[Span, ...] = ()
    appended: Span | None = None
    sealed_bytes: int | None = None
    unsealed_bytes: int | None = None
    signed_at: datetime | None = None
    signer: Signer | None = None
    stamp: TimeStamp | None = None


@dataclass(frozen=True, slots=True)
class _Container:
    """The parts of a container of edigate's form."""

    certificates: tuple[x509.Certificate, ...]
    form: Form
    digest: bytes
    signature: bytes
    token: bytes | None


class _OtherForm(Exception):
    """The container is not laid down as edigate does it."""


def read_seal(pdf: bytes) -> SealCheck:
    """Everything that can be said of the seal without a network and without trusting anybody."""
    found = _SEAL.search(pdf)
    if found is None:
        return _without_seal(pdf)
    place = _Place(pdf, found)
    problems = list(place.problems())
    try:
        container = _container(place.digits)
    except _OtherForm:
        problems.append(problem("SEAL-CONTAINER"))
        return place.result(problems)
    digest = hashlib.new(container.form.digest, pdf[: place.before])
    digest.update(pdf[place.after : place.total])
    changed = [] if digest.digest() == container.digest else list(_changed(pdf, place))
    problems += [problem("SEAL-CHANGED", start=span.start, end=span.end - 1) for span in changed]
    problems += _signed(container)
    stamp = _stamp(container)
    signer = _signer(container.certificates[0])
    problems += _in_time(stamp, signer, place.signed_at)
    return replace(place.result(problems), changed=tuple(changed), signer=signer, stamp=stamp)


def _without_seal(pdf: bytes) -> SealCheck:
    """A file in which no seal of ours is found: damaged, somebody else's, or none."""
    if any(mark in pdf for mark in _OURS):
        return SealCheck(SealState.BROKEN, (problem("SEAL-DAMAGED"),))
    return SealCheck(SealState.FOREIGN if _ANY.search(pdf) else SealState.ABSENT)


def _in_time(
    stamp: TimeStamp | None, signer: Signer, signed_at: datetime | None
) -> Iterator[PackageProblem]:
    """Whether the seal was made while its certificate was valid; a whole stamp proves when."""
    if stamp is not None and not stamp.intact:
        yield problem("SEAL-STAMP")
    made = stamp.at if stamp and stamp.intact else signed_at
    if made is None or not signer.valid_from <= made <= signer.valid_until:
        start, end = (f"{moment:%Y-%m-%d}" for moment in (signer.valid_from, signer.valid_until))
        yield problem("SEAL-PERIOD", start=start, end=end)


class _Place:
    """Where the seal stands, and where it says that it stands."""

    def __init__(self, pdf: bytes, found: re.Match[bytes]) -> None:
        self.size, self.length, self.sums = int(found[2]), int(found[3]), found[4]
        self.before, self.after = int(found[5]), int(found[6])
        self.total = self.after + int(found[7])
        self.opening = found.end() - 1
        digits = _HEX.match(pdf, found.end())
        self.digits = digits[1] if digits else b""
        self.closing = digits.end() if digits else found.end()
        self.file_size = len(pdf)
        self.signed_at: datetime | None = None
        with suppress(ValueError):
            self.signed_at = datetime.strptime(found[1].decode("ascii"), "%Y%m%d%H%M%S").replace(
                tzinfo=UTC
            )

        self.moved = self.opening - self.before
        self.end = self.total + self.moved
        """Where the sealed part ends in this file."""

    def problems(self) -> Iterator[PackageProblem]:
        if self.moved:
            yield problem(
                "SEAL-INSERTED" if self.moved > 0 else "SEAL-REMOVED", count=abs(self.moved)
            )
        elif self.closing != self.after:
            yield problem("SEAL-CONTAINER")
        if self.file_size < self.end:
            yield problem("SEAL-CUT", missing=self.end - self.file_size)
        if self.file_size > self.end:
            yield problem("SEAL-APPENDED", start=self.end, end=self.file_size - 1)

    def result(self, problems: Sequence[PackageProblem]) -> SealCheck:
        """All that the place alone tells."""
        return SealCheck(
            SealState.BROKEN if problems else SealState.INTACT,
            tuple(problems),
            appended=Span(self.end, self.file_size) if self.file_size > self.end else None,
            sealed_bytes=self.total,
            unsealed_bytes=self.length,
            signed_at=self.signed_at,
        )


def _changed(pdf: bytes, place: _Place) -> Iterator[Span]:
    """The changed bytes, as closely as the seal's checksums tell, one span for neighbouring blocks;
    the seal's own section when all blocks are as they were."""
    size, length, sums = place.size, place.length, place.sums
    end = min(place.end, len(pdf))
    expected = [int(sums[at : at + 8], 16) for at in range(0, len(sums), 8)]
    if size < 1 or len(expected) != -(-length // size):
        yield Span(0, end)  # the checksums themselves were changed
        return
    wrong = [
        index
        for index, wanted in enumerate(expected)
        if zlib.crc32(pdf[index * size : min((index + 1) * size, length)]) != wanted
    ]
    if not wrong:
        yield Span(length, end)
    elif place.moved:
        yield Span(
            wrong[0] * size, place.opening
        )  # behind the place of the change, everything stands elsewhere
    else:
        for _, run in groupby(enumerate(wrong), lambda pair: pair[1] - pair[0]):
            blocks = [block for _, block in run]
            yield Span(blocks[0] * size, min((blocks[-1] + 1) * size, length, len(pdf)))


def _container(digits: bytes) -> _Container:
    """The container behind hexadecimal digits, found to be of edigate's form to the last digit.
    Raises: _OtherForm."""
    try:
        room = bytes.fromhex(digits.decode("ascii"))
        whole = room[: parser.peek(room)]  # type: ignore[no-untyped-call]  # asn1crypto has no annotations
        signed = cms.ContentInfo.load(whole)["content"]  # type: ignore[no-untyped-call]
        (signer,) = signed["signer_infos"]
        attributes = {a["type"].native: a["values"][0] for a in signer["signed_attrs"]}
        embedded = {
            hashlib.sha256(c.chosen.dump()).digest(): c.chosen.dump()
            for c in signed["certificates"]
        }
        named = attributes["signing_certificate_v2"]
        if not isinstance(named, tsp.SigningCertificateV2):
            raise _OtherForm
        order = [c["cert_hash"].native for c in named["certs"]]
        certificates = tuple(
            x509.load_der_x509_certificate(embedded.pop(sha256)) for sha256 in order
        )
        digest, signature = attributes["message_digest"].native, signer["signature"].native
        stamps = [a["values"][0].dump() for a in signer["unsigned_attrs"] or ()]
        form = Form.of(certificates)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        Misconfigured,
    ):  # asn1crypto's ways to refuse broken DER
        raise _OtherForm from None
    token = stamps[0] if stamps else None
    # The parser forgives much; laid down again, every octet that no signature covers is one that
    # had to be so.
    if room[len(whole) :].strip(b"\0") or form.container(digest, signature, token) != whole:
        raise _OtherForm
    return _Container(certificates, form, digest, signature, token)


def _signed(container: _Container) -> Iterator[PackageProblem]:
    """The signature and the certificates against each other."""
    certificates = container.certificates
    try:
        container.form.check(public_key(certificates[0]), container.digest, container.signature)
    except InvalidSignature:
        yield problem("SEAL-SIGNATURE")
    for certificate, issuer in pairwise(certificates):
        if not issued(certificate, issuer):
            yield problem("SEAL-CHAIN", subject=certificate.subject.rfc4514_string())


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` signed `certificate`."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signer(certificate: x509.Certificate) -> Signer:
    return Signer(
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        certificate.fingerprint(hashes.SHA256()).hex(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        certificate.subject == certificate.issuer,
    )


def _stamp(container: _Container) -> TimeStamp | None:
    if container.token is None:
        return None
    from edigate.pdf.seal.token import read_token  # noqa: PLC0415  (pyHanko takes 0.3 s, and few seals are stamped)

    return read_token(container.token, container.signature)
