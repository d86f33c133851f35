"""VERFAHRENSDOKUMENTATION.md states only what the program does: numbers, events, settings and
commands are compared."""

import re

from edigate import config
from edigate.service.sealing.keys import _YEARS
from edigate.store import DocumentState, EventKind
from edigate.store.chapters.retention import RETENTION_YEARS
from tests.docs.source import ROOT, rows

TEXT = (ROOT / "VERFAHRENSDOKUMENTATION.md").read_text("utf-8")
WORDS = {8: "acht", 10: "zehn"}
SOURCE = "\n".join(
    p.read_text("utf-8") for p in (ROOT / "edigate").rglob("*.py") if p.name != "values.py"
)


def test_every_state_is_described_and_no_other() -> None:
    listed = {row[0].strip("`") for row in rows(TEXT, "4. Ergebnisse der Prüfung")}
    assert listed == {state.value for state in DocumentState}


def test_the_periods_are_those_of_the_program() -> None:
    assert f"Vorgabe sind {WORDS[RETENTION_YEARS]} Jahre" in TEXT
    assert config.Tenant.model_fields["retention_years"].default == RETENTION_YEARS
    days = config.Storage.model_fields["keep_deleted_days"].default
    assert f"Vorgabe {days} Tage" in TEXT
    assert f"{_YEARS} Jahre gültig" in TEXT


def test_every_event_named_is_written_somewhere() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", TEXT))
    assert len(named) > 12
    for event in named:
        assert event in EventKind.__members__, event
        assert f"EventKind.{event}" in SOURCE, f"nothing writes {event}"


def test_the_settings_named_exist() -> None:
    everywhere = {
        key
        for section in (config.Settings, config.Tenant, config.Deviation, config.Storage)
        for key in section.model_fields
    }
    for named in re.findall(r"`([a-z]+(?:_[a-z]+)+)(?: = [^`]*)?`", TEXT):
        assert named in everywhere, named
    for section, name in re.findall(r"`(seal|store|validation)\.([a-z_]+)`", TEXT):
        kind = config.Settings.model_fields[section].annotation
        assert name in kind.model_fields, name  # type: ignore[union-attr]


def test_what_the_operator_must_fill_in_is_marked_alike() -> None:
    brackets = re.findall(r"\[(?!\[)[^\]\[`]+\](?!\()", re.sub(r"`[^`]*`", "", TEXT))
    assert len(brackets) > 25
    for one in brackets:
        assert one.startswith("[Betreiber: "), one


def test_it_gives_no_advice() -> None:
    assert "keine Rechts- oder Steuerberatung" in TEXT
    assert not re.search(
        r"\b(Sie müssen|Sie sollten|wir empfehlen|rechtssicher|revisionssicher|GoBD-konform)\b",
        TEXT,
    )


def test_only_work_data_are_removed_by_itself() -> None:
    """What the daily round calls is what section 12 names; destroying documents is not among it."""
    daily = (ROOT / "edigate" / "service" / "gateway" / "housekeeping.py").read_text("utf-8")
    called = set(re.findall(r"self\._store\.([a-z_]+)\(", daily))
    assert called - {"in_thread"} == {"purge_fetched", "purge_mails", "collect_orphans"}
    service = "".join(p.read_text("utf-8") for p in (ROOT / "edigate" / "service").rglob("*.py"))
    assert not re.search(r"\.purge(_document)?\(", service)
