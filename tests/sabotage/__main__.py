"""`python -m tests.sabotage`: breaks random lines of store and service in a copy, one at a time,
and runs the suite.

Each result is a line of JSON (place, kind, what noticed it); the seed stands in front, so that a
run can be repeated. Ends with 1 when something was broken and nothing noticed.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sabotage.mutations import Mutation, mutations

ROOT = Path(__file__).parents[2]
_COPIED = (
    "edigate",
    "tests",
    "schemas",
    "templates",
    "fixtures",
    "pyproject.toml",
    "config.example.toml",
)
_ROOMS = ("edigate/store", "edigate/service")
# After the tests that name the module, the nearest rooms; the suite is asked further only while
# nothing has noticed.
_ROUNDS = (
    ("tests/store", "tests/service"),
    ("tests/mail", "tests/cli"),
    ("tests/acceptance",),
)
_PATIENCE = 900.0
"""Seconds of one round; what hangs that long has been noticed."""


@dataclass(frozen=True, slots=True)
class Target:
    """One mutation of one file."""

    file: Path
    mutation: Mutation

    def described(self) -> dict[str, object]:
        """Place and change, for the record."""
        source = (ROOT / self.file).read_text("utf-8")
        was = source[self.mutation.start : self.mutation.end]
        return {
            "file": str(self.file),
            "line": self.mutation.line,
            "kind": self.mutation.kind,
            "was": " ".join(was.split())[:120],
        }


def targets(rooms: tuple[str, ...] = _ROOMS) -> list[Target]:
    """Every mutation of the rooms."""
    files = sorted(
        file
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if "versions" not in file.parts
    )
    return [
        Target(file.relative_to(ROOT), mutation)
        for file in files
        for mutation in mutations(file.read_text("utf-8"))
    ]


def noticed(target: Target, folder: Path) -> str | None:
    """Which round of tests noticed the broken line; None when none did."""
    file = folder / target.file
    sound = file.read_text("utf-8")
    file.write_text(target.mutation.apply(sound), "utf-8")
    try:
        rounds = (naming(target.file, folder), *_ROUNDS)
        return next(
            (" ".join(paths) for paths in rounds if paths and not _passes(paths, folder)), None
        )
    finally:
        file.write_text(sound, "utf-8")


def naming(module: Path, folder: Path) -> tuple[str, ...]:
    """The test files of the rooms that import the module or carry its name, paths relative to the
    folder."""
    room, name = ".".join(module.parent.parts), module.stem
    imports = re.compile(
        rf"{re.escape(room)}\.{name}\b|from {re.escape(room)} import [^\n]*\b{name}\b"
    )
    files = [
        file
        for paths in _ROUNDS
        for path in paths
        for file in sorted((folder / path).rglob("test_*.py"))
    ]
    return tuple(
        str(file.relative_to(folder))
        for file in files
        if file.stem == f"test_{name}" or imports.search(file.read_text("utf-8"))
    )


def _passes(paths: tuple[str, ...], folder: Path) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-n",
        "2",
        *paths,
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _copy(folder: Path) -> None:
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)


def _results(chosen: list[Target], *, known_sound: bool) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="edigate-sabotage-") as name:
        folder = Path(name)
        _copy(folder)
        for paths in () if known_sound else _ROUNDS:
            if not _passes(paths, folder):
                raise SystemExit(
                    f"{' '.join(paths)} fails on sound code; nothing can be learnt from it"
                )
        for target in chosen:
            started = time.monotonic()
            by = noticed(target, folder)
            yield {
                **target.described(),
                "noticed_by": by,
                "seconds": round(time.monotonic() - started),
            }


def main() -> int:
    """Choose, break, ask, record."""
    options = argparse.ArgumentParser(prog="python -m tests.sabotage", description=__doc__)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--count", type=int, default=20)
    options.add_argument("--rooms", nargs="+", default=_ROOMS)
    options.add_argument(
        "--known-sound", action="store_true", help="the suite has just passed: not again first"
    )
    options.add_argument("--output", type=Path, help="a file that the lines of JSON are added to")
    given = options.parse_args()
    everything = targets(tuple(given.rooms))
    chosen = random.Random(given.seed).sample(everything, min(given.count, len(everything)))
    lines: list[dict[str, object]] = [
        {"seed": given.seed, "count": len(chosen), "of": len(everything)}
    ]
    print(json.dumps(lines[0]), flush=True)
    survivors = 0
    for result in _results(chosen, known_sound=given.known_sound):
        survivors += result["noticed_by"] is None
        lines.append(result)
        print(json.dumps(result, ensure_ascii=False), flush=True)
        if given.output:
            given.output.write_text(
                "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in lines), "utf-8"
            )
    print(f"{len(chosen) - survivors} noticed, {survivors} not noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
