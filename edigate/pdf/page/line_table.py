"""The invoice lines become the table of the letter: one row per line, everything the line says
below its name.

Columns that no line fills are left out; figures get the width they need and the description the
rest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from edigate.invoice.model import Item, Line, LineAllowance, LineCharge
from edigate.pdf.page.paragraphs import paragraph
from edigate.pdf.page.shown_terms import ShownTerms, as_text
from edigate.pdf.typesetting.paper import BODY_WIDTH, LEFT, RIGHT, Flow
from edigate.pdf.typesetting.table import Column, Row, Table
from edigate.pdf.typesetting.type import BODY, COLUMN, LABEL, SMALL, STRONG, Style
from edigate.pdf.typesetting.type import MeasuredLine as Set

_GAP = 9.0
_DOT = "\u00a0· "
"""Between the statements of a line; the dot never starts a line of text."""
_LEAST_DESCRIPTION = 130.0
_WIDEST_UNIT = 62.0
_NARROW = 240.0
"""A description column narrower than this lets its small print run below the figures."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A possible column: its label, what a line shows in it, where the value stands in the line."""

    label: str
    show: Callable[[Line], str]
    path: str
    figures: bool


def line_table(flow: Flow, terms: ShownTerms, tail: float) -> None:
    """The table of lines, or a sentence where there are none; `tail` points after it stay with the
    last line."""
    lines = terms.invoice.lines
    terms.take("lines")
    if not lines:
        paragraph(flow, terms.words.text("no_lines"), BODY)
        return
    layout = _Layout(terms)
    carry = (
        terms.words.text("carried") if all(line.net_amount is not None for line in lines) else ""
    )
    table = Table(flow, layout.columns, carry_label=carry)
    table.rows(layout.rows(bool(carry)), tail=tail)
    _legend(flow, terms)


