"""Files and locks of the store: for their owner alone whatever the umask, and never waited for
without limit."""

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path

from edigate.errors import Unavailable

LOCK_PATIENCE = 30.0
"""Seconds a process waits for a lock; longer than the daemon needs to end a worker that hangs."""

_LOOK_SECONDS = 0.001
_OTHERS = 0o077


def opened(path: Path) -> int:
    """A descriptor of a file for locks, made if it is not there. Raises: OSError."""
    made = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if made:
        give_to_the_owner(path)
    return descriptor


def lock(descriptor: int, mode: int, until: float) -> None:
    """Lock a file, waiting until that moment of `time.monotonic`; mode: LOCK_EX or LOCK_SH. Raises:
    Unavailable.

    flock(2) knows no time limit, so it is asked again and again.
    """
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Unavailable(
                    "DATABASE-BUSY", "another process writes and does not let go; try again"
                ) from None
            time.sleep(_LOOK_SECONDS)
        else:
            return


def sync_folder(path: Path) -> None:
    """Make durable which names a folder holds: files made, renamed and removed in it (fsync(2)).
    Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(path: Path) -> None:
    """Make the file if it is not there, and take it from everybody but its owner. Raises: OSError.

    An existing file is never opened: closing any descriptor of a SQLite file gives up the locks
    that this process has on it (POSIX, fcntl).
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        give_to_the_owner(path)
    except FileExistsError:
        narrow(path)


def narrow(path: Path) -> None:
    """Take an existing file or folder from everybody but its owner, where it is ours."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)


def give_to_the_owner(path: Path) -> None:
    """What root makes belongs to whom the folder belongs to: the service must be able to open
    it."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
