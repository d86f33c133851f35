"""Where each term of an Invoice came from.

Paths name attributes of `edigate.invoice.model.Invoice`: `seller.vat_identifier`,
`lines[2].price.net_price`, `vat_breakdown[0].tax_amount`; a group has a path too (`seller`,
`lines[2]`, `totals`), the invoice itself is `""`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edigate.findings import SYNTAX, Place, Texts


class OriginKind(StrEnum):
    """Sources a value can have."""

    SEGMENT = "segment"
    MASTER_DATA = "master-data"
    DERIVED = "derived"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of one value: the segments it was read from, or master data, or what it was
    derived from.

    note says, for everything but a plain segment, how the value came about (e.g. "58, because an
    IBAN is given").
    """

    kind: OriginKind
    places: tuple[Place, ...] = ()
    note: Texts | None = None


class Origins(Mapping[str, Origin]):
    """Origins by path, with the nearest place for what is missing.

    syntax: of the message they come from; findings show what is missing as it is written there.
    """

    def __init__(self, by_path: Mapping[str, Origin], syntax: str = SYNTAX) -> None:
        self._by_path = dict(by_path)
        self.syntax = syntax

    def __getitem__(self, path: str) -> Origin:
        return self._by_path[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_path)

    def __len__(self) -> int:
        return len(self._by_path)

    def place(self, path: str) -> Place | None:
        """First segment of `path`, or of the nearest group around it that has one."""
        while True:
            origin = self._by_path.get(path)
            if origin is not None and origin.places:
                return origin.places[0]
            if not path:
                return None
            path = parent(path)


def parent(path: str) -> str:
    """The group around a path: `lines[2].price.net_price` -> `lines[2].price` -> `lines[2]` ->
    `lines` -> ``."""
    if path.endswith("]"):
        return path[: path.rindex("[")]
    head, _, _ = path.rpartition(".")
    return head
