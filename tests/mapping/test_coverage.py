"""The account of data elements: complete for every message, however broken."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.invoic.record import code_tables
from edigate.edifact.invoic.record.annex import account
from edigate.edifact.invoic.record.segment_tree import Tree
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Segment
from edigate.masterdata import PartnerDirectory
from tests.fuzz.seeds import interchanges
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped
from tests.mapping.provenance import unseen

_TAG_NAMES = """
BGM DTM FTX RFF NAD CTA COM FII LOC CUX PAT PYT PCD PAI MOA TAX ALC QTY RTE LIN PIA IMD PRI ALI
GIN MEA UNS CNT PAC PCI TDT TOD EFI GIR XYZ
"""
_TAGS = st.sampled_from(_TAG_NAMES.split())
_VALUE = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "9",
            "203",
            "47",
            "VAT",
            "S",
            "A",
            "C",
            "0",
            "19",
            "102",
            "20261015",
            "EUR",
            "-5,5",
            "AE",
        ]
    ),
    st.text("ABcd 019.,:+ äß-", max_size=8).map(lambda t: t.replace(":", "?:").replace("+", "?+")),
)
_SEGMENT = st.tuples(_TAGS, st.lists(st.lists(_VALUE, min_size=1, max_size=6), max_size=7)).map(
    lambda s: "+".join([s[0], *(":".join(e) for e in s[1])])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_SEGMENT, max_size=40))
def test_nothing_is_lost_and_nothing_raises(segments: list[str]) -> None:
    result = mapped("BGM+380+1+9", *segments)
    coverage = result.coverage
    shown = sum(1 for _ in result.annex)
    assert coverage.lost == ()
    assert coverage.mapped >= 2
    assert coverage.annexed >= shown


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_whole_message_in_any_order(data: st.DataObject) -> None:
    segments = data.draw(st.permutations([*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY]))
    assert mapped(*segments).coverage.lost == ()


def test_the_account_counts_every_component_once() -> None:
    result = mapped(*HEAD, "RFF+PL:P-1", *PARTIES, *LINE, VAT19, *SUMMARY)
    coverage = result.coverage
    segments = (
        "X+1+INVOIC:D:96A:UN:EAN008",
        *HEAD,
        "RFF+PL:P-1",
        *PARTIES,
        *LINE,
        VAT19,
        *SUMMARY,
        "X+29+M1",
    )
    components = [c for s in segments for e in s.split("+")[1:] for c in e.split(":") if c]
    assert coverage.mapped + coverage.annexed + coverage.envelope == len(components)
    assert coverage.annexed == 2
    assert annex(result) == ["Preisliste (RFF PL) = P-1"]


def test_annex_entries_name_line_and_segment() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, "QTY+21:12:PCE", VAT19, *SUMMARY)
    entry = result.annex[0]
    assert (entry.line, entry.label_de, entry.label_en) == (
        "1",
        "Bestellmenge (QTY 21)",
        "Ordered quantity (QTY 21)",
    )
    assert entry.place.text == "QTY+21:12:PCE'"


def test_repeated_elements_are_shown() -> None:
    segment = Segment("PIA", (("5",), ("A", "SA")), 2, 0, 0, "", ((2, (("A", "SA"), ("B", "SA"))),))
    entries, coverage = account(Tree((segment,)), {})
    assert any("B" in entry.value for entry in entries)
    assert coverage.lost == ()


def test_unknown_tags_and_qualifiers_have_a_label() -> None:
    assert annex(mapped(*HEAD, "XYZ+A+B", *PARTIES, *LINE, VAT19, *SUMMARY)) == [
        "Segment XYZ = A",
        "Segment XYZ: Datenelement 2 = B",
    ]


def test_labels_are_in_two_languages() -> None:
    for labels in (code_tables.labels(), code_tables.element_labels()):
        for de, en in labels.values():
            assert de
            assert en


@pytest.mark.parametrize("data", interchanges(), ids=lambda data: f"{len(data)} bytes")
def test_what_counts_as_mapped_is_shown(data: bytes) -> None:
    """Marking alone closes an account; here every value of fixtures and samples is looked for in
    what people see."""
    for interchange, message in read(data, only={"INVOIC"}).messages():
        if message.type != "INVOIC" or not message.readable:
            continue
        result = map_message(interchange, message, PartnerDirectory(), data=data)
        coverage = result.coverage
        values = [
            c
            for s in message.segments
            for n in range(1, len(s.elements) + 1)
            for o in s.occurrences(n)
            for c in o
        ]
        assert coverage.mapped + coverage.annexed + coverage.envelope == sum(
            1 for value in values if value.strip()
        )
        hidden = [text for text, value in unseen(result, message) if value != "BYZZ"]
        assert [
            text for text in hidden if not text.startswith("MOA+131:")
        ] == []  # the sum of what is shown
