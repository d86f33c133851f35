"""`edigate passwd` and `edigate config`: hashes for the file, the file's check and example."""

import argparse
import json
import sys
from pathlib import Path

from edigate import config
from edigate.errors import EdigateError, Misconfigured
from edigate.listeners import accounts_of, tls_of
from edigate.masterdata import read_csv
from edigate.service.conversion.agreed import unknown_units
from edigate.service.conversion.weights import weights


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Actions of `config`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check", help="say everything that is wrong with a file, and what would be right"
    )
    check.add_argument("file", metavar="FILE", type=Path)
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=_check)
    example = actions.add_parser("example", help="print every key with its meaning and default")
    example.set_defaults(run=_example)


def _example(_options: argparse.Namespace) -> int:
    sys.stdout.write(config.example())
    return 0


def _check(options: argparse.Namespace) -> int:
    problems: list[str] = []
    warnings: list[str] = []
    try:
        settings = config.load(options.file)
    except Misconfigured as error:
        problems += error.message.splitlines()
    else:
        warnings += config.warnings(settings)
        problems += deeper(settings)
    if options.json:
        print(
            json.dumps({"problems": problems, "warnings": warnings}, ensure_ascii=False, indent=1)
        )
    else:
        for problem in problems:
            print(f"error: {problem}")
        for warning in warnings:
            print(f"warning: {warning}")
        if not problems:
            print(f"{options.file}: fine, {len(settings.tenant)} tenant(s)")
    return 2 if problems else 0


def deeper(settings: config.Settings) -> list[str]:
    """What only shows when the files named are opened."""
    problems = []
    for look in (accounts_of, tls_of):
        try:
            look(settings)
        except EdigateError as error:
            problems.append(error.message)
    for tenant in settings.tenant:
        problems += [f"tenant {tenant.account}: {problem}" for problem in unknown_units(tenant)]
        try:
            weights(tenant)
        except EdigateError as error:
            problems.append(error.message)
        try:
            if tenant.partners is not None:
                read_csv(tenant.partners.read_text("utf-8-sig"))
        except EdigateError as error:
            problems.append(f"tenant {tenant.account}: {error.message}")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"tenant {tenant.account}: partners {tenant.partners}: {error}")
    return problems
