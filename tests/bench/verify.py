"""What proving a store costs: `python -m tests.bench.verify [--url postgresql://...] [--documents
N] [--keep DIR]`.

Fills a store with invoices (a mail, a package, a fetched archive mail each) and prints CPU seconds
of `verify`, and the growth of this process's memory meanwhile. Run it in two versions, one after
the other, to compare them.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from edigate.store import Direction, NewJob, Store
from tests.bench.store import convert, fetch
from tests.store.samples import ARCHIVE, TENANT, mail, to_mailbox


def fill(store: Store, documents: int) -> None:
    """Mails, their documents, and half of the packages fetched."""

    async def everything() -> None:
        for start in range(0, documents, 200):
            await asyncio.gather(
                *(
                    store.accept_async(
                        mail(b"%8d\r\n" % n * 200), [to_mailbox()], [NewJob(TENANT, Direction.IN)]
                    )
                    for n in range(start, min(start + 200, documents))
                )
            )

    asyncio.run(everything())
    convert(store, documents // 2)
    fetch(store, ARCHIVE)
    convert(store, documents)


def main() -> None:
    """Fill and prove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--keep", type=Path)
    said = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        Store.open(said.url, said.keep or Path(name)) as store,
    ):
        if not store.chain_head()[0]:
            fill(store, said.documents)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall, cpu = time.perf_counter(), time.process_time()
        problems = list(store.verify())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert not problems, problems[:5]
        sys.stdout.write(
            f"verify of {said.documents} documents, {store.chain_head()[0]} events:"
            f" {cpu:.2f} s CPU, {wall:.2f} s, memory +{grown // 1024} MiB\n"
        )


if __name__ == "__main__":
    main()
