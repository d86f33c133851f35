"""Whether bytes are EDIFACT: decided by content, never by name or type. Must not read more than the
beginning."""

import re

_START = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t\r\n\x00]*(?:UNA[\x00-\x7f]{6}[ \t\r\n\x00]*UN[BH]|UNB[^A-Za-z0-9\s])"
)


def looks_like_edifact(data: bytes) -> bool:
    """Whether `data` begins, after a byte order mark and white space, with UNA or UNB."""
    return _START.match(data) is not None
