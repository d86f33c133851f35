"""What `check` and `convert` are given -> bytes that hold EDIFACT: files, mails, folders, edigate's own PDFs, `-`."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from edigate.errors import Misconfigured
from edigate.findings import Finding
from edigate.mail.message import EdiPart, interchanges, looks_like_edifact, unreadable

LARGE = 32 * 2**20
"""Bytes from which on a file is read as a stream."""

_HEADER = re.compile(rb"\A(?:From [^\r\n]*\r?\n)?[!-9;-~]+:[^\r\n]*\r?\n(?:[!-9;-~]+:|[ \t]|\r?\n)")


@dataclass(frozen=True, slots=True)
class Input:
    """Something to read as EDIFACT. problem: why it cannot be, if that is known already.

    path: set, with no content, for a file so large that it is read as a stream.
    """

    name: str
    content: bytes
    path: Path | None = None
    problem: Finding | None = None


def inputs(arguments: Iterable[str]) -> Iterator[Input]:
    """Everything the arguments name, folders in the order of their file names.

    Raises: Misconfigured for a file that is not there or may not be read.
    """
    for argument in arguments:
        if argument == "-":
            yield from _opened("<stdin>", sys.stdin.buffer.read())
            continue
        path = Path(argument)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            try:
                if file.stat().st_size > LARGE and _begins_as_edifact(file):
                    yield Input(str(file), b"", path=file)
                    continue
                content = file.read_bytes()
            except OSError as error:
                raise Misconfigured("INPUT", f"{file}: {error.strerror}") from None
            yield from _opened(str(file), content)


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
                yield Input(f"{name}#{attached}", pdf.attachments[attached].get_file().read_bytes())
    except (pikepdf.PdfError, ValueError):
        found = []
    if not found:
        yield Input(name, content, problem=unreadable(EdiPart("1", name, "application/pdf", content, "not-edifact")))
