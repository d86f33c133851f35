"""Proof that the fast engine says what the official stylesheet says: same rules, texts, places,
multiplicity, order.

    python -m tests.conformance.schematron_equality --mutations 10000

Exit 0 when every document got the same verdict from both. The CII examples of the binding are used
too when the environment names them (EDIGATE_SAMPLES).
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edigate.checks.official.artefacts import load
from edigate.checks.official.hits import Hit
from edigate.checks.official.schematron import NotChecked, Schematron
from edigate.invoice.cii import write
from tests.checks.invoices import invoices
from tests.checks.mutations import Mutation, mutations


@dataclass(slots=True)
class Comparison:
    """What came out of comparing. refused: documents that neither engine could judge to the end."""

    compared: int = 0
    refused: int = 0
    hits: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


def bases() -> list[tuple[str, bytes]]:
    """The invoices that faults are put into, by name."""
    own = [(name, write(invoice).xml) for name, invoice in invoices().items()]
    samples = os.environ.get("EDIGATE_SAMPLES")
    files = sorted(Path(samples, "en16931-binding").glob("CII_example*.xml")) if samples else []
    return own + [(path.name, path.read_bytes()) for path in files]


def compare(fast: Schematron, official: Schematron, documents: Iterable[Mutation]) -> Comparison:
    """Judge every document with both engines."""
    result = Comparison()
    for document in documents:
        left, right = _hits(fast, document.xml), _hits(official, document.xml)
        result.compared += 1
        if left is None and right is None:
            result.refused += 1
        if left != right:
            result.different.append(
                f"{document.base}: {'; '.join(document.faults)}\n  {_difference(left, right)}"
            )
        for hit in right or ():
            result.hits += 1
            result.rules[hit.rule or hit.text] += 1
    return result


def _hits(engine: Schematron, xml: bytes) -> tuple[Hit, ...] | None:
    try:
        return engine.hits(xml)
    except NotChecked:
        return None


def _difference(fast: tuple[Hit, ...] | None, official: tuple[Hit, ...] | None) -> str:
    if fast is None or official is None:
        return (
            "only the fast engine refused"
            if fast is None
            else "only the official stylesheet refused"
        )
    only = Counter(fast)
    only.subtract(Counter(official))
    return (
        "; ".join(f"{n:+} {hit.rule} {hit.location}" for hit, n in only.items() if n)
        or "another order"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    start, used = time.monotonic(), bases()
    artefacts = load()
    fast, official = Schematron(artefacts), Schematron(artefacts, "official")
    if fast.engine != "fast":
        print("the stylesheet could not be rewritten: nothing to compare")
        return 1
    result = compare(fast, official, mutations(used, options.mutations, options.seed))
    print(
        f"Schematron {artefacts.version}: {result.compared} mutations of {len(used)} invoices, "
        f"{result.hits} hits of "
        f"{len(result.rules)} rules, {result.refused} refused by both, {len(result.different)} "
        "different "
        f"({time.monotonic() - start:.0f} s)"
    )
    for text in result.different[:20]:
        print(text)
    return 1 if result.different else 0


if __name__ == "__main__":
    sys.exit(main())
