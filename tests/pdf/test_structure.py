"""The logical structure: every piece of content belongs to one element, tables are regular,
headings do not jump."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pikepdf
import pytest

from edigate.pdf.content import Content
from edigate.pdf.package import package
from tests.pdf import samples
from tests.pdf.extract import opened, pieces

CONTENTS = [
    samples.minimal(),
    samples.usual(10),
    samples.usual(60),
    samples.everything("de+en"),
    samples.nasty(),
]


def kids(element: pikepdf.Object) -> list[pikepdf.Object | int]:
    if "/K" not in element:
        return []
    found = element.K
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def elements(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    yield element
    for kid in kids(element):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from elements(kid)


@pytest.mark.parametrize("content", CONTENTS)
def test_every_mark_has_one_owner(content: Content) -> None:
    made = package(content)
    written = {(p.page, p.mcid, p.tag) for p in pieces(made) if p.mcid is not None}
    with opened(made) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        owned: Counter[tuple[int, int, str]] = Counter()
        owners: dict[tuple[int, int], tuple[int, int]] = {}
        for element in elements(pdf.Root.StructTreeRoot.K):
            for kid in kids(element):
                if isinstance(kid, pikepdf.Dictionary):
                    if "/MCID" not in kid:
                        assert kid.P.objgen == element.objgen
                        continue
                    page, mcid = pages[kid.Pg.objgen], int(kid.MCID)
                else:
                    page, mcid = pages[element.Pg.objgen], int(kid)
                owned[page, mcid, str(element.S)[1:]] += 1
                owners[page, mcid] = element.objgen
        assert written == set(owned), "written and owned"
        assert set(owned.values()) == {1}
        nums = pdf.Root.StructTreeRoot.ParentTree.Nums
        for number in range(len(pdf.pages)):
            row = list(nums[2 * number + 1])
            assert [owner.objgen for owner in row] == [
                owners[number, mcid] for mcid in range(len(row))
            ]
            assert int(pdf.pages[number].StructParents) == number


@pytest.mark.parametrize("content", CONTENTS)
def test_tables_are_regular_and_have_headers(content: Content) -> None:
    with opened(package(content)) as pdf:
        tables = [e for e in elements(pdf.Root.StructTreeRoot.K) if str(e.S) == "/Table"]
        assert tables
        for table in tables:
            rows = [e for e in elements(table) if str(e.S) == "/TR"]
            assert len({len(kids(row)) for row in rows}) == 1
            heads = [e for e in elements(table) if str(e.S) == "/TH"]
            assert heads
            assert all(str(head.A.Scope) in ("/Column", "/Row") for head in heads)


@pytest.mark.parametrize("content", CONTENTS)
def test_headings_do_not_jump(content: Content) -> None:
    with opened(package(content)) as pdf:
        tags = [str(e.S) for e in elements(pdf.Root.StructTreeRoot.K)]
    levels = [int(tag[2]) for tag in tags if tag in ("/H1", "/H2", "/H3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_english_is_said_to_be_english() -> None:
    found = list(pieces(package(samples.everything("de+en"))))
    languages = {piece.text: piece.language for piece in found}
    assert languages["Delivery date"] == "en"
    assert languages["Rechnungsnummer / "] is None
    english = "".join(p.text for p in found if p.language)
    assert "This is the readable version of the" in english, "text that wraps keeps its language"
    assert "Legally the" in english
    assert not set("äöüß") & set(english.replace("Übertrag", ""))
    for language in ("de", "en"):
        assert {p.language for p in pieces(package(samples.everything(language)))} == {None}


def test_reading_order_is_that_of_the_letter() -> None:
    order: list[str] = []
    with opened(package(samples.usual(3))) as pdf:
        names = [
            str(e.S) for e in kids(pdf.Root.StructTreeRoot.K) if isinstance(e, pikepdf.Dictionary)
        ]
    order = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    assert order[:6] == ["/P", "/Table", "/H1", "/Sect", "/Table", "/P"]


def test_repeated_heads_and_page_numbers_are_artifacts() -> None:
    found = list(pieces(package(samples.usual(60))))
    for word in ("Übertrag", "Seite 1 von 5"):
        assert {p.tag for p in found if p.text == word} == {"Artifact"}
    heads = [p for p in found if p.text == "Bezeichnung"]
    assert [p.tag for p in heads] == ["TH"] + ["Artifact"] * (len(heads) - 1)
