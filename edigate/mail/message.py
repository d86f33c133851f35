"""Mails and files, read: bytes -> every part that was looked into, and the EDIFACT in it.

What a part holds is decided by its content, never by its declared type or its name, and no first
byte rules a part out. Containers are opened three deep within one budget; what cannot be opened is
named. This module must not know EDIFACT beyond how an interchange begins, nor how many interchanges
a part holds.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from edigate.mail import wrapped_text
from edigate.mail.containers import Budget, Member, OpenedFile, Thing, TooLarge, opened
from edigate.mail.file_kinds import kind_of
from edigate.mail.mime import Leaf, leaves, safe_name
from edigate.mail.parts import SEALED, EdiPart, Fate, Part, looks_like_edifact, notes, unreadable
from edigate.mail.spelled_out import spelled_out

__all__ = [
    "EdiPart",
    "Fate",
    "Part",
    "interchanges",
    "looks_like_edifact",
    "notes",
    "search",
    "searched",
    "unreadable",
]

_LOOK = 4096
_MAX_UNPACKED = 128 * 2**20
_LAYERS = 3
_UNDONE = 4
_CLAIMS = re.compile(
    r"application/(?:edifact|edi-consent)\Z|.*\.(?:edi|edifact|edf|invoic)(?:\.(?:gz|bz2|xz|zip))?\Z",
    re.IGNORECASE,
)
_NOTHING_INSIDE = {"pdf": "pdf", "smime": "signature", "openpgp-key": "signature"}
_OFFICE = ("[Content_Types].xml", "mimetype")
_BASE64_IN_BASE64 = 2
_BLANK = b" \t\r\n\f\v\x00\x1a"

Own = Callable[[bytes], str]
"""Says of the bytes of a file why edigate itself made it, as a key of schemas/parts.toml; "" when
it did not."""


def _nobodys(_content: bytes) -> str:
    return ""


def search(
    content: bytes, *, max_unpacked: int = _MAX_UNPACKED, own: Own = _nobodys
) -> tuple[Part, ...]:
    """Every part of a mail with what became of it, in order. max_unpacked: bytes that containers
    may unpack to.

    Never raises: what cannot be read is returned with its problem, for someone to be told.
    """
    return tuple(_Search(Budget(max_unpacked), own).mail(content, Thing(b"", "")))


def searched(
    content: bytes, name: str, *, max_unpacked: int = _MAX_UNPACKED, own: Own = _nobodys
) -> tuple[Part, ...]:
    """The same for a file that is not known to be a mail."""
    return tuple(_Search(Budget(max_unpacked), own).look(Thing(content, "1", safe_name(name))))


def interchanges(content: bytes, *, max_unpacked: int = _MAX_UNPACKED) -> tuple[EdiPart, ...]:
    """Every part of a mail that holds EDIFACT, claims to, or may hold it, in order."""
    return tuple(
        part.edi for part in search(content, max_unpacked=max_unpacked) if part.edi is not None
    )


class _Search:
    """One walk through a mail or file, with what may be unpacked in all."""

    def __init__(self, budget: Budget, own: Own) -> None:
        self._budget = budget
        self._own = own

    def mail(self, content: bytes, around: Thing) -> Iterator[Part]:
        """The parts of a mail, alone or in something."""
        before = f"{around.path}." if around.path else ""
        for leaf in leaves(content):
            thing = Thing(
                b"",
                before + leaf.path,
                leaf.file_name,
                leaf.content_type,
                around.layers,
                around.inside,
            )
            found = self._leaf(leaf, replace(thing, undone=around.undone))
            yield from (
                found
                if not leaf.aside
                else (part for part in found if part.fate is not Fate.NOTHING)
            )

    def _leaf(self, leaf: Leaf, thing: Thing) -> Iterator[Part]:
        if leaf.too_deep:
            yield _problem(thing, "too-deep")
            return
        plain = leaf.undeclared()
        if plain is not None and wrapped_text.begins(plain, line=True) >= 0:
            yield from self.look(replace(thing, content=plain, undone=(*thing.undone, "plain")))
            return
        try:
            content = leaf.decoded()
        except ValueError:
            yield self._damaged(leaf, thing)
            return
        yield from self.look(replace(thing, content=content, encoded=leaf.is_encoded))

    def _damaged(self, leaf: Leaf, thing: Thing) -> Part:
        """A picture whose end is missing is nobody's concern; anything else may be an invoice."""
        look = leaf.beginning_of_damaged(_LOOK)
        if kind_of(replace(thing, content=look)) in ("image", "media") and not _claims(thing):
            return _part(thing, Fate.NOTHING, "damaged")
        return _problem(replace(thing, content=leaf.source[leaf.start : leaf.end]), "encoding")

    def look(self, thing: Thing) -> Iterator[Part]:
        """A file's parts: itself, and what it holds."""
        if not thing.content.strip(_BLANK):
            yield (
                _problem(thing, "not-edifact")
                if _claims(thing)
                else _part(thing, Fate.NOTHING, "empty")
            )
        elif looks_like_edifact(thing.content[:_LOOK]) and not wrapped_text.is_spelled_out(
            thing.content
        ):
            yield self._edifact(thing)
        elif own := self._own(thing.content) if thing.content.startswith(b"%PDF-") else "":
            yield _part(thing, Fate.OWN, own)
        elif (container := opened(thing, self._budget)) is not None:
            yield from self._container(thing, container)
        else:
            yield from self._text(thing)

    def _edifact(self, thing: Thing) -> Part:
        """EDIFACT from its first byte on, unless it is written in a way that spoils it."""
        if _is_markup_type(thing) and wrapped_text.is_marked(thing.content, 0):
            for way, text in wrapped_text.undone(thing.content, markup=True):
                return self._read(thing, text, way)
        if not thing.encoded and wrapped_text.is_soft_broken(thing.content):
            return self._read(
                thing, wrapped_text.unquoted_printable(thing.content), "quoted-printable"
            )
        return self._read(thing, thing.content)

    def _read(self, thing: Thing, content: bytes, *way: str) -> Part:
        """The part that EDIFACT makes."""
        if own := self._own(content):
            return _part(thing, Fate.OWN, own)
        edi = EdiPart(
            thing.path, thing.name, thing.content_type, content, undone=(*thing.undone, *way)
        )
        return Part(thing.path, thing.name, thing.content_type, Fate.EDIFACT, edi=edi)

    def _container(self, thing: Thing, container: OpenedFile) -> Iterator[Part]:
        if container.layer and thing.layers >= _LAYERS and not container.sealed:
            yield _problem(thing, "too-deep")
            return
        if container.sealed:
            sealed = _problem(thing, SEALED, container.sealed)
            yield from (sealed,) if container.exhausts else self._text(thing, otherwise=sealed)
            return
        inside = list(self._members(thing, container))
        if not inside:
            kind = _NOTHING_INSIDE.get(container.kind, "empty")
            claims = kind != "signature" and _claims(thing)
            nothing = _problem(thing, "not-edifact") if claims else _part(thing, Fate.NOTHING, kind)
            yield from (nothing,) if container.exhausts else self._text(thing, otherwise=nothing)
            return
        nothing_new = all(part.fate is Fate.NOTHING for part in inside)
        if nothing_new and not container.exhausts:
            yield from self._text(thing)
        elif nothing_new and any(part.name in _OFFICE for part in inside):
            yield _part(thing, Fate.NOTHING, "office")
        else:
            yield _part(thing, Fate.OPENED, container.kind)
            yield from inside

    def _members(self, thing: Thing, container: OpenedFile) -> Iterator[Part]:
        for number, member in enumerate(container.members, 1):
            within = Thing(
                member.content,
                f"{thing.path}:{number}",
                safe_name(member.name) or thing.name,
                member.content_type,
                thing.layers + container.layer,
                container.kind,
                thing.undone,
            )
            if member.problem:
                yield _member_problem(within, member)
            elif container.mail or member.content_type == "message/rfc822":
                yield from self.mail(member.content, within)
            else:
                yield from self.look(within)

    def _text(self, thing: Thing, *, otherwise: Part | None = None) -> Iterator[Part]:
        """What stands in a file that is no container: written straight, or in a way that can be
        undone.

        otherwise: what the file is when nothing is found in it.
        """
        if len(thing.undone) < _UNDONE and (wide := wrapped_text.wide(thing.content)) is not None:
            name, text = wide
            if text:
                yield from self.look(replace(thing, content=text, undone=(*thing.undone, name)))
            else:
                yield _problem(thing, "utf-16")
            return
        found = False
        for part in self._written(thing):
            found = True
            yield part
        if not found:
            yield otherwise or (
                _problem(thing, "not-edifact") if _claims(thing) else _nothing(thing)
            )

    def _written(self, thing: Thing) -> Iterator[Part]:
        content = wrapped_text.clear_signed(thing.content)
        start = wrapped_text.begins(content, line=thing.content_type.startswith("text/"))
        markup = wrapped_text.is_markup(content) or _is_markup_type(thing)
        around = wrapped_text.is_json(content) or (
            markup and wrapped_text.is_marked(content, max(0, start))
        )
        if start < 0 or around or wrapped_text.is_quoted(content, start):
            undone = False
            for way, text in wrapped_text.undone(content, markup=markup, declared=thing.encoded):
                undone = True
                yield self._read(thing, text, way)
            if undone:
                return
        if start >= 0 and (not around or wrapped_text.stands_alone(content)):
            yield self._edifact(replace(thing, content=content[start:]))
            return
        if (unquoted := wrapped_text.unquoted(content)) is not None:
            yield from self._files(replace(thing, undone=(*thing.undone, "quoted")), unquoted)
        else:
            yield from self._files(thing, content)

    def _files(self, thing: Thing, content: bytes) -> Iterator[Part]:
        """Files written into a text: uuencode, yEnc, undeclared base64, spelt-out bytes."""
        if len(thing.undone) >= _UNDONE:
            return
        number = 0
        try:
            for name, data in wrapped_text.files(content):
                number += 1
                self._budget.member()
                within = replace(
                    thing, content=data, path=f"{thing.path}:{number}", name=safe_name(name)
                )
                yield from (
                    self.look(replace(within, content_type=""))
                    if data
                    else (_problem(within, "encoding"),)
                )
            for head, whole in wrapped_text.runs(content):
                within = replace(
                    thing, content=head, undone=(*thing.undone, "base64"), content_type="", name=""
                )
                if _promises(within, _BASE64_IN_BASE64):
                    number += 1
                    self._budget.member()
                    yield from self.look(
                        replace(within, content=whole(), path=f"{thing.path}:{number}")
                    )
            for way, plain in spelled_out(content):
                within = replace(
                    thing, content=plain, undone=(*thing.undone, way), content_type="", name=""
                )
                if wrapped_text.shows(plain) >= 0 or _is_container(within):
                    number += 1
                    self._budget.member()
                    yield from self.look(replace(within, path=f"{thing.path}:{number}"))
        except TooLarge:
            yield _problem(thing, "too-large")


