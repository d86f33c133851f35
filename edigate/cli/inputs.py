"""What `check` and `convert` are given -> bytes that hold EDIFACT: files, mails, folders, edigate's own PDFs, `-`."""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf

from edigate.errors import Misconfigured
from edigate.findings import Finding
from edigate.mail.message import EdiPart, interchanges, looks_like_edifact, unreadable

LARGE = 2**18
"""Bytes from which on a file is read as a stream: in memory it takes a hundred times its size."""

_STANDARD_INPUT = Path("-")
_HEADER = re.compile(rb"\A(?:From [^\r\n]*\r?\n)?[!-9;-~]+:[^\r\n]*\r?\n(?:[!-9;-~]+:|[ \t]|\r?\n)")


@dataclass(frozen=True, slots=True)
class Input:
    """Something to read as EDIFACT. problem: why it cannot be, if that is known already.

    path: set, with no content, for a file so large that it is read as a stream. before: bytes of the files before it.
    package: edigate's own PDF that it was taken out of.
    """

    name: str
    content: bytes
    path: Path | None = None
    problem: Finding | None = None
    before: int = 0
    package: bytes | None = None


def files_of(arguments: Iterable[str]) -> list[Path]:
    """Every file the arguments name, folders in the order of their file names; `-` is standard input."""
    named = (Path(a) for a in arguments)
    return [file for path in named for file in (_inside(path) if path.is_dir() else [path])]


def _inside(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def inputs(files: Iterable[Path]) -> Iterator[Input]:
    """Everything to read in these files, each when it is asked for.

    Raises: Misconfigured for a file that is not there or may not be read.
    """
    before = 0
    for file in files:
        try:
            for given in _from_standard_input() if file == _STANDARD_INPUT else _from_file(file):
                yield replace(given, before=before)
            before += 0 if file == _STANDARD_INPUT else file.stat().st_size
        except OSError as error:
            raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None


def _from_file(file: Path) -> Iterator[Input]:
    if file.stat().st_size > LARGE and _begins_as_edifact(file):
        yield Input(str(file), b"", path=file)
    else:
        yield from _opened(str(file), file.read_bytes())


def _from_standard_input() -> Iterator[Input]:
    """What comes through a pipe cannot be read twice: a large one is put into a file first."""
    beginning = sys.stdin.buffer.read(LARGE + 1)
    if len(beginning) <= LARGE or not looks_like_edifact(beginning[:4096]):
        yield from _opened("<stdin>", beginning + sys.stdin.buffer.read())
        return
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(beginning)
        shutil.copyfileobj(sys.stdin.buffer, copy, 2**20)
        copy.flush()
        yield Input("<stdin>", b"", path=Path(copy.name))


def _begins_as_edifact(file: Path) -> bool:
    with file.open("rb") as source:
        return looks_like_edifact(source.read(4096))


def _opened(name: str, content: bytes) -> Iterator[Input]:
    if content.startswith(b"%PDF-"):
        yield from _from_pdf(name, content)
    elif not looks_like_edifact(content) and _HEADER.match(content):
        for part in interchanges(content):
            label = f"{name}#{part.file_name or part.path}"
            problem = unreadable(part) if part.problem else None
            yield Input(label, part.content, problem=problem)
    else:
        yield Input(name, content)


def _from_pdf(name: str, content: bytes) -> Iterator[Input]:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            found = [n for n in pdf.attachments if n.endswith(".edi")]
            for attached in found:
                original = pdf.attachments[attached].get_file().read_bytes()
                yield Input(f"{name}#{attached}", original, package=content)
    except (pikepdf.PdfError, ValueError):
        found = []
    if not found:
        yield Input(name, content, problem=unreadable(EdiPart("1", name, "application/pdf", content, "not-edifact")))
