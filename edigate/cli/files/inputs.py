"""What `check` and `convert` are given -> bytes that hold EDIFACT, and what was looked into: files,
mails, folders, containers, edigate's own PDFs, `-`.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edigate.errors import Misconfigured
from edigate.findings import Finding
from edigate.mail.message import (
    EdiPart,
    Fate,
    Part,
    looks_like_edifact,
    notes,
    search,
    searched,
    unreadable,
)

LARGE = 2**18
"""Bytes from which on a file is read as a stream: in memory it takes a hundred times its size."""

_STANDARD_INPUT = Path("-")
_HEADER = re.compile(rb"\A(?:From [^\r\n]*\r?\n)?[!-9;-~]+:[^\r\n]*\r?\n(?:[!-9;-~]+:|[ \t]|\r?\n)")


@dataclass(frozen=True, slots=True)
class Input:
    """Something to read as EDIFACT. problem: why it cannot be, if that is known already.

    path: set, with no content, for a file so large that it is read as a stream. before: bytes of
    the files before it. package: edigate's own PDF that it was taken out of. parts: what was looked
    into in the file, with its first input. notes: what its invoices say of how they came. nothing:
    there is no EDIFACT in the file, and none to be expected.
    """

    name: str
    content: bytes
    path: Path | None = None
    problem: Finding | None = None
    before: int = 0
    package: bytes | None = None
    parts: tuple[Part, ...] = ()
    notes: tuple[Finding, ...] = ()
    nothing: bool = False


def files_of(arguments: Iterable[str]) -> tuple[list[Path], frozenset[Path]]:
    """Every file the arguments name, folders in the order of their file names; and which of them a
    folder gave.

    `-` is standard input.
    """
    named = [Path(a) for a in arguments]
    files = [file for path in named for file in (_inside(path) if path.is_dir() else [path])]
    return files, frozenset(files) - frozenset(named)


def _inside(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def inputs(files: Iterable[Path], found: Container[Path] = ()) -> Iterator[Input]:
    """Everything to read in these files, each when it is asked for. found: files that nobody named,
    in folders.

    Raises: Misconfigured for a file that is not there or may not be read.
    """
    before = 0
    for file in files:
        try:
            named = file not in found
            for given in (
                _from_standard_input() if file == _STANDARD_INPUT else _from_file(file, named=named)
            ):
                yield replace(given, before=before)
            before += 0 if file == _STANDARD_INPUT else file.stat().st_size
        except OSError as error:
            raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None


def _from_file(file: Path, *, named: bool) -> Iterator[Input]:
    if file.stat().st_size > LARGE and _begins_as_edifact(file):
        yield Input(str(file), b"", path=file, parts=(Part("1", file.name, "", Fate.EDIFACT),))
    else:
        yield from _opened(str(file), file.read_bytes(), named=named)


def _from_standard_input() -> Iterator[Input]:
    """What comes through a pipe cannot be read twice: a large one is put into a file first."""
    beginning = sys.stdin.buffer.read(LARGE + 1)
    if len(beginning) <= LARGE or not looks_like_edifact(beginning[:4096]):
        yield from _opened("<stdin>", beginning + sys.stdin.buffer.read(), named=True)
        return
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(beginning)
        shutil.copyfileobj(sys.stdin.buffer, copy, 2**20)
        copy.flush()
        yield Input("<stdin>", b"", path=Path(copy.name), parts=(Part("1", "", "", Fate.EDIFACT),))


def _begins_as_edifact(file: Path) -> bool:
    with file.open("rb") as source:
        return looks_like_edifact(source.read(4096))


def _opened(name: str, content: bytes, *, named: bool) -> Iterator[Input]:
    """The EDIFACT in a file, or that there is none; a file that somebody named has to hold some,
    unless it is a mail or a container."""
    mail = not looks_like_edifact(content) and _HEADER.match(content) is not None
    parts = search(content) if mail else searched(content, name)
    found = [part for part in parts if part.edi is not None]
    if not found:
        alone = len(parts) == 1 and parts[0].fate is Fate.NOTHING
        yield (
            _without(name, content, parts)
            if named and alone and not mail
            else Input(name, b"", parts=parts, nothing=True)
        )
    package = content if content.startswith(b"%PDF-") else None
    for number, part in enumerate(found):
        given = _of_part(
            name, part, parts if number == 0 else (), whole=part.path == "1" and not mail
        )
        yield replace(given, package=package)


def _without(name: str, content: bytes, parts: tuple[Part, ...]) -> Input:
    if parts[0].reason == "pdf":
        problem = unreadable(EdiPart("1", name, "application/pdf", content, "not-edifact"))
        return Input(name, content, problem=problem, parts=parts)
    return Input(name, content, parts=parts)  # the reader says what is missing


def _of_part(name: str, part: Part, parts: tuple[Part, ...], *, whole: bool) -> Input:
    edi = part.edi
    assert edi is not None
    label = name if whole else f"{name}#{edi.file_name or edi.path}"
    problem = unreadable(edi) if edi.problem else None
    return Input(label, edi.content, problem=problem, parts=parts, notes=notes(edi))
