"""Certificate files -> the TLS settings of listeners, renewable while they run. Must not know what
is listened for."""

import ssl
from pathlib import Path

from edigate.errors import Misconfigured


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate chain and key, both PEM (RFC 8996, RFC 8314).

    Raises: Misconfigured when a file cannot be read, is no PEM, or the two do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    renew(context, certificate, key)
    return context


def renew(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Use new files for the connections to come; on failure the old ones stay in use. Raises: as
    `server_tls`."""
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for candidate in (trial, context):
        try:
            candidate.load_cert_chain(certificate, key)
        except ssl.SSLError as error:
            reason = (error.reason or "not PEM").replace("_", " ").lower()
            raise Misconfigured(
                "TLS", f"[tls] certificate {certificate} with key {key}: {reason}"
            ) from None
        except OSError as error:
            raise Misconfigured(
                "TLS", f"[tls] certificate {certificate} with key {key}: {error.strerror}"
            ) from None
