"""The whole way, with real processes and sockets: mails by SMTP until all packages are fetched by
POP3.

    python -m tests.bench.throughput [--quick] [--mails N] [--lines N]

The clients run on the same machine, so the rate is a lower bound; CPU is that of the daemon and the
workers alone.
"""

import argparse
import poplib
import smtplib
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.gateway import ARCHIVE, DOMAIN, MAIN, PASSWORD, Gateway, edi_mail
from tests.bench import memory
from tests.bench.table import table
from tests.generate import interchange, invoice

WORKERS = 2
CONNECTIONS = 8
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured. Seconds from the first mail until all were acknowledged, all archived, all
    fetched; CPU seconds of the daemon and of the workers until then; bytes: of all fetched
    packages' mails."""

    mails: int
    lines: int
    accepted: float
    archived: float
    fetched: float
    daemon: float
    workers: float
    bytes: int


def _mails(count: int, lines: int) -> list[bytes]:
    """Different invoices: the same twice would be a duplicate."""
    return [
        edi_mail(
            ("invoic.edi", interchange([invoice(lines, f"RE-{n}")], reference=f"IC{n}")), number=n
        )
        for n in range(1, count + 1)
    ]


def _send(gateway: Gateway, mails: Sequence[bytes]) -> None:
    """All mails over one connection."""
    with smtplib.SMTP("127.0.0.1", gateway.mx, timeout=300) as client:
        for mail in mails:
            client.sendmail("edi@partner.example", [f"{MAIN}@{DOMAIN}"], mail)


def _archived(gateway: Gateway) -> None:
    """Wait until no job waits: its package is in the archive account with the same transaction."""
    deadline = time.monotonic() + _PATIENCE
    with gateway.store() as store:
        while store.jobs(unfinished=True, limit=1):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not archived: {gateway.log.read_text('utf-8')[-2000:]}")
            time.sleep(0.05)


def _fetch(gateway: Gateway) -> tuple[int, int]:
    """Everything in the archive account, as an archive system does it: RETR, DELE; how many, how
    many bytes."""
    client = poplib.POP3("127.0.0.1", gateway.pop3, timeout=300)
    client.user(f"{ARCHIVE}@{DOMAIN}")
    client.pass_(PASSWORD)
    count, _ = client.stat()
    size = 0
    for number in range(1, count + 1):
        size += client.retr(number)[2]
        client.dele(number)
    client.quit()
    return count, size


def run(gateway: Gateway, mails: int, lines: int) -> Run:
    """Send, wait, fetch. Raises: RuntimeError when a package is missing."""
    made = _mails(mails, lines)
    pids = memory.ready(gateway, WORKERS)
    before = [memory.usage(pid).cpu for pid in (gateway.process.pid, *pids)]
    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as senders:
        list(senders.map(lambda n: _send(gateway, made[n::CONNECTIONS]), range(CONNECTIONS)))
    accepted = time.perf_counter() - start
    _archived(gateway)
    archived = time.perf_counter() - start
    fetched, size = _fetch(gateway)
    ended = time.perf_counter() - start
    used = [
        memory.usage(pid).cpu - cpu
        for pid, cpu in zip((gateway.process.pid, *pids), before, strict=True)
    ]
    if fetched != mails:
        raise RuntimeError(f"{fetched} packages of {mails} mails")
    return Run(mails, lines, accepted, archived, ended, used[0], sum(used[1:]), size)


def figures(*, quick: bool = False, loads: Sequence[tuple[int, int]] = ()) -> Iterator[str]:
    """The table, and the memory afterwards. loads: mails and lines of each run."""
    wanted = loads or (((60, 10),) if quick else ((1000, 10), (200, 150), (20, 1500)))
    found: list[Run] = []
    taken: list[tuple[str, float, float, float]] = []
    for mails, lines in wanted:
        with tempfile.TemporaryDirectory() as folder:
            # One process from the first mail to the last, so that its CPU time can be told.
            lasting = f"recycle_after = {mails + 1}\nrecycle_grown_mb = 10000"
            gateway = Gateway(Path(folder), lasting, workers=WORKERS)
            try:
                gateway.start()
                found.append(run(gateway, mails, lines))
                taken += memory.rows(gateway, f"after {mails} mails of {lines:,} lines")
                gateway.stop()
            finally:
                gateway.kill()
    yield table(
        f"SMTP to POP3, {WORKERS} workers, {CONNECTIONS} senders",
        (
            "mails", "lines", "accepted /s", "archived /s", "fetched /s", "daemon ms",
            "workers ms", "kB each",
        ),
        [
            (
                r.mails, r.lines, r.mails / r.accepted, r.mails / r.archived, r.mails / r.fetched,
                r.daemon / r.mails * 1000, r.workers / r.mails * 1000, r.bytes / r.mails / 1000,
            )
            for r in found
        ],
    )  # fmt: skip
    yield "Rates count from the first mail; ms are CPU for each mail, all its stages together."
    yield table("Memory under load", memory.HEADINGS, taken)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.throughput")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mails", type=int)
    parser.add_argument("--lines", type=int, default=10)
    options = parser.parse_args(arguments)
    loads = ((options.mails, options.lines),) if options.mails else ()
    for text in figures(quick=options.quick, loads=loads):
        print(text)


if __name__ == "__main__":
    main()
