"""Header fields as they are written: any text -> one field that can neither end a header nor begin
one.

ASCII values stand unfolded on one line, so that the simplest reader of an archive system finds
them; others become encoded words (RFC 2047). Python's own folding is not used: it loses spaces
between encoded words and may break a value in the middle of a word. Must not know what headers
mean.
"""

import re
from email.message import Message
from email.policy import SMTP

from edigate.findings import printable
from edigate.mail.accounts import parse_address

POLICY = SMTP.clone(refold_source="none")
_VALUE_LIMIT = 500
_WORD_LIMIT = 75  # RFC 2047 section 2
_LONGEST_NAME = len("X-Edigate-Sha256-Original: ")
_FINISHED = re.compile(r"[\x20-\x7e]*(?:\r\n [\x20-\x7e]+)*")
_PLAIN_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")


def one_line(text: str, limit: int = _VALUE_LIMIT) -> str:
    """`text` on one line: runs of white space become a space, other control characters are shown as
    code points."""
    return printable(" ".join(text.split()))[:limit]


def unstructured(text: str) -> str:
    """The value of a field such as Subject."""
    line = one_line(text)
    return line if line.isascii() and "=?" not in line else _encoded_words(line)


def mailbox(address: str, display_name: str = "") -> str:
    """The value of From or To. Raises: ValueError when the address is not one of ASCII
    characters."""
    parsed = parse_address(address)
    if parsed is None or not parsed.ascii:
        raise ValueError(f"{printable(address)!r} is no mail address")
    name = one_line(display_name, 200)
    if not name:
        return str(parsed)
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{parsed}>'
    return f"{_encoded_words(name)}\r\n <{parsed}>"


def add(mail: Message, name: str, value: str) -> None:
    """Set a field to a finished value.

    Raises: ValueError when the value holds a line that is not folded, or anything but ASCII.
    """
    if not _FINISHED.fullmatch(value):
        raise ValueError(f"the value of {name} is not fit for a header")
    mail.set_raw(name, value)


def _encoded_words(text: str) -> str:
    """`text` as encoded words in Q encoding, each within its limit, none splitting a character.

    They end at spaces where they can: a reader that wrongly shows the space between them does no
    harm there.
    """
    words, word = [], ""
    room = (
        _WORD_LIMIT - len("=?utf-8?q??=") - _LONGEST_NAME
    )  # the first word shares its line with the field's name
    for character in text:
        piece = "".join(
            "_" if b == 0x20 else chr(b) if b in _PLAIN_BYTES else f"={b:02X}"
            for b in character.encode()
        )
        if len(word) + len(piece) > room:
            cut = word.rfind("_") + 1 or len(word)
            words.append(word[:cut])
            word, room = word[cut:], _WORD_LIMIT - len("=?utf-8?q??=")
        word += piece
    words.append(word)
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words)
