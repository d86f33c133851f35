"""Text with the secrets in it masked: logins in URLs, passwords in parameters, hashes of passwords.
Imports nothing.

By pattern and never by the name of a key, so that a setting or a library of tomorrow is covered
too. Where in doubt too much is masked, never too little. Time grows with the length of the text,
for some of it comes from outside.
"""

import re

MASK = "***"

_WORD = re.compile(r"""[^\s"'<>]+""")
_NAMES = r"[\w.\-]{0,40}(?:passw|pwd|secret|token|key|sig|auth|credential)[\w.\-]{0,40}"
_PARAMETER = re.compile(rf"""([?&;]{_NAMES}=)[^&;#\s"'<>]+""", re.IGNORECASE)
_PASSWORD = re.compile(
    r"""\b((?:password|passwd|pwd)\s?=\s?)(?:"[^"]*"|'[^']*'|[^\s"',;&]+)""", re.IGNORECASE
)
"""As connection strings of databases write it (libpq, 34.1.1.1)."""
_HASH = re.compile(r"""\$(?:argon2(?:id|i|d)|2[abxy]|[156]|scrypt|y)\$[^\s"']+""")


def masked(text: str) -> str:
    """A text of any kind (an error, a log line) without the secrets that show as such."""
    if "@" in text and "://" in text:
        text = _WORD.sub(lambda word: _without_login(word[0]), text)
    if "=" in text:
        text = _PARAMETER.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>{MASK}", text))
    return _HASH.sub(MASK, text) if "$" in text else text


def masked_value(value: str) -> str:
    """One value of the settings. What begins like a URL, or is one word with a login before an @,
    hides all of it."""
    before, at, after = value.rpartition("@")
    one_word = not any(sign.isspace() for sign in value)
    if at and one_word and ":" in before and "://" not in before:
        value = f"{MASK}@{after}"
    elif "://" in value and not any(sign.isspace() for sign in value.partition("://")[0]):
        value = _without_login(value)
    return masked(value)


def _without_login(text: str) -> str:
    """Hide what stands between `://` and the last @ (RFC 3986, 3.2.1): people write passwords with
    / and @ unquoted."""
    scheme, slashes, rest = text.partition("://")
    _, at, host = rest.rpartition("@")
    return f"{scheme}{slashes}{MASK}{at}{host}" if at else text
