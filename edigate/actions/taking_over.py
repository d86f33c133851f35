"""Master data of partners taken over for a tenant, and the invoices that waited for them checked
again."""

import csv
import dataclasses
import io
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from edigate.actions.acting import Who
from edigate.actions.partner_file import master_data
from edigate.actions.scope import Scope
from edigate.config import Settings, Tenant
from edigate.errors import Misconfigured
from edigate.masterdata import PartnerDirectory, csv_header
from edigate.service.conversion.agreed import partner_files
from edigate.store import EventKind, JobState, NewEvent, Store
from edigate.store.engine.files import give_to_the_owner, make_private, sync_folder


def tenant_of(settings: Settings, scope: Scope, account: str | None) -> Tenant:
    """The tenant named, or the only one that has an archive. Raises: Misconfigured."""
    if account is not None:
        tenant = settings.tenant_of(account)
        if tenant is None or not scope.sees(tenant.account):
            raise Misconfigured("TENANT", f"no tenant has the account {account}")
        return tenant
    inside = [t for t in settings.tenant if scope.sees(t.account)]
    candidates = [t for t in inside if t.archive_password or t.archive_password_file]
    if len(candidates) != 1:
        names = ", ".join(t.account for t in candidates or inside)
        raise Misconfigured(
            "TENANT", f"say whose master data these are: --tenant ACCOUNT (one of {names})"
        )
    return candidates[0]


def keep(settings: Settings, tenant: Tenant, new: PartnerDirectory) -> None:
    """Write the tenant's master data with the new ones among them. Raises: Misconfigured for a
    file there that cannot be read."""
    target = partner_files(settings, tenant)[-1]
    known = master_data(target) if target.exists() else PartnerDirectory()
    replace_file(target, _csv(known.merged(new)))


def check_again(
    store: Store, settings: Settings, who: Who, tenant: Tenant, new: PartnerDirectory
) -> int:
    """Chain that master data changed, and check again what waited for them; how many documents."""
    detail = (
        ("by", who.by),
        ("partners", str(len(new))),
        ("version", new.version),
        ("at", datetime.now(UTC).isoformat()),
    )
    store.record(NewEvent(EventKind.CONFIG_CHANGED, tenant.account, detail=detail))
    again = store.requeue_held(tuple(new), tenant.account, actor=who.by)
    # A worker that was at it with the old master data may hold an invoice after our look: look once
    # more.
    deadline = time.monotonic() + settings.workers.timeout_seconds
    while store.jobs(state=JobState.RUNNING, tenant=tenant.account) and time.monotonic() < deadline:
        time.sleep(0.2)
    store.requeue_held(tuple(new), tenant.account, actor=who.by)
    return again


def _csv(directory: PartnerDirectory) -> str:
    text = io.StringIO()
    text.write(csv_header() + "\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(dataclasses.astuple(directory[gln]) for gln in sorted(directory))
    return text.getvalue()


def replace_file(target: Path, text: str) -> None:
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
