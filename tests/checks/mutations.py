"""Faults put into factur-x.xml documents at random, reproducibly: the material that proves two
engines equal.

What comes out is well-formed, and mostly wrong: elements removed, emptied, doubled, moved, renamed;
values and attributes replaced, removed or added. One to three faults each.
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

_Element = etree._Element
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"

# Codes that switch rules on and off, and values at the edges of what the rules compare.
_CODES = (
    "S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B", "VAT", "GST", "380", "381", "384", "389",
    "325", "999", "30",
    "42", "48", "57", "58", "59", "EUR", "USD", "XXX", "DE", "FR", "IT", "XI", "EL", "ZZ", "H87",
    "C62", "true",
    "false", "1", "0", "916", "130", "50", "102", "95", "FC", "72", "5", "29",
)  # fmt: skip
_NUMBERS = (
    "0",
    "0.00",
    "1",
    "-1",
    "0.01",
    "0.001",
    "1.005",
    "19",
    "7",
    "20",
    "56.49",
    "1e3",
    "999999999.99",
    "-20.00",
)
_TEXTS = (
    "",
    " ",
    "x",
    "ä",
    "DE123456788",
    "ATU12345675",
    "123456788",
    "20261015",
    "20250101",
    "20261399",
    "&<>\"'",
)
# Letters where a number must be: both engines have to refuse, which proves little more than that,
# so they are rare.
_LETTERS = ("abc", "12,50")
_ATTRIBUTES = (
    "schemeID", "currencyID", "listID", "listVersionID", "format", "unitCode", "mimeCode",
    "filename", "name",
)  # fmt: skip
_ATTRIBUTE_VALUES = (
    "",
    "VA",
    "FC",
    "0088",
    "0160",
    "EUR",
    "USD",
    "102",
    "610",
    "H87",
    "XXX",
    "EM",
    "application/pdf",
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A document with faults: the name of what it was made from, what was done, and the result."""

    base: str
    faults: tuple[str, ...]
    xml: bytes


def mutations(bases: Sequence[tuple[str, bytes]], count: int, seed: int = 1) -> Iterator[Mutation]:
    """`count` mutations, the bases in turn; the same seed gives the same ones."""
    chance = random.Random(seed)
    trees = [(name, etree.fromstring(xml)) for name, xml in bases]
    for number in range(count):
        name, original = trees[number % len(trees)]
        root = copy.deepcopy(original)
        faults = tuple(_fault(root, chance) for _ in range(chance.choice((1, 1, 1, 2, 3))))
        yield Mutation(name, faults, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _fault(root: _Element, chance: random.Random) -> str:
    elements = [e for e in root.iter("{*}*") if e is not root]
    leaves = [e for e in elements if len(e) == 0]
    if not leaves:
        return "nothing left"
    kind, pool = chance.choices(
        (
            (_remove, elements), (_remove, leaves), (_empty, elements), (_empty, leaves), (_double,
                elements),
            (_double, leaves), (_move, elements), (_rename, elements), (_value, leaves), (_number,
                leaves),
            (_swap, leaves), (_attribute, leaves), (_letters, leaves), (_comment, elements), (
                _nest, elements),
        ),
        (8, 8, 4, 6, 10, 6, 10, 4, 14, 10, 8, 11, 0.4, 1, 5),
    )[0]  # fmt: skip
    victim = chance.choice(pool)
    where = victim.getroottree().getpath(victim)
    act: Callable[[_Element, _Element, random.Random], str] = kind
    return f"{act.__name__.strip('_')} {where}: {act(root, victim, chance)}"


def _cut(victim: _Element) -> None:
    parent = victim.getparent()
    assert parent is not None
    parent.remove(victim)


def _remove(root: _Element, victim: _Element, chance: random.Random) -> str:
    _cut(victim)
    return "gone"


def _empty(root: _Element, victim: _Element, chance: random.Random) -> str:
    for child in list(victim):
        victim.remove(child)
    victim.text = None
    if chance.random() < 0.5:
        for name in list(victim.attrib):
            del victim.attrib[name]
    return "empty"


def _double(root: _Element, victim: _Element, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 1, 2))):
        victim.addnext(copy.deepcopy(victim))
    return "again"


def _nest(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.insert(chance.randint(0, len(victim)), copy.deepcopy(victim))
    return "inside itself"


def _move(root: _Element, victim: _Element, chance: random.Random) -> str:
    inside = set(victim.iter())
    target = chance.choice(
        [e for e in root.iter("{*}*") if e not in inside and (len(e) or chance.random() < 0.1)]
    )
    _cut(victim)
    target.insert(chance.randint(0, len(target)), victim)
    return f"into {target.getroottree().getpath(target)}"


def _rename(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.tag = chance.choice(
        [e.tag for e in root.iter("{*}*")] + [f"{_RAM}ID", f"{_RAM}Description", "unknown"]
    )
    return str(victim.tag)


def _value(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.text = chance.choice(_CODES + _TEXTS)
    return repr(victim.text)


def _number(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.text = chance.choice(_NUMBERS)
    return repr(victim.text)


def _letters(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.text = chance.choice(_LETTERS)
    return repr(victim.text)


def _swap(root: _Element, victim: _Element, chance: random.Random) -> str:
    other = chance.choice([e for e in root.iter("{*}*") if len(e) == 0])
    victim.text, other.text = other.text, victim.text
    return f"with {other.getroottree().getpath(other)}"


def _attribute(root: _Element, victim: _Element, chance: random.Random) -> str:
    present = sorted(str(name) for name in victim.attrib)
    if present and chance.random() < 0.4:
        name = chance.choice(present)
        del victim.attrib[name]
        return f"without @{name}"
    name = chance.choice(present or list(_ATTRIBUTES))
    victim.set(name, chance.choice(_ATTRIBUTE_VALUES))
    return f"@{name}={victim.get(name)!r}"


def _comment(root: _Element, victim: _Element, chance: random.Random) -> str:
    victim.addprevious(etree.Comment(" . "))
    victim.addprevious(etree.ProcessingInstruction("x", "y"))
    return "after a comment"
