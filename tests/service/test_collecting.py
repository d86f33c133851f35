"""Memory of a process that is given back."""

import sys

import pytest

from edigate.service.collecting import give_back, resident


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process what it has in memory")
def test_what_a_large_job_left_goes_back() -> None:
    before = resident()
    pieces = [bytes(1000) for _ in range(60_000)]
    assert resident() - before > 50_000_000
    pieces.clear()
    give_back()
    assert resident() - before < 20_000_000
