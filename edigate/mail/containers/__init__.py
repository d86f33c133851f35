"""What files can hold files: one module per family, and the list of all families in the order they
are asked.

A family gets a file and says None (not mine), what it holds, or why nobody here can open it
(`Opened.sealed`, a key of schemas/parts.toml). Must not know EDIFACT nor what is done with what was
found.
"""

from collections.abc import Callable

from edigate.mail.containers import (
    archives,
    compressed,
    letters,
    openpgp,
    pdf_attachments,
    smime,
    unopenable,
)
from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

__all__ = ["FAMILIES", "Budget", "Member", "OpenedFile", "Thing", "TooLarge", "opened"]

FAMILIES: tuple[Callable[[Thing, Budget], OpenedFile | None], ...] = (
    archives.zipped,
    compressed.opened,
    archives.tarred,
    smime.opened,
    openpgp.opened,
    pdf_attachments.pdf,
    unopenable.opened,
    letters.opened,
)


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:
    """The first family's answer; None when the file is no container anybody knows."""
    return next(
        (found for family in FAMILIES if (found := family(thing, budget)) is not None), None
    )
