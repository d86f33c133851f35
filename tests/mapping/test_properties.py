"""What must make no difference to an invoice: separators, empty ends, ways to write numbers, the
order of facts."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Segment, ServiceCharacters
from edigate.invoice.model import Invoice
from edigate.masterdata import PartnerDirectory, csv_header, read_csv
from tests.edifact.strategies import Element, Made, segment
from tests.fixtures.cases import case, names
from tests.fuzz.mutation import Interchange
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, interchange, mapped

_ODD = ServiceCharacters("\x1f", "|", ".", "!", "", "\n")
_CASES = [name for name in names() if read(case(name).data).readable]


def invoices(data: bytes, partners: PartnerDirectory) -> list[tuple[Invoice, list[str]]]:
    """Every INVOIC that can be read, with the rules its mapping found broken."""
    found = [
        map_message(interchange, message, partners, data=data)
        for interchange, message in read(data, only={"INVOIC"}).messages()
        if message.type == "INVOIC" and message.readable
    ]
    return [(one.invoice, [f.rule for f in one.findings]) for one in found]


def known(name: str) -> PartnerDirectory:
    given = case(name)
    return read_csv(given.partners) if given.partners else PartnerDirectory()


def made(one: Segment) -> Made:
    elements: list[Element] = [
        [list(o) for o in one.occurrences(n)] for n in range(1, len(one.elements) + 1)
    ]
    return one.tag, elements


@pytest.mark.parametrize("name", _CASES)
def test_separators_and_charset_make_no_difference(name: str) -> None:
    """The same messages with separators nobody expects, in UTF-8, a line each, say the same."""
    data = case(name).data
    (first, *_) = read(data).interchanges
    head = (
        "UNA" + _ODD.component + _ODD.element + _ODD.decimal + _ODD.release + " " + _ODD.terminator
    )
    head += segment(
        ("UNB", [[["UNOY", "3"]], [["A", "14"]], [["B", "14"]], [["261015", "0930"]], [["R1"]]]),
        _ODD,
    )
    bodies = [m.segments for m in first.messages if m.type == "INVOIC" and m.readable]
    if any(s.repeats for body in bodies for s in body) or any(m.packages for m in first.messages):
        pytest.skip("repetitions and packages need a syntax that has them")
    body = "".join(segment(made(s), _ODD) for segments in bodies for s in segments)
    foot = segment(("UNZ", [[[str(len(bodies))]], [["R1"]]]), _ODD)
    assert (
        invoices((head + body + foot).encode(), known(name))
        == invoices(data, known(name))[: len(bodies)]
    )


@pytest.mark.parametrize("name", _CASES)
def test_empty_ends_make_no_difference(name: str) -> None:
    """Old systems write every element of a segment, empty or not."""
    whole = Interchange.of(case(name).data)
    before = invoices(whole.data(), known(name))
    for one in whole.segments:
        if len(one[0][0]) == 3 and not one[0][0].startswith(
            "UN"
        ):  # neither service segments nor objects
            one[-1] += ["", ""]
            one += [[""], ["", ""]]
    assert invoices(whole.data(), known(name)) == before


def _zeros(number: str) -> str:
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    return f"{sign}00{digits}" + ("00" if "." in digits else ".00")


@pytest.mark.parametrize("write", [_zeros, lambda n: n.replace(".", ",")], ids=["zeros", "comma"])
@pytest.mark.parametrize("name", _CASES)
def test_ways_to_write_a_number_make_no_difference(name: str, write: Callable[[str], str]) -> None:
    whole = Interchange.of(case(name).data)
    if whole.signs.component == "," or whole.signs.element == ",":
        pytest.skip("the comma separates")
    before = invoices(whole.data(), known(name))
    for one in whole.segments:
        if one[0][0] in ("MOA", "QTY", "PRI", "PCD") and len(one) > 1 and len(one[1]) > 1:
            number = one[1][1]
            one[1][1] = write(number) if number.replace(".", "").lstrip("-").isdigit() else number
    assert invoices(whole.data(), known(name)) == before


def _in_any_order(data: bytes, tag: str, order: random.Random) -> bytes:
    """Neighbouring segments of one tag change places: in EDIFACT their order says nothing."""
    whole = Interchange.of(data)
    at = 0
    while at < len(whole.segments):
        end = at
        while end < len(whole.segments) and whole.segments[end][0][0] == tag:
            end += 1
        run = whole.segments[at:end]
        order.shuffle(run)
        whole.segments[at:end] = run
        at = end + 1
    return whole.data()


@pytest.mark.parametrize("tag", ["DTM", "MOA", "QTY", "PRI"])
@pytest.mark.parametrize("name", _CASES)
def test_the_order_of_neighbours_makes_no_difference(name: str, tag: str) -> None:
    data = Interchange.of(case(name).data).data()
    before = invoices(data, known(name))
    for seed in range(3):
        assert invoices(_in_any_order(data, tag, random.Random(seed)), known(name)) == before


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_master_data_makes_no_difference(order: random.Random) -> None:
    text = case("d96a-invoice").partners
    assert text is not None
    head, *lines = [line for line in text.splitlines() if line.strip()]
    order.shuffle(lines)
    shuffled = read_csv("\n".join([head, *lines]))
    assert head == csv_header() or "gln" in head
    assert shuffled.version == known("d96a-invoice").version
    assert invoices(case("d96a-invoice").data, shuffled) == invoices(
        case("d96a-invoice").data, known("d96a-invoice")
    )


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["7", "19"]), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lines_is_the_order_of_the_invoice(
    rates: list[str], order: random.Random
) -> None:
    """Lines keep their own facts, wherever they stand; totals do not depend on their order."""
    groups = [
        (
            f"LIN+{n}",
            f"IMD+F++:::Ware {n}",
            f"QTY+47:{n}",
            f"MOA+203:{n}.00",
            f"TAX+7+VAT+++:::{rate}+S",
        )
        for n, rate in enumerate(rates, 1)
    ]
    shuffled = groups.copy()
    order.shuffle(shuffled)
    one, two = (
        mapped(
            *HEAD, *PARTIES, *(s for group in lines for s in group), "UNS+S", "MOA+124:1.00"
        ).invoice
        for lines in (groups, shuffled)
    )
    assert sorted(map(repr, one.lines)) == sorted(map(repr, two.lines))
    assert [line.identifier for line in two.lines] == [group[0][4:] for group in shuffled]
    assert one.totals == two.totals
    assert sorted(map(repr, one.vat_breakdown)) == sorted(map(repr, two.vat_breakdown))


def test_a_message_is_mapped_whatever_stands_beside_it() -> None:
    """Two messages of one interchange share nothing."""
    one = interchange(*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)
    other = interchange(
        "BGM+381+X",
        "CUX+2:USD:4",
        "TAX+7+VAT+++:::0+AE",
        "FTX+REG+1+LES::246",
        "LIN+1",
        "MOA+203:1",
    )
    (alone,) = invoices(one, PartnerDirectory())
    for data in (one + other, other + one):
        both = invoices(data, PartnerDirectory())
        assert len(both) == 2
        assert alone in both
