"""S/MIME by its bytes, whatever type is declared: signed and compressed content is opened,
encrypted content named.

RFC 5652 (CMS), RFC 3274 (compressed data, what AS1 senders use), RFC 5083 (authenticated enveloped
data). Signatures are not verified here: whom a mail concerns is not decided by them.
"""

import re
import zlib
from collections.abc import Iterator

from asn1crypto import cms

from edigate.mail.containers.compressed import Gzip, expanded
from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

_DER = re.compile(
    rb"\x30(?:\x80|[\x0d-\x7f]|\x81.|\x82..|\x83...|\x84....)"
    rb"(?:\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07(?P<pkcs7>[\x01-\x06])"
    rb"|\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01(?P<smime>[\x02\x09\x17]))",
    re.DOTALL,
)
_KINDS = {
    ("pkcs7", 1): "data",
    ("pkcs7", 2): "signed_data",
    ("smime", 9): "compressed_data",
}
_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:
    """What a CMS message holds. Only encrypted ones are closed to us."""
    found = _DER.match(thing.content)
    if found is None:
        return OpenedFile("smime", sealed="smime-unknown") if thing.content_type in _TYPES else None
    name = "pkcs7" if found["pkcs7"] else "smime"
    kind = _KINDS.get((name, found[name][0]))
    if kind is None:
        return OpenedFile("smime", sealed="smime-encrypted")
    return OpenedFile("smime", _members(thing.content, kind, budget), layer=False)


def _members(content: bytes, kind: str, budget: Budget) -> Iterator[Member]:
    try:
        budget.member()
        info = cms.ContentInfo.load(content)  # type: ignore[no-untyped-call]
        if kind == "signed_data":
            inner = info["content"]["encap_content_info"]["content"].native
            if inner is None:
                return  # a detached signature: the part it signs stands beside it
            if not isinstance(inner, bytes):
                yield Member("", b"", "sealed", "smime-unknown")
                return
            budget.take(len(inner))
        elif kind == "compressed_data":
            packed = info["content"]["encap_content_info"]["content"].native
            inner = expanded(packed, budget, packed[:1], lambda: Gzip(15), single=True)
        else:
            inner = info["content"].native
            budget.take(len(inner))
    except TooLarge:
        yield Member("", b"", "too-large")
        return
    except (*_BROKEN, EOFError, zlib.error):
        yield Member("", b"", "broken")
        return
    yield Member("", inner, content_type="message/rfc822")
