"""`python -m tests.fuzz TARGET --seconds N [--seed S]`: hunts for inputs that break a promise, for
a time.

With coverage guidance when atheris can be imported, else by plain mutation. Atheris is no
dependency; it goes into an environment of its own, beside what is locked:

    python -m venv .cache/fuzz
    .cache/fuzz/bin/pip install -r requirements.lock
    .cache/fuzz/bin/pip install --no-deps -e . atheris
    .cache/fuzz/bin/python -m tests.fuzz mapping --seconds 1800 --corpus .cache/corpus/mapping

`--corpus` keeps what reached something new, so that a later run goes on from there.
`EDIGATE_SAMPLES` adds the samples outside the project to the seeds. A find is an exception, a
broken promise, more than ten seconds or a gigabyte. It is written to `tests/fuzz/crashers/TARGET`,
which the test suite replays ever after; what was made from a sample of somebody else is rewritten
with words of our own before it is kept.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from tests.fuzz.hunt import CRASHERS, TARGETS, Hunt, guided, load, plain


def main() -> int:
    """0 when no promise was broken."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("target", choices=TARGETS)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument(
        "--plain", action="store_true", help="no coverage guidance, also where atheris is there"
    )
    options.add_argument("--crashers", type=Path, help="folder for what is found")
    options.add_argument(
        "--corpus", type=Path, help="folder that keeps the inputs which reached something new"
    )
    chosen = options.parse_args()
    crashers = chosen.crashers or CRASHERS / chosen.target
    if not chosen.plain and importlib.util.find_spec("atheris"):
        guided(chosen.target, crashers, chosen.seconds, chosen.seed, chosen.corpus)
    hunt = Hunt(load(chosen.target), crashers)
    plain(hunt, chosen.seconds, chosen.seed)
    return 1 if hunt.broken else 0


if __name__ == "__main__":
    sys.exit(main())
