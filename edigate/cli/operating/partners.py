"""`edigate partners`: which GLNs hold invoices for want of master data, and the import that frees
them."""

import argparse
import csv
import dataclasses
import io
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from edigate.cli.columns import say_how_many
from edigate.cli.files.master_data import master_data
from edigate.cli.operating.on_store import add_list_options, add_options, settings_of, store_of
from edigate.cli.operating.who import actor
from edigate.config import Settings, Tenant
from edigate.errors import Misconfigured
from edigate.masterdata import PartnerDirectory, csv_header, csv_line
from edigate.service.conversion.agreed import partner_files
from edigate.store import EventKind, JobState, NewEvent
from edigate.store.engine.files import give_to_the_owner, make_private, sync_folder


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
    tenant = _tenant(settings, options.tenant).account if options.tenant else None
    with store_of(settings) as store:
        found = store.missing_partners(tenant)
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
    tenant = _tenant(settings, options.tenant)
    new = master_data(options.csv)
    target = partner_files(settings, tenant)[-1]
    known = master_data(target) if target.exists() else PartnerDirectory()
    _replace(target, _csv(known.merged(new)))
    with store_of(settings) as store:
        detail = (
            ("by", actor()),
            ("partners", str(len(new))),
            ("version", new.version),
            ("at", datetime.now(UTC).isoformat()),
        )
        store.record(NewEvent(EventKind.CONFIG_CHANGED, tenant.account, detail=detail))
        again = store.requeue_held(tuple(new), tenant.account, actor=actor())
        # A worker that was at it with the old master data may hold an invoice after our look: look
        # once more.
        deadline = time.monotonic() + settings.workers.timeout_seconds
        while (
            store.jobs(state=JobState.RUNNING, tenant=tenant.account)
            and time.monotonic() < deadline
        ):
            time.sleep(0.2)
        store.requeue_held(tuple(new), tenant.account, actor=actor())
    if options.json:
        print(json.dumps({"tenant": tenant.account, "partners": len(new), "checked_again": again}))
    else:
        print(
            f"{len(new)} partner(s) taken over for {tenant.account}; {again} held invoice(s) are "
            "checked again"
        )
    return 0


def _tenant(settings: Settings, account: str | None) -> Tenant:
    if account is not None:
        tenant = settings.tenant_of(account)
        if tenant is None:
            raise Misconfigured("TENANT", f"no tenant has the account {account}")
        return tenant
    candidates = [t for t in settings.tenant if t.archive_password or t.archive_password_file]
    if len(candidates) != 1:
        names = ", ".join(t.account for t in candidates or settings.tenant)
        raise Misconfigured(
            "TENANT", f"say whose master data these are: --tenant ACCOUNT (one of {names})"
        )
    return candidates[0]


def _csv(directory: PartnerDirectory) -> str:
    text = io.StringIO()
    text.write(csv_header() + "\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(dataclasses.astuple(directory[gln]) for gln in sorted(directory))
    return text.getvalue()


def _replace(target: Path, text: str) -> None:
    """Write beside and rename, so that a worker never reads half a file."""
    if not target.parent.exists():
        target.parent.mkdir(mode=0o700, parents=True)
        give_to_the_owner(target.parent)
    beside = target.with_suffix(".new")
    beside.unlink(missing_ok=True)
    make_private(beside)
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)
    sync_folder(target.parent)
    sync_folder(target.parent.parent)  # which may hold the new folder since a moment
