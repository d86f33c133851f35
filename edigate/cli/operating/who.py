"""Who acts, as the kernel knows it: the account, and the person behind it. What anybody can set
says nothing."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

_UNSET = 2**32 - 1
_LOGIN = Path("/proc/self/loginuid")


def actor(environment: Mapping[str, str] = os.environ, login: Path = _LOGIN) -> str:
    """The account this process runs as, e.g. `anna (uid 1000)`, and whose login or sudo it is where
    that is known.

    LOGNAME and USER are never asked. login: where Linux keeps the account that logged in
    (credentials(7)), which su and sudo leave as it is and only root can set. SUDO_UID and SUDO_USER
    count for root alone, who cannot be hindered anyway, and only if the password database knows
    them as one account.
    """
    uid = os.getuid()
    person = _login(login)
    if person is not None:
        return _named(uid) if person == uid else f"{_named(uid)}, logged in as {_named(person)}"
    invoking = _sudo(environment) if uid == 0 else None
    return _named(uid) if invoking is None else f"{_named(uid)}, by sudo of {_named(invoking)}"


def _named(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _login(file: Path) -> int | None:
    try:
        uid = int(file.read_text("ascii"))
    except (OSError, ValueError):  # a kernel without audit has no such file
        return None
    return None if uid == _UNSET else uid


def _sudo(environment: Mapping[str, str]) -> int | None:
    try:
        known = pwd.getpwnam(environment.get("SUDO_USER", ""))
    except (KeyError, ValueError):
        return None
    return (
        known.pw_uid
        if known.pw_uid != 0 and str(known.pw_uid) == environment.get("SUDO_UID")
        else None
    )
