"""A configuration file and one of its tenants -> the conditions of that tenant's verdicts."""

import argparse
from datetime import date

from edigate import config
from edigate.actions.partner_file import master_data
from edigate.config import Settings, Tenant
from edigate.errors import Misconfigured
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import Conditions
from edigate.service.conversion import agreed


def conditions(options: argparse.Namespace, today: date, partners: PartnerDirectory) -> Conditions:
    """The conditions of `--config` and `--tenant`; the tenant's master data are completed by
    `partners`.

    Raises: Misconfigured.
    """
    settings = config.load(options.config)
    tenant = _tenant(settings, options)
    problems = list(agreed.unknown_units(tenant))
    if problems:
        raise Misconfigured(
            "CONFIG", "\n".join(f"{options.config}: {problem}" for problem in problems)
        )
    directory = PartnerDirectory()
    for file in agreed.partner_files(settings, tenant):
        if file == tenant.partners or file.exists():
            directory = directory.merged(master_data(file))
    return agreed.conditions(tenant, directory.merged(partners), today=today)


def _tenant(settings: Settings, options: argparse.Namespace) -> Tenant:
    accounts = ", ".join(tenant.account for tenant in settings.tenant)
    if not accounts:
        raise Misconfigured("TENANT", f"{options.config} has no [[tenant]]")
    if options.tenant is None and len(settings.tenant) == 1:
        return settings.tenant[0]
    if options.tenant is None:
        raise Misconfigured(
            "TENANT", f"{options.config} has several tenants; choose with --tenant: {accounts}"
        )
    found = settings.tenant_of(options.tenant)
    if found is None:
        raise Misconfigured(
            "TENANT", f"no tenant {options.tenant!r} in {options.config}; there are: {accounts}"
        )
    return found
