"""Files attached to PDFs: the attachments are opened, the pages are not read.

A hostile PDF may hold a stream that expands to gigabytes: only deflated streams are expanded, by
the budget; others are taken as they are stored where that cannot grow.
"""

import io
import zlib
from collections.abc import Iterator

import pikepdf

from edigate.mail.containers.compressed import Gzip, expanded
from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

_DEFLATE = "/FlateDecode"
_GROWS_AT_MOST = {
    "/ASCIIHexDecode": 1,
    "/ASCII85Decode": 5,
    "/RunLengthDecode": 64,
    "/LZWDecode": 2700,
}
_TROUBLE = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OSError,
    RuntimeError,
    RecursionError,
)
_BEGINS_WITHIN = 1024  # as readers of PDF have it (ISO 32000-1, annex H.3, note 13)
_MAY_HOLD_FILES = (b"/EmbeddedFile", b"/Filespec", b"/ObjStm")


def pdf(thing: Thing, budget: Budget) -> OpenedFile | None:
    """The files attached to a PDF."""
    start = thing.content.find(b"%PDF-", 0, _BEGINS_WITHIN)
    if start < 0:
        return None
    try:
        document = pikepdf.open(io.BytesIO(thing.content))
    except pikepdf.PasswordError:
        return OpenedFile("pdf", sealed="pdf-encrypted")
    except _TROUBLE:
        if any(sign in thing.content for sign in _MAY_HOLD_FILES):
            return OpenedFile("pdf", (Member("", b"", "broken"),))
        return (
            OpenedFile("pdf", exhausts=False) if start == 0 else None
        )  # it only says that it is one
    return OpenedFile("pdf", _attachments(document, budget))


def _attachments(document: pikepdf.Pdf, budget: Budget) -> Iterator[Member]:
    with document:
        try:
            found = list(_files(document))
        except _TROUBLE:
            yield Member("", b"", "broken")
            return
        for name, stream in found:
            try:
                budget.member()
                yield _content(name, stream, budget)
            except TooLarge:
                yield Member(name, b"", "too-large")
                return
            except (*_TROUBLE, zlib.error, EOFError):
                yield Member(name, b"", "broken")


def _files(document: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Stream]]:
    """Every file specification with an embedded file, wherever it stands: name tree, annotation,
    /AF; each once."""
    seen: set[tuple[int, int]] = set()
    unnamed: list[pikepdf.Stream] = []
    for thing in document.objects:
        if (
            isinstance(thing, pikepdf.Stream)
            and thing.get("/Type") == "/EmbeddedFile"
            and thing.objgen not in seen
        ):
            unnamed.append(thing)
        for specification in _specifications(thing):
            embedded = specification.get("/EF")
            if not isinstance(embedded, pikepdf.Dictionary):
                continue
            stream = embedded.get("/F") or embedded.get("/UF")
            if isinstance(stream, pikepdf.Stream) and stream.objgen not in seen:
                seen.add(stream.objgen)
                name = specification.get("/UF", specification.get("/F", ""))
                yield str(name), stream
    yield from (("", stream) for stream in unnamed if stream.objgen not in seen)


def _specifications(thing: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """The file specification an object is, or those that stand in it directly."""
    if isinstance(thing, pikepdf.Dictionary):
        if "/EF" in thing:
            yield thing
        for key in ("/FS", "/Names", "/AF", "/Annots"):
            if key in thing:
                yield from _inside(thing[key])
        names = thing.get("/EmbeddedFiles")
        if isinstance(names, pikepdf.Dictionary) and "/Names" in names:
            yield from _inside(names["/Names"])
    elif isinstance(thing, pikepdf.Array):
        yield from _inside(thing)


def _inside(value: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    for entry in value if isinstance(value, pikepdf.Array) else (value,):
        if not isinstance(entry, pikepdf.Dictionary):
            continue
        if "/EF" in entry:
            yield entry
        elif isinstance(attached := entry.get("/FS"), pikepdf.Dictionary):
            yield attached


def _content(name: str, stream: pikepdf.Stream, budget: Budget) -> Member:
    """Raises: TooLarge, and what reading raises."""
    filters = stream.get("/Filter", pikepdf.Array([]))
    named = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    content = stream.read_raw_bytes()
    if named and all(f == _DEFLATE for f in named) and "/DecodeParms" not in stream:
        for _ in named:
            content = expanded(content, budget, content[:1], lambda: Gzip(15), single=True)
        return Member(name, content)
    most = len(content)
    for filter_ in named:
        most *= _GROWS_AT_MOST.get(filter_, budget.octets + 1)
    if most > budget.octets:
        raise TooLarge
    content = stream.read_bytes() if named else content
    budget.take(len(content))
    return Member(name, content)
