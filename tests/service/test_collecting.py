"""Memory of a process that is given back; measured in one of its own, where nothing was freed
before."""

import subprocess
import sys

import pytest

_PROGRAM = """
from edigate.service.conversion.collecting import give_back, resident

before = resident()
pieces = [bytes(1000) for _ in range(60_000)]
grown = resident() - before
pieces.clear()
give_back()
print(grown, resident() - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process what it has in memory"
)
def test_what_a_large_job_left_goes_back() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    grown, left = map(int, said.split())
    assert grown > 50_000_000
    assert left < 20_000_000
