"""Having the daemon of a data folder read its settings again: who asked and why stand in the
chain."""

import os
import signal
import time
from pathlib import Path

from edigate.actions.acting import Who
from edigate.errors import Misconfigured, Unavailable
from edigate.store import Act, Event, EventKind, NewEvent, Store, acted
from edigate.store.door import daemon_of

_SECONDS = 30.0


def reload(store: Store, folder: Path, who: Who) -> Event:
    """Chain who asks and why, tell the daemon, and wait for its event.

    Raises: Misconfigured (no reason, no daemon, no right to signal it), Unavailable when it does
    not answer.
    """
    detail = acted(Act.RELOAD, who.by, who.reason)
    pid = daemon_of(folder)
    if pid is None:
        raise Misconfigured(
            "RELOAD",
            f"no edigate serves {folder}; `edigate serve` reads its settings when it starts",
        )
    try:
        os.kill(pid, 0)
        after, _ = store.chain_head()
        store.record(NewEvent(EventKind.RELOAD_ASKED, detail=(*detail, ("pid", str(pid)))))
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise Misconfigured(
            "RELOAD", f"process {pid} is another account's: run this as the service's user"
        ) from None
    except ProcessLookupError:
        raise Misconfigured("RELOAD", f"the edigate with pid {pid} has just ended") from None
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if answers := store.log(kinds=[EventKind.RELOADED], after=after, limit=1):
            return answers[0]
        time.sleep(0.1)
    raise Unavailable(
        "RELOAD-UNANSWERED",
        f"process {pid} has not answered within {_SECONDS:.0f} seconds; see its log",
    )