class _Layout:
    """The columns this invoice needs, and its rows."""

    def __init__(self, terms: ShownTerms) -> None:
        self._terms = terms
        self._words = terms.words
        self._lines = terms.invoice.lines
        kinds = [kind for kind in self._kinds() if any(kind.show(line) for line in self._lines)]
        self._kinds_shown = kinds
        self._figure_style, widths = self._fit(kinds)
        self.columns = self._place(kinds, widths)
        self._description = self.columns[1].width

    def _kinds(self) -> Sequence[_Kind]:
        words = self._words
        figure = words.amount
        return (
            _Kind(words.term("BT-129"), lambda n: words.quantity(
                n.quantity) if n.quantity is not None else "",
                  "quantity", True),
            _Kind(words.term("BT-130"), lambda n: words.name("unit",
                n.unit_code) if n.unit_code else "",
                  "unit_code", False),
            _Kind(words.term("BT-146"),
                  lambda n: figure(n.price.net_price)
                  if n.price and n.price.net_price is not None else "",
                  "price.net_price", True),
            _Kind(words.term("BT-152"), self._vat, "vat.rate", True),
            _Kind(f"{words.term('BT-131')} {self._terms.invoice.currency_code or ''}".rstrip(),
                  lambda n: figure(n.net_amount) if n.net_amount is not None else "", "net_amount",
                  True),
        )  # fmt: skip

    def _vat(self, line: Line) -> str:
        vat = line.vat
        if vat is None:
            return ""
        rate = self._words.percent(vat.rate) if vat.rate is not None else ""
        return (
            rate if vat.category in (None, "S") and rate else f"{rate} {vat.category or ''}".strip()
        )

    def _fit(self, kinds: Sequence[_Kind]) -> tuple[Style, list[float]]:
        """A size for the figures at which enough room is left for the descriptions, and the widths
        of the columns."""
        longest = [
            {max((kind.show(line) for line in self._lines), key=len, default="")} for kind in kinds
        ]
        for kind, found in zip(kinds, longest, strict=True):
            size = max(map(len, found))
            found.update({text for text in map(kind.show, self._lines) if len(text) >= size - 1})
        style = BODY
        for style in (BODY, Style(False, 8, 12), Style(False, 7, 12)):
            widths = [max(map(style.width, found)) for found in longest]
            widths = [
                max(
                    w if kind.figures else min(w, _WIDEST_UNIT),
                    *map(COLUMN.width, kind.label.split()),
                )
                + 0.2
                for kind, w in zip(kinds, widths, strict=True)
            ]
            if BODY_WIDTH - sum(widths) - _GAP * (len(kinds) + 1) - 24 >= _LEAST_DESCRIPTION:
                break
        return style, widths

    def _place(self, kinds: Sequence[_Kind], widths: Sequence[float]) -> list[Column]:
        widest = max(BODY.width(text) for text in {n.identifier or "" for n in self._lines})
        number = min(max(COLUMN.width(self._words.term("BT-126")), widest), 48.0) + 0.5
        right = RIGHT
        columns: list[Column] = []
        for kind, width in zip(reversed(kinds), reversed(widths), strict=True):
            columns.append(Column(kind.label, right - width, right, kind.figures))
            right -= width + _GAP
        start = LEFT + number + _GAP
        columns.append(Column(self._words.term("BT-153"), start, right))
        columns.append(Column(self._words.term("BT-126"), LEFT, LEFT + number))
        return columns[::-1]

    def rows(self, carry: bool) -> Iterator[Row]:
        """The rows, each with the sum carried forward after it."""
        terms, style, number_width = self._terms, self._figure_style, self.columns[0].width
        total = Decimal(0)
        for index, line in enumerate(self._lines):
            place = f"lines[{index}]"
            marked = terms.marked_lines
            figures: list[Sequence[Set]] = []
            for kind, column in zip(self._kinds_shown, self.columns[2:], strict=True):
                text = kind.show(line)
                mark = terms.mark(f"{place}.{kind.path}") if marked and text else ""
                figures.append(style.lines(text, column.width, mark) if text else ())
            if carry:
                total += line.net_amount or 0
            number = terms.mark(f"{place}.identifier") if marked else ""
            single = all(len(cell) <= 1 for cell in figures)
            cells = [
                BODY.lines(line.identifier or "", number_width, number),
                self._described(line, place, single),
            ]
            yield Row([*cells, *figures], self._words.amount(total) if carry else "")

    def _described(self, line: Line, place: str, single: bool) -> list[Set]:
        """The description cell: the name, and below it everything else the line says.

        Where huge figures leave little room and stand on one line (`single`), what follows the name
        runs below them.
        """
        width, terms = self._description, self._terms
        item = line.item or Item()
        mark = terms.mark(f"{place}.item.name") if terms.marked_lines else ""
        found = STRONG.lines(item.name, width, mark) if item.name else []
        if found and single and width < _NARROW:
            width = self.columns[-1].left - self.columns[1].left - _GAP
        for text, style in self._details(line, item, place):
            found.extend(style.lines(text, width))
        return found

    def _marked(self, text: str, path: str) -> str:
        return text + self._terms.mark(path) if self._terms.marked_lines else text

    def _details(self, line: Line, item: Item, place: str) -> Iterator[tuple[str, Style]]:
        mark = self._marked
        numbers = [*self._numbers(item, place), *self._references(line, place)]
        if numbers:
            yield _DOT.join(numbers), LABEL
        if item.description:
            yield mark(item.description, f"{place}.item.description"), SMALL
        if item.attributes:
            yield _DOT.join(f"{a.name or ''}: {a.value or ''}" for a in item.attributes), SMALL
        if line.note:
            yield mark(line.note, f"{place}.note"), SMALL
        prices = self._prices(line, place)
        if prices:
            yield _DOT.join(prices), LABEL
        for allowance in line.allowances:
            yield self._adjustment(allowance, "allowance", "allowance"), LABEL
        for charge in line.charges:
            yield self._adjustment(charge, "charge", "charge"), LABEL

    def _numbers(self, item: Item, place: str) -> list[str]:
        words, mark = self._words, self._marked
        found = []
        standard = item.standard_identifier
        if standard:
            label = "" if standard.scheme == "0160" else f"{words.term('BT-157')} "
            found.append(
                mark(
                    f"{label}{as_text(words, 'BT-157', standard)}",
                    f"{place}.item.standard_identifier",
                )
            )
        if item.seller_identifier:
            found.append(
                mark(
                    f"{words.term('BT-155')} {item.seller_identifier}",
                    f"{place}.item.seller_identifier",
                )
            )
        if item.buyer_identifier:
            found.append(
                mark(
                    f"{words.term('BT-156')} {item.buyer_identifier}",
                    f"{place}.item.buyer_identifier",
                )
            )
        found.extend(
            f"{words.term('BT-158')} {as_text(words, 'BT-158', c)}" for c in item.classifications
        )
        if item.country_of_origin:
            found.append(f"{words.term('BT-159')} {words.code('country', item.country_of_origin)}")
        return found

    def _references(self, line: Line, place: str) -> list[str]:
        words, mark = self._words, self._marked
        return [
            mark(f"{words.term(term)} {value}", f"{place}.{path}")
            for term, value, path in (
                ("BT-132", line.order_line_reference, "order_line_reference"),
                ("BT-133", line.buyer_accounting_reference, "buyer_accounting_reference"),
                ("BT-128", line.object_identifier and as_text(words, "BT-128",
                    line.object_identifier),
                 "object_identifier"),
                ("BT-134", line.period and line.period.start_date and words.date(
                    line.period.start_date),
                 "period.start_date"),
                ("BT-135", line.period and line.period.end_date and words.date(
                    line.period.end_date),
                 "period.end_date"),
            )
            if value
        ]  # fmt: skip

    def _prices(self, line: Line, place: str) -> list[str]:
        price, words, mark = line.price, self._words, self._marked
        if price is None:
            return []
        found = []
        if price.gross_price is not None:
            found.append(
                mark(
                    f"{words.term('BT-148')} {words.amount(price.gross_price)}",
                    f"{place}.price.gross_price",
                )
            )
        if price.discount is not None:
            found.append(
                mark(
                    f"{words.term('BT-147')} {words.amount(price.discount)}",
                    f"{place}.price.discount",
                )
            )
        if price.base_quantity is not None or price.base_quantity_unit:
            quantity = (
                words.quantity(price.base_quantity) if price.base_quantity is not None else ""
            )
            unit = words.name("unit", price.base_quantity_unit) if price.base_quantity_unit else ""
            # a price per one of the unit the line counts in needs no words, but its term stays
            # complete in the legend
            if quantity != "1" or (unit and price.base_quantity_unit != line.unit_code):
                text = " ".join(part for part in (words.term("BT-149"), quantity, unit) if part)
                found.append(mark(text, f"{place}.price.base_quantity"))
        return found

    def _adjustment(self, item: LineAllowance | LineCharge, label: str, listing: str) -> str:
        words = self._words
        reason = item.reason or ""
        if item.reason_code:
            name = words.name(listing, item.reason_code)
            reason = (
                f"{reason} ({item.reason_code})"
                if name in (reason, item.reason_code)
                else f"{reason} {name} ({item.reason_code})"
            )
        text = f"{words.text(label)} {reason}".strip()
        if item.percentage is not None:
            text = f"{text} · {words.percent(item.percentage)}"
        if item.base_amount is not None:
            text = f"{text} {words.text('of')} {words.amount(item.base_amount)}"
        return text if item.amount is None else f"{text} = {words.amount(item.amount)}"


def _legend(flow: Flow, terms: ShownTerms) -> None:
    """The unit codes of the table with their names."""
    words, lines = terms.words, terms.invoice.lines
    units = dict.fromkeys(line.unit_code for line in lines if line.unit_code)
    units.update(
        dict.fromkeys(
            n.price.base_quantity_unit for n in lines if n.price and n.price.base_quantity_unit
        )
    )
    if units:
        flow.y += 3
        named = ", ".join(f"{unit} = {words.name('unit', unit)}" for unit in units if unit)
        paragraph(flow, f"{words.text('units')}: {named}", LABEL)
