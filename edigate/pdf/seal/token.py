"""A time stamp token becomes what it says and whether it holds: RFC 3161, checked with pyHanko.

Whether the authority deserves trust is for the reader of its name to judge: nothing is fetched
here.
"""

import hashlib

from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import CMSExtractionError, extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from edigate.pdf.seal.problems import TimeStamp


def read_token(token: bytes, signature: bytes) -> TimeStamp:
    """The time stamp over `signature`; one that cannot be read is not intact."""
    try:
        container = cms.ContentInfo.load(token, strict=True)  # type: ignore[no-untyped-call]
        content = container["content"]
        encapsulated = content["encap_content_info"]["content"]
        info = encapsulated.parsed
        signer = extract_signer_info(content)
        certificate = _certificate(content, signer)
        if not isinstance(info, tsp.TSTInfo) or not _strict(container, content, signer):
            return TimeStamp(None, "", intact=False)
        imprint = info["message_imprint"]
        over = hashlib.new(imprint["hash_algorithm"]["algorithm"].native, signature).digest()
        digest = signer["digest_algorithm"]["algorithm"].native
        same, valid = validate_sig_integrity(
            signer, certificate, "tst_info", hashlib.new(digest, bytes(encapsulated)).digest()
        )
        intact = bool(same and valid and over == imprint["hashed_message"].native)
        return TimeStamp(info["gen_time"].native, certificate.subject.human_friendly, intact)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        CMSExtractionError,
        SignatureValidationError,
    ):
        # asn1crypto reports broken DER by whichever of these its lazy parsing meets first
        return TimeStamp(None, "", intact=False)


def _strict(container: cms.ContentInfo, content: cms.SignedData, signer: cms.SignerInfo) -> bool:
    """Whether those parts of the token that no signature covers are what they must be (RFC 5652,
    5.1 and 5.3)."""
    by_issuer = signer["sid"].name == "issuer_and_serial_number"
    return (
        container["content_type"].native == "signed_data"
        and content["version"].native == "v3"
        and signer["version"].native == ("v1" if by_issuer else "v3")
        and [a.dump() for a in content["digest_algorithms"]] == [signer["digest_algorithm"].dump()]
    )


def _certificate(content: cms.SignedData, signer: cms.SignerInfo) -> x509.Certificate:
    """The authority's certificate, which the request asked for. Raises: ValueError when it is not
    in the token."""
    sid = signer["sid"]
    for choice in content["certificates"]:
        certificate: x509.Certificate = choice.chosen
        if sid.name == "issuer_and_serial_number":
            issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
            if (certificate.issuer.dump(), certificate.serial_number) == (issuer, serial):
                return certificate
        elif certificate.key_identifier == sid.chosen.native:
            return certificate
    raise ValueError("the token holds no certificate of its signer")
