"""The numbers that OPERATIONS.md and VERFAHRENSDOKUMENTATION.md name are those of the program."""

import inspect
from collections.abc import Callable

import pytest

from edigate.cli import columns
from edigate.config import Settings
from edigate.mail import message
from edigate.mail.admission import Failures
from edigate.mail.containers import opening
from edigate.mail.next_hop import next_attempt
from edigate.mail.smtp import smtp_server
from edigate.mail.smtp.envelope import SmtpSettings
from edigate.service.conversion import crew, heartbeat, worker
from edigate.service.gateway import housekeeping, relay
from edigate.service.health import doctor, nightly
from edigate.store.chapters import purging
from edigate.store.engine import database, files, objects
from tests.docs.source import ROOT

MIB, MINUTE, HOUR, DAY = 2**20, 60, 3600, 24
WORDS = {2: "two", 3: "three", 4: "quarter", 7: "seven", 10: "ten", 15: "quarter of an hour"}


def default(section: str, key: str) -> int:
    """The default of a setting."""
    made = Settings.model_fields[section].get_default(call_default_factory=True)
    return int(getattr(made, key))


def given(function: Callable[..., object], name: str) -> int:
    """The default of an argument."""
    return int(inspect.signature(function).parameters[name].default)


def memory() -> int:
    """Bytes of mail under way that there is room for, however small the mails."""
    smallest = SmtpSettings(hostname="gw.example", new_id=str, max_size=1)
    return smtp_server._memory(smallest)


def alive() -> int:
    """Seconds until a connection to a server that vanished is given up."""
    how = database._ALIVE
    return how["keepalives_idle"] + how["keepalives_interval"] * how["keepalives_count"]


SENTENCES = {
    "OPERATIONS.md": (
        f"| {default('smtp', 'max_message_bytes') // MIB} MiB | `smtp.max_message_bytes` |",
        f"| {default('smtp', 'max_recipients')} | `smtp.max_recipients` |",
        f"| {default('smtp', 'max_connections')}, "
        f"{default('smtp', 'max_connections_per_address')} from one address |",
        f"| {default('pop3', 'max_connections')} | `pop3.max_connections` |",
        f"| {memory() // MIB} MiB in all, at least twice the largest mail |",
        f"| {given(Failures, 'limit')} in {given(Failures, 'window') // MINUTE} minutes from one",
        f"after {given(Failures, 'limit')} failed logins within "
        f"{given(Failures, 'window') // MINUTE} minutes",
        f"| {default('workers', 'timeout_seconds')} s | `workers.timeout_seconds` |",
        f"| {default('workers', 'count')} processes | `workers.count` |",
        f"| {relay._AT_ONCE} at once; retries from "
        f"{default('relay', 'first_retry_seconds') // MINUTE} minute to "
        f"{given(next_attempt, 'longest') // HOUR} hours, for "
        f"{default('relay', 'expire_hours') // DAY} days |",
        f"are opened, {WORDS[message._LAYERS]} containers deep, with at most "
        f"{message._MAX_UNPACKED // MIB} MiB and {opening.MAX_MEMBERS:,} files in all",
        f"(mails and files up to {objects.INLINE // 1024} kB,",
        f"waits at most {files.LOCK_PATIENCE:.0f} seconds for another process",
        f"waits at most {database.BUSY_TIMEOUT} seconds for another process",
        f"`idle_in_transaction_session_timeout` to {database._LOCK_SECONDS} s and TCP keepalives "
        f"to {alive()} s",
        f"silent for {heartbeat._SILENT_BEATS * heartbeat.BEAT_SECONDS:.0f} seconds",
        f"running checks are finished ({given(crew.Crew.stop, 'grace')} s)",
        f"failed {WORDS[worker._TRIES]} times, when {WORDS[crew._CRASHES]} workers died over it",
        f"packages that nobody has fetched for {WORDS[doctor._UNFETCHED.days]} days",
        f"first {WORDS[int(housekeeping._FIRST_SECONDS) // MINUTE]} minutes after the start",
        f"missed, a {WORDS[int(nightly._FIRST_SECONDS) // MINUTE]} after the start",
        f"They show {columns.MOST} rows unless",
    ),
    "VERFAHRENSDOKUMENTATION.md": (
        f"(Vorgabe {default('store', 'keep_fetched_days')} Tage) nach der Abholung",
    ),
}


@pytest.mark.parametrize(
    ("document", "sentence"), [(d, s) for d, known in SENTENCES.items() for s in known]
)
def test_the_number_is_that_of_the_program(document: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / document).read_text("utf-8").split())


def test_fractions_named_in_words() -> None:
    """A quarter of the store, a fifth of a core, all objects within thirty days."""
    assert purging._QUARTER == 4
    assert 1 / (1 + nightly._REST) == 1 / 5
    assert nightly.NIGHTS <= 30
