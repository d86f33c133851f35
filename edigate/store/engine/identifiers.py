"""Identifiers: 26 characters of Crockford's base 32, sorted by time, fit for UIDLs, file names and
mail headers."""

import hashlib
import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_id() -> str:
    """A new identifier: 48 bits of milliseconds and 80 random bits (the ULID layout); never given
    twice."""
    return _base32(time.time_ns() // 1_000_000, 10) + _base32(secrets.randbits(80), 16)


def document_id_for(mail_id: str, tenant: str, interchange: int, message: int) -> str:
    """The id of one INVOIC for one tenant: the same whenever the same mail is converted again.

    interchange, message: positions in the mail and in the interchange, from 1. Sorted by the mail's
    time.
    """
    digest = hashlib.sha256(f"{mail_id}\n{tenant}\n{interchange}\n{message}".encode()).digest()
    return mail_id[:10] + _base32(int.from_bytes(digest[:10], "big"), 16)
