"""A target and a time -> inputs that break its promises, the smallest of each kind kept as a file.

Without atheris: seeds are mutated, and what shows something new (a rule, a term, a state) is
mutated again. With it: the same mutations between those of libFuzzer, guided by the branches of
`edigate` that an input reaches.
"""

import hashlib
import importlib
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol, cast

TARGETS = ("reader", "mapping", "pipeline", "mime", "pop3", "smtp-dot")
CRASHERS = Path(__file__).parent / "crashers"
_POOL = 2000
_SLOW_TWICE = 2
_BY_LIBFUZZER = 0.3
"""Share of the mutations that are libFuzzer's own."""
_LONGEST = 10
"""Seconds of one input, instrumented, until libFuzzer calls it a hang."""
_MEMORY = 1000
"""Megabytes of the whole process, with corpus and rule engine, until libFuzzer calls it a leak."""


class Target(Protocol):
    """A module of this package. BUDGET: seconds of processor time per 10 kB begun. words: what
    inputs are made of."""

    BUDGET: float
    LIMIT: int
    seeds: Callable[[], list[bytes]]
    words: Callable[[], list[bytes]]
    mutated: Callable[[bytes, random.Random], bytes]
    check: Callable[[bytes], Collection[str]]


class TooSlow(AssertionError):
    """The input took more processor time than its size allows."""


def load(name: str) -> Target:
    """The target's module."""
    return cast("Target", importlib.import_module(f"tests.fuzz.{name.replace('-', '_')}"))


@dataclass(slots=True)
class Hunt:
    """What one run tried and found. slowest: processor seconds per 10 kB, and the input."""

    target: Target
    crashers: Path
    tried: int = 0
    broken: int = 0
    slowest: tuple[float, bytes] = (0.0, b"")
    kinds: dict[str, int] = field(default_factory=dict)

    def try_one(self, data: bytes) -> Collection[str]:
        """Check one input; what breaks a promise is kept, once per kind, the smallest."""
        self.tried += 1
        started = time.process_time()
        try:
            seen = self.target.check(data)
            self._in_time(data, time.process_time() - started)
        except Exception as failure:  # noqa: BLE001 - a fuzzer wants them all
            self.broken += 1
            self._keep(data, failure)
            return ()
        return seen

    def _in_time(self, data: bytes, taken: float) -> None:
        allowed = self.target.BUDGET * (1 + len(data) // 10_000)
        if taken > allowed:  # once more: something may have been loaded the first time
            started = time.process_time()
            self.target.check(data)
            taken = min(taken, time.process_time() - started)
        share = taken * self.target.BUDGET / allowed
        if self.tried > _SLOW_TWICE and share > self.slowest[0]:
            self.slowest = (share, data)
        if taken > allowed:
            raise TooSlow(f"{taken:.2f} s for {len(data)} bytes")

    def _keep(self, data: bytes, failure: Exception) -> None:
        kind = _kind(failure)
        known = self.kinds.get(kind)
        if known is not None and known <= len(data):
            return
        self.kinds[kind] = len(data)
        self.crashers.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(kind.encode()).hexdigest()[:12]
        (self.crashers / f"{name}.edi").write_bytes(data)
        print(
            f"{name}.edi ({len(data)} bytes): {kind}\n    {str(failure)[:600]}",
            file=sys.stderr,
            flush=True,
        )


def _kind(failure: Exception) -> str:
    """Failures of one kind are raised by the same line, called from the same line of edigate."""
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [
        f
        for f in frames
        if "edigate" in Path(f.filename).parts and "tests" not in Path(f.filename).parts
    ]
    last = [*ours[-1:], frames[-1]]
    return " ".join(
        [type(failure).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in last)]
    )


def plain(hunt: Hunt, seconds: float, seed: int, most: int = 1_000_000_000) -> None:
    """Try the seeds, then mutate for `seconds` or until `most` more inputs were tried."""
    random_ = random.Random(seed)
    end = time.monotonic() + seconds
    pool = list(hunt.target.seeds())
    known: set[str] = set()
    for data in tuple(pool):
        known.update(hunt.try_one(data))
        if time.monotonic() > end:
            break
    first = len(pool)
    most += hunt.tried
    while time.monotonic() < end and hunt.tried < most:
        data = hunt.target.mutated(random_.choice(pool), random_)
        seen = hunt.try_one(data)
        if not known.issuperset(seen) or random_.random() < 0.01:
            known.update(seen)
            pool.append(data)
            if len(pool) > _POOL:
                del pool[random_.randint(first, _POOL - 1)]
    print(
        f"{hunt.tried} inputs, {hunt.broken} broken, {len(known)} things seen, seed {seed}; "
        f"{_slowest(hunt)}"
    )


def _slowest(hunt: Hunt) -> str:
    return f"slowest {hunt.slowest[0]:.3f} s per 10 kB"


def guided(name: str, crashers: Path, seconds: float, seed: int, corpus: Path | None) -> NoReturn:
    """The same with atheris; ends the process, with 1 when anything was broken.

    corpus: kept for a later run when given. Raises: ImportError when there is no atheris.
    """
    import atheris

    with atheris.instrument_imports(include=["edigate"]):
        target = load(name)
    hunt = Hunt(target, crashers)
    scratch = tempfile.TemporaryDirectory(prefix="edigate-fuzz-")
    words = Path(scratch.name) / "words.dict"
    words.write_text("".join(f'"{_hex(word)}"\n' for word in target.words()), "ascii")
    found = corpus or Path(scratch.name) / "corpus"
    found.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (found / hashlib.sha256(data).hexdigest()).write_bytes(data)
    end = time.monotonic() + seconds

    def one(data: bytes) -> None:
        hunt.try_one(data)
        if time.monotonic() > end:
            # libFuzzer ends the process without Python's own end, so what there is to say is said
            # here.
            print(
                f"{hunt.tried} inputs, {hunt.broken} broken, coverage guided; {_slowest(hunt)}",
                flush=True,
            )
            scratch.cleanup()
            os._exit(1 if hunt.broken else 0)

    def custom(data: bytes, most: int, seed_: int) -> bytes:
        random_ = random.Random(seed_)
        if random_.random() < _BY_LIBFUZZER:
            return bytes(atheris.Mutate(data, most))
        return target.mutated(bytes(data), random_)[:most]

    crashers.mkdir(parents=True, exist_ok=True)
    options = [
        f"-seed={seed & 0x7FFFFFFF}",
        f"-max_len={target.LIMIT}",
        f"-rss_limit_mb={_MEMORY}",
        f"-timeout={_LONGEST}",
        f"-dict={words}",
        f"-artifact_prefix={crashers}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(found)], one, custom_mutator=custom)
    atheris.Fuzz()
    raise AssertionError("libFuzzer came back")


def _hex(word: bytes) -> str:
    """As libFuzzer's dictionaries want it."""
    return "".join(f"\\x{byte:02x}" for byte in word)
