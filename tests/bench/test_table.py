"""Tables of the benches, and the account of a process."""

import os
import sys

import pytest

from tests.bench.memory import usage
from tests.bench.table import machine, table


def test_numbers_stand_to_the_right() -> None:
    assert table("T", ("what", "ms"), [("a", 1.5), ("long", 1234.5)]).splitlines() == [
        "T",
        "what     ms",
        "----  -----",
        "a      1.50",
        "long  1,234",
    ]


def test_the_machine_is_one_line() -> None:
    assert "cores" in machine()
    assert "\n" not in machine()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_grows_by_what_it_holds() -> None:
    before = usage(os.getpid())
    held = bytearray(os.urandom(1)) * 30_000_000
    after = usage(os.getpid())
    assert len(held) == 30_000_000
    assert 25 < after.rss - before.rss < 40
    assert after.cpu >= before.cpu
