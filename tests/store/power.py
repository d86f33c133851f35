"""The power fails: what a folder holds afterwards, if nothing but what was fsynced can be relied
on.

`os.fsync` really runs and is written down: the content of a file is durable once the file was
synced, a name in a folder once the folder was (fsync(2); POSIX promises no more). SQLite syncs by
itself and is taken as it lies.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

_SQLITE = "edigate.sqlite3"


class Disk:
    """What was synced since the beginning: contents by inode and size, names by folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents: set[tuple[int, int]] = set()
        self.names: dict[Path, dict[str, int]] = {}
        for place in (folder, *folder.rglob("*")):
            self.synced(place)

    def synced(self, place: Path) -> None:
        """The file or folder was synced, or lay there long enough."""
        if place.is_dir():
            self.names[place] = {p.name: p.stat().st_ino for p in place.iterdir()}
        else:
            found = place.stat()
            self.contents.add((found.st_ino, found.st_size))

    def after_the_cut(self, copy: Path) -> Path:
        """The folder as it is found when the power is back."""
        self._restore(self.folder, copy)
        return copy

    def _restore(self, place: Path, copy: Path) -> None:
        copy.mkdir(mode=0o700, parents=True)
        durable = self.names.get(place, {})
        for entry in place.iterdir():
            found = entry.stat()
            if place == self.folder and entry.name.startswith(_SQLITE):
                shutil.copy2(entry, copy)
            elif durable.get(entry.name) != found.st_ino:
                continue  # the name never reached the disk
            elif entry.is_dir():
                self._restore(entry, copy / entry.name)
            elif (found.st_ino, found.st_size) in self.contents:
                shutil.copy2(entry, copy)
            else:
                (copy / entry.name).touch(0o600)  # the name did, the content did not


@contextmanager
def recorded(folder: Path) -> Iterator[Disk]:
    """While open, what is synced below a folder is written down. Skips where a descriptor's path
    cannot be told."""
    if sys.platform != "linux":
        pytest.skip("no recording of fsync here: it needs /proc/self/fd")
    disk, real = Disk(folder), os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if place.is_relative_to(folder):
            disk.synced(place)

    with patch.object(os, "fsync", fsync):
        yield disk
