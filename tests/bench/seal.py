"""The seal's CPU time, beside pyHanko's whole path on the same package.

python -m tests.bench.seal
"""

import io
import statistics
import time
from collections.abc import Callable

from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from edigate.pdf.package import package
from edigate.pdf.seal import Seal
from edigate.pdf.seal.inspection import SealState, read_seal
from tests.pdf import samples
from tests.pdf.signers import SEALED_AT, Pair, pair


def milliseconds(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and least CPU time of a call, after three to warm up."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken), min(taken)


def pyhanko(own: Pair) -> Callable[[bytes], bytes]:
    """The same seal as pyHanko makes it."""
    encoded = own[0].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own[1].public_bytes(Encoding.DER)),  # type: ignore[no-untyped-call]
        signing_key=PrivateKeyInfo.load(encoded),  # type: ignore[no-untyped-call]
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    wanted = signers.PdfSignatureMetadata(
        field_name="seal",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
    )

    def sign(pdf: bytes) -> bytes:
        out = io.BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), wanted, signer=signer, output=out
        )
        return out.getvalue()

    return sign


def rows(
    lines: tuple[int, ...] = (10, 150, 1500), rounds: int = 60
) -> list[tuple[str, float, float]]:
    """(what, median ms, least ms) for packages of so many lines."""
    found = []
    own, other = pair("P-256"), pair("2048")
    for count in lines:
        pdf = package(samples.usual(count))
        seal, rsa = Seal(own[0], [own[1]], "Gateway"), Seal(other[0], [other[1]], "Gateway")
        sealed = seal.seal(pdf, SEALED_AT)
        assert read_seal(sealed).state is SealState.INTACT
        theirs = pyhanko(own)
        for name, work, times in (
            ("seal, P-256", lambda seal=seal, pdf=pdf: seal.seal(pdf, SEALED_AT), rounds),
            ("seal, RSA 2048", lambda rsa=rsa, pdf=pdf: rsa.seal(pdf, SEALED_AT), rounds),
            ("reading the seal", lambda sealed=sealed: read_seal(sealed), rounds),
            ("pyHanko, P-256", lambda theirs=theirs, pdf=pdf: theirs(pdf), 10),
        ):
            found.append(
                (f"{count} lines, {len(sealed) // 1000} kB: {name}", *milliseconds(work, times))
            )
    return found


if __name__ == "__main__":
    for what, median, least in rows():
        print(f"{what:45} {median:8.2f} ms median {least:8.2f} ms least")
