"""Options of the command line -> the conditions of a verdict: the clock, master data, and a
tenant's agreements."""

import argparse
from datetime import UTC, date, datetime
from importlib import import_module

from edigate.actions.partner_file import master_data
from edigate.checks.law.basis import Circumstances
from edigate.errors import Misconfigured
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import Conditions


def conditions(options: argparse.Namespace, today: date | None = None) -> Conditions:
    """The conditions the options ask for; a tenant's master data are completed by those of
    `--partners`.

    Raises: Misconfigured.
    """
    day = today or datetime.now(UTC).astimezone().date()
    partners = master_data(options.partners) if options.partners is not None else PartnerDirectory()
    if options.config is None:
        if options.tenant is not None:
            raise Misconfigured("TENANT", "--tenant needs --config FILE: the file tenants stand in")
        return Conditions(Circumstances(today=day), partners, {}, {})
    # only here, because most calls need no configuration and its reader takes longer to load than a
    # check
    found: Conditions = import_module("edigate.cli.files.tenancy").conditions(
        options, day, partners
    )
    return found
