"""`edigate passwd`: a password -> its hash for the configuration file."""

import argparse
import getpass
import sys

from edigate.errors import Misconfigured
from edigate.mail.accounts import hash_password


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `passwd`: none."""
    command.set_defaults(run=_run)


def _run(_options: argparse.Namespace) -> int:
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        print(hash_password(password))
    except ValueError as error:
        raise Misconfigured("PASSWORD", str(error)) from None
    return 0
