"""A moment of every hunt, what once broke a promise, and the fuzzer's own promises: it finds what
is wrong."""

import random
import time
import types
from pathlib import Path

import pytest

from tests.fuzz.hunt import CRASHERS, TARGETS, Hunt, load, plain
from tests.fuzz.mutation import Grammar, Interchange
from tests.fuzz.seeds import interchanges
from tests.soak import rounds

_INPUTS = {
    "reader": 1000,
    "mapping": 250,
    "pipeline": 90,
    "mime": 6000,
    "pop3": 10_000,
    "smtp-dot": 7000,
}
"""About five seconds each; a number and no time, so that every machine tries the same."""


@pytest.mark.parametrize("round_", rounds(8))
@pytest.mark.parametrize("name", _INPUTS)
def test_a_moment_of_fuzzing(name: str, round_: int, tmp_path: Path) -> None:
    hunt = Hunt(load(name), tmp_path)
    plain(hunt, seconds=120, seed=20261015 + round_, most=_INPUTS[name])
    assert hunt.tried >= _INPUTS[name]
    assert hunt.broken == 0, [path.read_bytes() for path in tmp_path.iterdir()]


_KEPT = sorted(CRASHERS.glob("*/*"))


@pytest.mark.parametrize("path", _KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_kept_crasher(path: Path) -> None:
    assert path.parent.name in TARGETS
    target = load(path.parent.name)
    started = time.process_time()
    target.check(path.read_bytes())
    assert (
        time.process_time() - started < 10 * target.BUDGET
    )  # the first of a target loads what it needs


def test_what_breaks_a_promise_is_found_and_its_smallest_form_is_kept(tmp_path: Path) -> None:
    target = types.ModuleType("target")
    target.__dict__.update(
        BUDGET=1.0,
        LIMIT=100,
        seeds=lambda: [b"MOA+203:1.00'"],
        mutated=lambda data, random_: (
            data[: random_.randint(0, len(data))] + random_.choice([b"x", b"y", data])
        ),
        check=_no_three_x,
    )
    hunt = Hunt(target, tmp_path)
    plain(hunt, seconds=5, seed=1, most=20_000)
    (kept,) = tmp_path.iterdir()
    assert hunt.broken > 0
    assert kept.read_bytes().count(b"x") == 3


def _no_three_x(data: bytes) -> frozenset[str]:
    assert data.count(b"x") < 3
    return frozenset(f"{data.count(b'x')} times x")


def test_an_input_that_takes_too_long_is_found(tmp_path: Path) -> None:
    target = types.ModuleType("target")
    target.__dict__.update(
        BUDGET=0.0001,
        LIMIT=100,
        seeds=lambda: [b"a"],
        check=lambda data: sum(range(200_000)) and (),
    )
    hunt = Hunt(target, tmp_path)
    hunt.try_one(b"a")
    assert next(iter(hunt.kinds)).startswith("TooSlow")


def test_taking_apart_and_putting_together_changes_nothing() -> None:
    for data in interchanges():
        again = Interchange.of(data).data()
        assert Interchange.of(again).segments == Interchange.of(data).segments
        assert again.count(b"UNH") == data.count(b"UNH")


def test_most_changes_of_grammar_leave_a_message_to_map() -> None:
    from edigate.edifact.syntax.reader import read

    random_ = random.Random(1)
    seeds = [data for data in interchanges() if any(m.readable for _, m in read(data).messages())]
    grammar = Grammar(seeds)
    made = [read(grammar.changed(random_.choice(seeds), random_)) for _ in range(200)]
    assert sum(any(m.readable for _, m in found.messages()) for found in made) > 120


SHAPES = {
    "allowances": "ALC+A++++TD|PCD+3:10|MOA+8:1|TAX+7+VAT+++:::7+S",
    "charges without end": "ALC+C++++FC|MOA+23:@",
    "lines": "LIN+@|IMD+F++:::Nagel|QTY+47:@:PCE|MOA+203:@|TAX+7+VAT+++:::@+S",
    "parties": "NAD+@+1::9|RFF+VA:X",
    "references": "RFF+DQ:@|DTM+171:20261001:102",
    "rates": "TAX+7+VAT+++:::@+S|MOA+124:1|MOA+125:1",
    "texts": "FTX+ZZZ+++Text @",
    "amounts": "MOA+@:1",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_size_only(shape: str) -> None:
    """Eight times as much of anything takes not much more than eight times as long."""
    from tests.fuzz.growth import seconds

    small, large = seconds(SHAPES[shape], 250), seconds(SHAPES[shape], 2000)
    assert large < 24 * small + 0.05, (small, large)


ENVELOPES = {
    "packages without end": "UNO+P1+1:X+13:a+999999999'",
    "packages with another's end": "UNO+P1+1:X+13:a+9'UNP+1+P2'",
    "packages": "UNO+P1+1:X+13:a+4'abcdUNP+4+P1'",
    "an object of line ends": "\r\n\r\n\r\n\r\n",
    "messages": "UNH+1+INVOIC:D:96A:UN'BGM+380'UNT+3+1'",
    "ends without messages": "UNT+2+1'UNE+1+1'",
    "release characters": "????????",
    "wrapped tags": "'U\r\nN\r\n",
}


@pytest.mark.parametrize("unit", ENVELOPES.values(), ids=ENVELOPES)
def test_reading_grows_with_size_only(unit: str) -> None:
    """The first, second and fourth of these once took a time that grew with the square of the
    size."""
    from tests.fuzz.growth import reading

    head = "UNB+UNOC:3+A+B+261015:0930+1'UNH+0+INVOIC:D:96A:UN'UNT+2+0'"
    head += "UNO+P0+1:X+13:a+9999'" if not unit.strip() else ""
    small, large = (
        reading((head + unit * (size // len(unit))).encode()) for size in (60_000, 480_000)
    )
    assert large < 24 * small + 0.05, (small, large)
