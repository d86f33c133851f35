"""A signature becomes a time stamp token of an authority (RFC 3161 over HTTP), or nothing.

An authority that does not answer must not hold up the archive: the package is then sealed without a
time stamp (PAdES-B-B instead of B-T), which the log and `edigate verify` say, and the authority is
left alone for a minute.
"""

import hashlib
import http.client
import secrets
import ssl
import time
from urllib.parse import urlsplit

import structlog
from asn1crypto import cms, tsp

from edigate.errors import Misconfigured, Unavailable
from edigate.pdf.seal.cms import der, oid

log = structlog.get_logger("edigate.stamps")

_SECONDS = 5.0
_PAUSE_SECONDS = 60.0
_LARGEST = 65_536
_SHA256 = der(0x30, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00")
_TRUE = b"\x01\x01\xff"


class _Reply(tsp.TimeStampResp):
    """A refusal holds no token, which asn1crypto does not expect (RFC 3161, 2.4.2)."""

    _fields = [  # noqa: RUF012  (how asn1crypto declares a structure)
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),  # type: ignore[list-item]
    ]


class Authority:
    """A time stamp authority by its URL. Raises: Misconfigured when that is no HTTP address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(
                "SEAL-TIMESTAMP", f"[seal] timestamp_url: {url!r} is no http or https address"
            )
        self._host = parts.hostname
        self._port = parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._not_before = 0.0

    def stamp(self, signature: bytes) -> bytes | None:
        """The token over a signature (DER of its ContentInfo), None when the authority gives none
        now."""
        if time.monotonic() < self._not_before:
            return None
        try:
            return self.request(hashlib.sha256(signature).digest())
        except Unavailable as reason:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            log.warning("seal.no-time-stamp", authority=self._host, reason=reason.message)
            return None

    def request(self, digest: bytes) -> bytes:
        """The token over a SHA-256 digest.

        Raises: Unavailable when the authority does not answer, refuses, or answers something else.
        """
        nonce = 1 << 62 | secrets.randbits(62)  # always eight octets, as DER writes them
        query = der(
            0x30,
            b"\x02\x01\x01",
            der(0x30, _SHA256, der(0x04, digest)),
            der(0x02, nonce.to_bytes(8, "big")),
            _TRUE,
        )
        try:
            reply = _Reply.load(self._post(query), strict=True)  # type: ignore[no-untyped-call]
            status = reply["status"]["status"].native
            if status not in ("granted", "granted_with_mods"):
                raise Unavailable("SEAL-TIMESTAMP", f"the time stamp authority answered {status}")
            token = reply["time_stamp_token"]
            info = token["content"]["encap_content_info"]["content"].parsed
            imprint = info["message_imprint"]["hashed_message"].native
            said = info["nonce"].native
        except (ValueError, TypeError, KeyError) as error:
            raise Unavailable(
                "SEAL-TIMESTAMP", f"the time stamp authority's answer cannot be read: {error}"
            ) from None
        if imprint != digest or said != nonce:
            raise Unavailable("SEAL-TIMESTAMP", "the time stamp authority answered another request")
        return bytes(token.dump())

    def _post(self, query: bytes) -> bytes:
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=_SECONDS, context=self._tls
            )
        try:
            connection.request(
                "POST", self._path, query, {"Content-Type": "application/timestamp-query"}
            )
            response = connection.getresponse()
            content = response.read(_LARGEST)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(
                "SEAL-TIMESTAMP", f"the time stamp authority cannot be reached: {error}"
            ) from None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise Unavailable(
                "SEAL-TIMESTAMP", f"the time stamp authority answered HTTP {response.status}"
            )
        return content