def _promises(thing: Thing, depth: int) -> bool:
    """Whether the first bytes of a file say that it is worth having all of it."""
    head = thing.content
    if (
        looks_like_edifact(head)
        or wrapped_text.begins(head, line=True) >= 0
        or _is_container(thing)
    ):
        return True
    return depth > 0 and any(
        _promises(replace(thing, content=inner), depth - 1) for inner, _ in wrapped_text.runs(head)
    )


def _is_container(thing: Thing) -> bool:
    """Whether the first bytes of a file are those of a container; pictures in HTML are none."""
    found = opened(thing, Budget(0))
    return found is not None and found.kind not in ("pdf", "openpgp-key")


def _claims(thing: Thing) -> bool:
    return bool(_CLAIMS.match(thing.content_type) or _CLAIMS.match(thing.name))


def _is_markup_type(thing: Thing) -> bool:
    return thing.content_type in (
        "text/html",
        "application/xhtml+xml",
    ) or thing.content_type.endswith(("/xml", "+xml"))


def _part(thing: Thing, fate: Fate, reason: str) -> Part:
    return Part(thing.path, thing.name, thing.content_type, fate, reason)


def _nothing(thing: Thing) -> Part:
    return _part(thing, Fate.NOTHING, kind_of(thing))


def _problem(thing: Thing, problem: str, kind: str = "") -> Part:
    edi = EdiPart(thing.path, thing.name, thing.content_type, thing.content, problem, kind)
    fate = Fate.NOT_CHECKED if problem == SEALED else Fate.UNREADABLE
    return Part(thing.path, thing.name, thing.content_type, fate, kind or problem, edi)


def _member_problem(thing: Thing, member: Member) -> Part:
    if member.problem == SEALED:
        return _problem(thing, SEALED, member.sealed)
    return _problem(thing, "broken-archive" if member.problem == "broken" else member.problem)
