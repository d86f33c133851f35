"""The values of opening containers: a file to look into, what it holds, and the budget all files of
one mail share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

MAX_MEMBERS = 1000
_STEP = 256 * 1024


class TooLarge(Exception):
    """What is opened would come to more bytes or more members than is allowed."""


class Budget:
    """What may come out of all containers of one mail or file together, however they stand in each
    other.

    Sizes stated in a file are not believed: what is counted is what comes out.
    """

    def __init__(self, octets: int, members: int = MAX_MEMBERS) -> None:
        self.octets = octets
        self.members = members

    def member(self) -> None:
        """Count one more. Raises: TooLarge."""
        if self.members <= 0:
            raise TooLarge
        self.members -= 1

    def take(self, octets: int) -> None:
        """Count bytes that came out. Raises: TooLarge, with nothing counted."""
        if octets > self.octets:
            raise TooLarge
        self.octets -= octets

    def read(self, stream: "Readable") -> bytes:
        """A stream to its end, piece by piece. Raises: TooLarge, and what the stream raises."""
        out = bytearray()
        while piece := stream.read(_STEP):
            out += piece
            if len(out) > self.octets:
                raise TooLarge
        self.octets -= len(out)
        return bytes(out)


class Readable(Protocol):
    """What can be read in pieces."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Thing:
    """A file to look into. layers: containers around it; inside: the kind of the innermost. undone:
    how it was written before (`html`, `quoted` ...)."""

    content: bytes
    path: str
    name: str = ""
    content_type: str = ""
    layers: int = 0
    inside: str = ""
    undone: tuple[str, ...] = ()
    encoded: bool = False

    @property
    def suffix(self) -> str:
        """The last ending of the name, in small letters, without the dot."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


@dataclass(frozen=True, slots=True)
class Member:
    """A file out of a container. problem: `sealed` (a key of schemas/parts.toml in `sealed`),
    `broken`, `too-large`."""

    name: str
    content: bytes
    problem: str = ""
    sealed: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What a file is (`kind`, a key of schemas/parts.toml) and holds. sealed: why nobody here can
    open it.

    mail: the members are mails' bytes, to be walked as mail. layer: whether it counts for the depth
    of containers. exhausts: nothing else is looked for in the file itself when no member was found.
    """

    kind: str
    members: Iterable[Member] = ()
    sealed: str = ""
    mail: bool = False
    layer: bool = True
    exhausts: bool = True
