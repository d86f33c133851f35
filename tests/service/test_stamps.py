"""Time stamps of a real authority (openssl): in the seal, checked by us and by pyHanko; and what
happens without."""

import io
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from edigate.config import Sealing as SealSettings
from edigate.config import Settings
from edigate.errors import Misconfigured, Unavailable
from edigate.pdf.package import package
from edigate.pdf.seal import Seal
from edigate.pdf.seal.inspection import SealState, read_seal
from edigate.service.sealing import keys
from edigate.service.sealing.stamps import Authority
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, pair
from tests.service.authority import OpensslAuthority, served

UNSEALED = package(samples.minimal())
KEY, CERTIFICATE = pair()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpensslAuthority:
    """The authority of this module."""
    return OpensslAuthority(tmp_path_factory.mktemp("tsa"))


def test_a_stamped_seal(authority: OpensslAuthority) -> None:
    with served(authority.answer) as url:
        sealed = Seal(KEY, [CERTIFICATE], "x").seal(UNSEALED, SEALED_AT, Authority(url).stamp)
    found = read_seal(sealed)
    assert (found.state, found.problems) == (SealState.INTACT, ())
    assert found.stamp is not None
    assert found.stamp.intact
    assert found.stamp.at is not None
    assert abs(found.stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.stamp.authority == "Common Name: Time Stamps of Example"
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    roots = [
        asn1_x509.Certificate.load(c.public_bytes(Encoding.DER))  # type: ignore[no-untyped-call]
        for c in (CERTIFICATE, authority.certificate)
    ]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    status = validate_pdf_signature(signature, context, context)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert (status.timestamp_validity.valid, status.timestamp_validity.intact) == (True, True)


def test_a_stamp_over_another_seal_is_found_out(authority: OpensslAuthority) -> None:
    with served(authority.answer) as url:
        other = Authority(url).stamp(b"another signature")
    sealed = Seal(KEY, [CERTIFICATE], "x").seal(UNSEALED, SEALED_AT, lambda _: other)
    assert [p.code for p in read_seal(sealed).problems] == ["SEAL-STAMP"]


def test_no_byte_of_a_stamped_seal_can_change(authority: OpensslAuthority) -> None:
    with served(authority.answer) as url:
        sealed = Seal(KEY, [CERTIFICATE], "x").seal(UNSEALED, SEALED_AT, Authority(url).stamp)
    found = re.search(rb"/Contents<([0-9A-F]+?)0{40,}>", sealed)
    assert found is not None
    for at in range(found.start(1), found.end(1), 3):
        changed = bytearray(sealed)
        changed[at] = ord("0123456789ABCDEF"[int(chr(changed[at]), 16) ^ (1 << at % 4)])
        assert read_seal(bytes(changed)).state is SealState.BROKEN, at - found.start(1)


def test_a_large_token_gets_the_room_it_needs(authority: OpensslAuthority) -> None:
    with served(authority.answer) as url:
        small = Authority(url).stamp(b"x")
    assert small is not None
    asked = []

    def large(signature: bytes) -> bytes:
        asked.append(signature)
        return b"\x30\x82\x4e\x20" + bytes(20_000)

    sealed = Seal(KEY, [CERTIFICATE], "x").seal(UNSEALED, SEALED_AT, large)
    assert len(asked) == 3
    assert len(sealed) > len(UNSEALED) + 40_000


def refused(url: str) -> str:
    """Why there is no stamp."""
    with pytest.raises(Unavailable) as caught:
        Authority(url).request(bytes(32))
    return caught.value.message


def test_what_is_no_answer(authority: OpensslAuthority) -> None:
    with served(lambda _: b"<html>") as url:
        assert "cannot be read" in refused(url)
    with served(authority.answer, status=503) as url:
        assert "HTTP 503" in refused(url)
    with served(lambda _: bytes.fromhex("30053003020102")) as url:  # PKIStatus 2: rejection
        assert "rejection" in refused(url)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert "cannot be reached" in refused(f"http://127.0.0.1:{closed.getsockname()[1]}/")


def test_the_answer_to_another_request_is_no_answer(authority: OpensslAuthority) -> None:
    kept: list[bytes] = []

    def replayed(query: bytes) -> bytes:
        kept.append(authority.answer(query))
        return kept[0]

    with served(replayed) as url:
        Authority(url).request(bytes(32))
        assert "another request" in refused(url)


def test_without_an_answer_the_package_is_sealed_without_a_stamp_and_the_authority_left_alone(
    tmp_path: Path,
) -> None:
    asked = []

    def broken(query: bytes) -> bytes:
        asked.append(query)
        return b""

    with served(broken) as url:
        settings = Settings(
            hostname="h", domain="d", data=tmp_path, seal=SealSettings(timestamp_url=url)
        )
        made = keys.sealer(settings)
        for _ in range(3):
            found = read_seal(made.seal(UNSEALED))
            assert (found.state, found.stamp) == (SealState.INTACT, None)
    assert len(asked) == 1


@pytest.mark.parametrize("url", ["ftp://stamps.example/", "stamps.example", "http://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(Misconfigured):
        Authority(url)
