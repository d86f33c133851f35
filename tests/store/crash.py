"""A program that writes until it is killed: `python -m tests.store.crash WHAT FOLDER [URL]`.

It prints one line per answer it was given; what it printed must be in the store afterwards, whole.
WHAT: `accept` (mails with deliveries and jobs, some large, from several threads), `commit`
(outcomes of jobs), `fill` (accepts until the store says it cannot, with a limit on file size),
`relay` (attempts).
"""

import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from edigate.errors import EdigateError
from edigate.store import Direction, NewJob, Outcome, Store
from tests.store.samples import TENANT, held, mail, to_mailbox, to_relay, valid


def say(*words: object) -> None:
    """One line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def content(number: int) -> bytes:
    """A mail's bytes; every fifth is larger than what goes into the database."""
    return b"%d\r\n" % number * (30_000 if number % 5 == 0 else 10)


def accept(store: Store) -> None:
    """Accept mails from four threads for ever."""

    def one(number: int) -> None:
        say(
            number,
            store.accept(
                mail(content(number)), [to_mailbox(), to_relay()], [NewJob(TENANT, Direction.IN)]
            ),
        )

    numbers = count()
    with ThreadPoolExecutor(4) as pool:
        while True:
            list(pool.map(one, [next(numbers) for _ in range(40)]))


def commit(store: Store) -> None:
    """Convert every job there is, over and over."""
    while True:
        while (job := store.claim_job("crash")) is not None:
            store.commit_outcome(job, Outcome((valid(job, 1, claim=job.mail_id), held(job, 2))))
            say(job.mail_id)


def relay(store: Store) -> None:
    """Make every delivery there is."""
    while True:
        for delivery in store.claim_deliveries(limit=3):
            say("attempt", delivery.id)
            store.delivered(delivery, "250")
            say("done", delivery.id)


def fill(store: Store) -> None:
    """Accept until refused, then say what the refusal was, and whether a retry is refused too."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
    refused = 0
    for number in count():
        try:
            say(
                number,
                store.accept(mail(content(number)), [to_mailbox()], [NewJob(TENANT, Direction.IN)]),
            )
        except EdigateError as error:
            say("refused", type(error).__name__, error.code)
            refused += 1
            if refused == 3:
                return


if __name__ == "__main__":
    what, folder, url = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
    with Store.open(url, folder, daemon=True, node="crash") as opened:
        say("ready")
        {"accept": accept, "commit": commit, "relay": relay, "fill": fill}[what](opened)
