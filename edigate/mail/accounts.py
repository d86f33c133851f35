"""Accounts: addresses and logins -> who that is here, passwords -> yes or no.

Must not know where accounts are configured: it is given `Account` values. Passwords never leave
this module.
"""

import asyncio
import hashlib
import hmac
import os
import re
import time
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_NAME = re.compile(r"[a-z0-9_-]{1,64}(\.[a-z0-9_-]{1,64})?")
_PATH = re.compile(r"<(?P<address>[^<>]*)>")
_DOT_STRING = re.compile(
    r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f.]+(\.[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f.]+)*"
)
_QUOTED = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*)"')
_DOMAIN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*", re.UNICODE)
_LITERAL = re.compile(r"\[[0-9A-Za-z.:-]{2,60}\]")

_CACHE_ENTRIES = 1024
_CACHE_SECONDS = 300.0
_LOG_KEY = os.urandom(32)
_PASSWORD_LIMIT = 1024  # characters; argon2 would hash megabytes just as willingly


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5321, unquoted. domain in lower case; local part as written."""

    local: str
    domain: str

    def __str__(self) -> str:
        if _DOT_STRING.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        escaped = self.local.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"@{self.domain}'

    @property
    def ascii(self) -> bool:
        """Whether it can be said without SMTPUTF8."""
        return self.local.isascii() and self.domain.isascii()


def parse_address(text: str) -> Address | None:
    """The address in `text` (no angle brackets), or None when it is not one (RFC 5321 section
    4.1.2).

    Source routes are not taken: they were a way to relay (RFC 5321 appendix F.2).
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 + 2 or len(domain) > 255:
        return None
    quoted = _QUOTED.fullmatch(local)
    if quoted:
        local = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _DOT_STRING.fullmatch(local):
        return None
    if not (_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        return None
    return Address(local, domain.lower())


def parse_path(text: str) -> tuple[Address | None, str] | None:
    """`<address> PARAMS` -> (address, PARAMS); the address of the null path `<>` is None; None when
    malformed."""
    text = text.strip()
    found = _PATH.match(text)
    if found is None:
        return None
    rest = text[found.end() :]
    if rest and not rest.startswith(" "):
        return None
    if not found["address"]:
        return None, rest.strip()
    address = parse_address(found["address"])
    return None if address is None else (address, rest.strip())


@dataclass(frozen=True, slots=True)
class Account:
    """One login. name: `2800001946`, or `2800001946.111` for an archive sub-account. password:
    argon2id hash.

    archive: fetched by POP3 only; nobody mails it and it submits nothing.
    """

    name: str
    password: str = field(repr=False)
    archive: bool = False


class Accounts:
    """All accounts of one domain; a value that is replaced as a whole when settings are read
    again."""

    def __init__(self, domain: str, accounts: Iterable[Account]) -> None:
        self.domain = domain.lower()
        self._by_name = {account.name.lower(): account for account in accounts}

    def __len__(self) -> int:
        return len(self._by_name)

    def at(self, address: Address) -> Account | None:
        """The account behind an address of this domain, letter case ignored."""
        if address.domain != self.domain:
            return None
        return self._named(address.local)

    def local(self, address: Address) -> bool:
        """Whether mail for this address belongs here (even if no such account exists)."""
        return address.domain == self.domain

    def login(self, login: str) -> Account | None:
        """The account of a login name given with or without the domain."""
        name, at, domain = login.strip().rpartition("@")
        if not at:
            return self._named(domain)
        return self._named(name) if domain.lower() == self.domain else None

    def shown(self, login: str) -> str:
        """A login name as logs may show it: the account's, else only its length and a digest.

        What is no account is often a password that was typed one field too early. The digest is
        keyed anew at every start, so that it tells attempts apart and cannot be tried against a
        list.
        """
        account = self.login(login)
        if account is not None:
            return account.name
        digest = hmac.new(
            _LOG_KEY, login.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()
        return f"no account, {len(login)} characters, {digest[:8]}"

    def _named(self, name: str) -> Account | None:
        lowered = name.lower()
        # Only ASCII names exist, so a look-alike letter or `..` can at most be unknown.
        return self._by_name.get(lowered) if _NAME.fullmatch(lowered) else None


@cache
def _hasher() -> PasswordHasher:
    return (
        PasswordHasher()
    )  # argon2id with the parameters of RFC 9106 section 4 (second recommended option)


@cache
def _nobody() -> str:
    return _hasher().hash(os.urandom(16).hex())


def hash_password(password: str) -> str:
    """The argon2id hash of a password, for the configuration file (RFC 9106).

    Raises: ValueError when the password is empty or longer than 1024 characters.
    """
    if not password or len(password) > _PASSWORD_LIMIT:
        raise ValueError("a password has 1 to 1024 characters")
    return _hasher().hash(password)


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether `password` is the one that was hashed; None takes as long as a wrong password and
    says no."""
    try:
        fits = _hasher().verify(hashed or _nobody(), password[:_PASSWORD_LIMIT])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return fits and hashed is not None and len(password) <= _PASSWORD_LIMIT


class Passwords:
    """Checks logins in threads (one check takes tens of ms and 64 MB) and remembers recent
    successes.

    A client that polls every minute then costs one hash in five minutes. What is remembered is a
    keyed digest that is void after a restart or as soon as the account's hash changes.
    """

    def __init__(self, *, threads: int = 2) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._key = os.urandom(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()

    async def check(self, accounts: Accounts, login: str, password: str) -> Account | None:
        """The account that `login` and `password` open, or None; unknown logins take as long as
        wrong passwords."""
        account = accounts.login(login)
        token = self._token(account, password) if account else b""
        now = time.monotonic()
        if account and self._known.get(token, 0.0) > now:
            return account
        loop = asyncio.get_running_loop()
        hashed = account.password if account else None
        if not await loop.run_in_executor(self._threads, verify_password, password, hashed):
            return None
        self._known[token] = now + _CACHE_SECONDS
        while len(self._known) > _CACHE_ENTRIES:
            self._known.popitem(last=False)
        return account

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _token(self, account: Account, password: str) -> bytes:
        text = "\0".join((account.name.lower(), account.password, password))
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
