"""Long tests: one round of each belongs to every run, the others to `make soak`."""

import pytest


def rounds(count: int) -> list[object]:
    """Numbers from 0 for `parametrize`; all but the first are marked `soak`."""
    return [0, *(pytest.param(number, marks=pytest.mark.soak) for number in range(1, count))]
