"""A disk below its reserve, seen by a running watch: one mail to the admins, as soon as it can be
kept."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from edigate.config import Settings
from edigate.service.gateway import standby
from edigate.store import Store, schema
from tests.store.test_faults import small_disk, used_up


def alarms_kept(store: Store) -> int:
    query = sa.select(sa.func.count()).where(schema.mails.c.origin == "gateway")
    with store._reading.connect() as connection:
        return connection.scalar(query) or 0


async def watch(store: Store, data: Path, step: Callable[[int], bool]) -> int:
    """Run a watch; step is called after each look with how many there were, true ends it. How often
    mail was queued."""
    settings = Settings(
        hostname="edi.example.com", domain="edi.example.com", data=data, admins=("ops@example.com",)
    )
    stop, looks, queued = asyncio.Event(), 0, 0

    def asked() -> Settings:
        return settings

    def is_queued() -> None:
        nonlocal queued
        queued += 1

    running = asyncio.create_task(
        standby.StoreWatch(store, asked, lambda _: stop.set(), is_queued).run(stop)
    )
    while not stop.is_set():
        await asyncio.sleep(0.02)
        looks += 1
        if step(looks):
            stop.set()
    await running
    return queued


async def test_the_admins_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "_LOOK", 0.001)
    with Store.open(None, tmp_path / "data", daemon=True, reserve=2**60) as store:
        assert await watch(store, tmp_path / "data", lambda looks: looks > 50) == 1
        assert (
            await watch(store, tmp_path / "data", lambda looks: looks > 50) == 1
        )  # another start: the same mail
        assert alarms_kept(store) == 1


async def test_nobody_is_told_of_a_disk_with_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "_LOOK", 0.001)
    with Store.open(None, tmp_path / "data", daemon=True, reserve=1) as store:
        assert await watch(store, tmp_path / "data", lambda looks: looks > 20) == 0
        assert alarms_kept(store) == 0


async def test_an_alarm_that_finds_no_room_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "_LOOK", 0.001)
    data, disk = tmp_path / "disk" / "data", tmp_path / "disk"
    with (
        small_disk(disk, "6m"),
        Store.open(None, data, daemon=True, reserve=2**60) as store,
        closing(sqlite3.connect(data / "edigate.sqlite3")) as reading,
    ):
        used_up(store, disk, reading)

        def step(looks: int) -> bool:
            if looks == 20:
                assert alarms_kept(store) == 0
                (disk / "last").unlink()
            return alarms_kept(store) == 1 or looks > 500

        await watch(store, data, step)
        assert alarms_kept(store) == 1
