"""Who acts is what the kernel says; nothing a caller can set makes it somebody else."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from edigate.cli.operating.who import actor
from tests.docs.source import ROOT

PROGRAM = (
    "import os; from edigate.cli.operating.who import actor; actor(); os.setuid({}); print(actor())"
)
LIES = {"LOGNAME": "boss", "USER": "boss", "LNAME": "boss", "USERNAME": "boss"}
NO_LOGIN = Path("/nonexistent")
OTHER = next((p for p in pwd.getpwall() if p.pw_uid not in (0, os.getuid())), None)


def own() -> str:
    """This process's account."""
    return f"{pwd.getpwuid(os.getuid()).pw_name} (uid {os.getuid()})"


def somebody() -> pwd.struct_passwd:
    """Another account of this machine."""
    if OTHER is None:
        pytest.skip("this machine has one account only")
    return OTHER


def as_user(uid: int, environment: dict[str, str]) -> str:
    """What a process that has become that account says of itself."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(uid)],
        env={"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("variable", sorted(LIES))
def test_the_environment_makes_nobody_somebody_else(variable: str) -> None:
    assert actor({variable: "boss"}, NO_LOGIN) == own()
    assert as_user(os.getuid(), {variable: "boss"}).startswith(own())


def test_sudo_is_believed_of_root_alone_and_only_if_it_agrees_with_the_password_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = somebody()
    monkeypatch.setattr(os, "getuid", lambda: 0)
    said = {"SUDO_USER": other.pw_name, "SUDO_UID": str(other.pw_uid)}
    root = f"{pwd.getpwuid(0).pw_name} (uid 0)"
    assert actor(said, NO_LOGIN) == f"{root}, by sudo of {other.pw_name} (uid {other.pw_uid})"
    for lie in (
        {"SUDO_USER": other.pw_name},
        {"SUDO_UID": str(other.pw_uid)},
        said | {"SUDO_UID": str(other.pw_uid + 1)},
        said | {"SUDO_UID": "0"},
        said | {"SUDO_UID": f" {other.pw_uid}"},
        said | {"SUDO_USER": "nobody of this name"},
        said | {"SUDO_USER": "a\0b"},
        {"SUDO_USER": pwd.getpwuid(0).pw_name, "SUDO_UID": "0"},
    ):
        assert actor(lie, NO_LOGIN) == root, lie
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    for lie in (said, {"SUDO_USER": pwd.getpwuid(0).pw_name, "SUDO_UID": "0"}):
        assert actor(lie, NO_LOGIN) == "uid 54321"


def test_a_real_process_of_another_account() -> None:
    if os.getuid() != 0:
        pytest.skip("only root can start a process of another account")
    other = somebody()
    lie = LIES | {"SUDO_USER": "root", "SUDO_UID": "0"}
    said = as_user(other.pw_uid, lie)
    assert said.split(", logged in")[0] == f"{other.pw_name} (uid {other.pw_uid})"
    assert as_user(54321, lie).split(", logged in")[0] == "uid 54321"


def test_the_login_shows_through_su_and_sudo_to_a_service_account(tmp_path: Path) -> None:
    other = somebody()
    login = tmp_path / "loginuid"
    login.write_text(str(other.pw_uid), "ascii")
    lie = {"SUDO_USER": "root", "SUDO_UID": "0"}
    assert actor(lie, login) == f"{own()}, logged in as {other.pw_name} (uid {other.pw_uid})"
    for unset in (str(2**32 - 1), "", "?"):
        login.write_text(unset, "ascii")
        assert actor({}, login) == own()
    login.write_text(str(os.getuid()), "ascii")
    assert actor({"SUDO_USER": other.pw_name, "SUDO_UID": str(other.pw_uid)}, login) == own()
