"""`edigate partners`: which GLNs hold invoices for want of master data, and the import that frees
them."""

import argparse
import json
from pathlib import Path

from edigate.actions import asking, taking_over
from edigate.actions.partner_file import master_data
from edigate.actions.scope import Scope
from edigate.cli.columns import say_how_many
from edigate.cli.operating.on_store import (
    SCOPE,
    add_list_options,
    add_options,
    settings_of,
    store_of,
    who,
)
from edigate.masterdata import csv_header, csv_line


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Actions of `partners`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    missing = actions.add_parser(
        "missing", help="GLNs that hold invoices, as CSV lines to complete"
    )
    importing = actions.add_parser(
        "import", help="take a CSV over, and check the held invoices again"
    )
    importing.add_argument("csv", metavar="CSV", type=Path)
    for action in (missing, importing):
        action.add_argument(
            "--tenant", metavar="ACCOUNT", help="only this tenant; not needed when there is but one"
        )
    add_list_options(missing, None)
    add_options(importing)
    missing.set_defaults(run=_missing)
    importing.set_defaults(run=_import)


def _missing(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    named = options.tenant and taking_over.tenant_of(settings, SCOPE, options.tenant).account
    with store_of(settings) as store:
        found = asking.missing_partners(store, Scope.of(named) if named else SCOPE)
    if options.json:
        rows = [
            {"gln": m.gln, "tenant": m.tenant, "qualifier": m.qualifier, "documents": m.documents}
            for m in found
        ]
        print(json.dumps(rows[: options.limit], ensure_ascii=False, indent=1))
        say_how_many(options, len(rows))
        return 0
    glns = list(dict.fromkeys(m.gln for m in found))
    print(csv_header())
    for gln in glns[: options.limit]:
        print(csv_line(gln))
    say_how_many(options, len(glns))
    return 0


def _import(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    tenant = taking_over.tenant_of(settings, SCOPE, options.tenant)
    new = master_data(options.csv)
    taking_over.keep(settings, tenant, new)
    with store_of(settings) as store:
        again = taking_over.check_again(store, settings, who(options), tenant, new)
    if options.json:
        print(json.dumps({"tenant": tenant.account, "partners": len(new), "checked_again": again}))
    else:
        print(
            f"{len(new)} partner(s) taken over for {tenant.account}; {again} held invoice(s) are "
            "checked again"
        )
    return 0
