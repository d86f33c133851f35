"""Documents are closed, settled by their correction, and destroyed when their time is over, by
commands."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from edigate.store import Store
from tests.acceptance.cli import edigate
from tests.acceptance.gateway import MAIN
from tests.cli.test_operation import Shop
from tests.generate import interchange, invoice


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def arrives(shop: Shop, edi: bytes) -> None:
    """A further mail, worked off."""
    shop.receive(edi)
    shop.work()


def test_open_closed_settled(shop: Shop) -> None:
    """The partner sends again what was held; what was closed before keeps its reason."""
    (held,) = shop.do("search", "--open", "--rule", "UST-04")
    assert (held["number"], held["standing"], held["settled by"]) == ("RE-2", "open", "")
    assert {row["standing"] for row in shop.do("search", "--state", "valid")} == {"done"}
    assert "needs a reason" in shop.do("close", held["document"], status=2)
    assert "not both" in shop.do(
        "close", held["document"], "--rule", "UST-04", "--reason", "x1", status=2
    )
    assert "a number or a rule" in shop.do("close", "--tenant", MAIN, "--reason", "x1", status=2)
    (planned,) = shop.do("close", "--rule", "UST-04", "--dry-run")
    assert planned["would be closed"] == held["document"]
    (closed,) = shop.do("close", "--number", "RE-2", "--tenant", MAIN, "--reason", "kam auf Papier")
    assert closed["closed"] == held["document"]
    assert "is closed, not open" in shop.do(
        "close", held["document"], "--reason", "noch einmal", status=2
    )
    (row,) = shop.do("search", "--standing", "closed")
    assert row["reason"] == "kam auf Papier"
    assert "uid" in row["closed by"]

    arrives(shop, interchange([invoice(2, "RE-2")], reference="IC9"))
    (row,) = shop.do("search", "--standing", "settled")
    (valid,) = shop.do("search", "--number", "RE-2", "--state", "valid")
    assert (row["document"], row["settled by"]) == (held["document"], valid["document"])
    assert (row["reason"], valid["standing"]) == ("kam auf Papier", "done")
    assert [e["event"] for e in shop.do("log", held["document"])][-2:] == ["CLOSED", "SETTLED"]
    assert not shop.do("search", "--open", "--rule", "UST-04")


def test_purge_names_what_goes_and_what_stays(shop: Shop) -> None:
    """An old document by its row alone: the chain says otherwise."""
    database = shop.settings.data / "edigate.sqlite3"
    with sqlite3.connect(database) as intruder:
        intruder.execute(
            "UPDATE documents SET retain_until = ? WHERE number = 'RE-1'",
            (date(2020, 12, 31).isoformat(),),
        )
    planned = shop.do("purge", "--dry-run", "--more-than-a-quarter")
    (kept,) = planned["kept"]
    assert (kept["number"], planned["documents"]) == ("RE-1", [])
    assert "edigate verify" in kept["stays because"]
    done = shop.do(
        "purge",
        "--reason",
        "Platz schaffen",
        "--more-than-a-quarter",
        "--clock-is-right",
        "--unfetched",
    )
    assert done["documents"] == []
    text = edigate("purge", "--dry-run", "--config", str(shop.gateway.config)).stdout
    assert "RE-1" in text
    assert len(shop.documents()) == 3
    with Store.open(None, shop.settings.data) as store:
        assert any("document" in problem.code.lower() for problem in store.verify())
