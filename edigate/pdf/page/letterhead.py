"""The head of the letter after DIN 5008 form B: sender, address field, information block, subject;
and its foot.

The address field starts 45 mm below the edge of the sheet, the information block 125 mm from its
left, the subject not above 98.5 mm.
"""

from collections.abc import Iterator

from edigate.invoice.codes import SELF_BILLED
from edigate.pdf.page.images import Logo
from edigate.pdf.page.paragraphs import Block, paragraph, stacked
from edigate.pdf.page.shown_terms import ShownTerms, ShownValue
from edigate.pdf.page.words import unmarked
from edigate.pdf.typesetting.paper import BODY_WIDTH, BOTTOM, HEIGHT, LEFT, MM, RIGHT, Flow
from edigate.pdf.typesetting.structure import Attributes, Element
from edigate.pdf.typesetting.type import ADDRESS, BODY, NAME, TINY, TITLE, MeasuredLine

_STREET = ("address.line_1", "address.line_2", "address.line_3")
_ADDRESS_WIDTH = 80 * MM
_INFORMATION = Block(left=125 * MM, right=RIGHT, top=50 * MM, label=26 * MM)
# Characters of a value that its place has room for; longer ones stand in the details.
_LONGEST_NAME = 160
_LONGEST_LINE = 80
_LONGEST_IN_BLOCK = 110
_LONGEST_IN_FOOT = 70
_INFORMATION_IN_BOTH = _INFORMATION._replace(label=34 * MM)


def letterhead(flow: Flow, terms: ShownTerms, logo: Logo | None) -> None:
    """Everything above the lines; the cursor stands below the subject afterwards."""
    title = title_line(terms)
    _sender(flow, terms, logo)
    address_end = _address(flow, terms)
    block_end = _information(flow, terms)
    flow.y = max(98.5 * MM, address_end + 8 * MM, block_end + 6 * MM)
    flow.lines(TITLE.lines(title, BODY_WIDTH), flow.document.child("H1"))
    for index, preceding in enumerate(terms.invoice.preceding_invoices):
        terms.take(f"preceding_invoices[{index}]")
        if index == 0:
            flow.y += 2
        words = terms.words
        dated = (
            f" {words.text('dated')} {words.date(preceding.issue_date)}"
            if preceding.issue_date
            else ""
        )
        text = f"{words.term('BT-25')} {preceding.reference or ''}{dated}"
        paragraph(flow, text, BODY, terms.mark(f"preceding_invoices[{index}]"))
    flow.y += 10


def parties(terms: ShownTerms) -> tuple[str, str]:
    """Who writes to whom, as paths: the seller to the buyer, or the other way where the buyer
    issues the invoice.

    § 14 Abs. 2 Satz 5 UStG: a Gutschrift is the invoice that the recipient of the supply issues.
    """
    return ("buyer", "seller") if terms.invoice.type_code in SELF_BILLED else ("seller", "buyer")


def title_line(terms: ShownTerms) -> str:
    """What the document is called, with its number."""
    number = terms.invoice.number or ""
    brief = number if len(number) <= _LONGEST_NAME else f"{number[:_LONGEST_NAME]}…"
    return f"{terms.words.title(terms.invoice.type_code)} {brief}".rstrip()


def _sender(flow: Flow, terms: ShownTerms, logo: Logo | None) -> None:
    right = RIGHT
    if logo is not None:
        width, height = logo.size_in(60 * MM, 20 * MM)
        box = (RIGHT - width, HEIGHT - 12 * MM - height, RIGHT, HEIGHT - 12 * MM)
        owner = flow.document.child(
            "Figure", Attributes(alternate=unmarked(terms.words.text("logo")), box=box)
        )
        flow.sheet.image(logo, box, owner)
        right = RIGHT - width - 12
    y = 16 * MM
    issuer, _ = parties(terms)
    for part, style in (("name", NAME), ("trading_name", BODY)):
        name = terms.get(f"{issuer}.{part}", _LONGEST_NAME)
        if name:
            owner = flow.document.child("P")
            for line in style.lines(name.text, right - LEFT, name.mark):
                y += style.leading
                flow.sheet.write(LEFT, y - 4, line, owner)


def _address(flow: Flow, terms: ShownTerms) -> float:
    """Return address and recipient; returns where they end."""
    issuer, recipient = parties(terms)
    back = [terms.text(f"{issuer}.{part}", _LONGEST_LINE) for part in ("name", *_STREET)]
    back.append(_city(terms, issuer))
    y = 55 * MM
    return_line = " · ".join(part for part in back if part)
    if return_line:
        owner = flow.document.child("P")
        for line in TINY.lines(return_line, _ADDRESS_WIDTH):
            flow.sheet.write(LEFT, y, line, owner)
            y += TINY.leading
        flow.sheet.rule(LEFT, LEFT + _ADDRESS_WIDTH, y - TINY.leading + 3)
    y += 7
    owner = flow.document.child("P")
    for shown in _recipient(terms, issuer, recipient):
        for line in ADDRESS.lines(shown.text, _ADDRESS_WIDTH, shown.mark):
            y += ADDRESS.leading
            flow.sheet.write(LEFT, y, line, owner)
    return y


def _recipient(terms: ShownTerms, issuer: str, recipient: str) -> Iterator[ShownValue]:
    for part in ("name", "trading_name", "contact.contact_point", *_STREET):
        found = terms.get(f"{recipient}.{part}", _LONGEST_NAME)
        if found:
            yield found
    city = _city(terms, recipient)
    if city:
        yield ShownValue("", city, terms.mark(f"{recipient}.address.city"))
    home, country = (
        getattr(getattr(terms.invoice, p).address, "country_code", None)
        for p in (issuer, recipient)
    )
    if country and country != home:
        name = terms.words.name("country", country).upper()
        yield ShownValue("", name, terms.mark(f"{recipient}.address.country_code"))


def _city(terms: ShownTerms, party: str) -> str:
    parts = (terms.text(f"{party}.address.{part}", _LONGEST_LINE) for part in ("post_code", "city"))
    return " ".join(part for part in parts if part)


def _information(flow: Flow, terms: ShownTerms) -> float:
    paths = [
        "number", "issue_date", "delivery.actual_date", "period", "due_date", "buyer.identifier",
        "buyer_reference",
        "purchase_order_reference", "sales_order_reference", "despatch_advice_reference",
        "contract_reference",
        "project_reference",
    ]  # fmt: skip
    found = [
        _period(terms) if path == "period" else terms.get(path, _LONGEST_IN_BLOCK) for path in paths
    ]
    _, recipient = parties(terms)
    found.append(terms.get(f"{recipient}.vat_identifier", _LONGEST_IN_BLOCK))
    if recipient == "seller":  # whose tax number the law asks for (§ 14 Abs. 4 Satz 1 Nr. 2 UStG)
        found.append(terms.get("seller.tax_registration", _LONGEST_IN_BLOCK))
        found[-2:] = [
            s and s._replace(label=f"{s.label} ({terms.words.group('BG-4')})") for s in found[-2:]
        ]
    present = [shown for shown in found if shown]
    return stacked(flow, present, _INFORMATION_IN_BOTH if terms.words.bilingual else _INFORMATION)


def _period(terms: ShownTerms) -> ShownValue | None:
    """The invoicing period in one line when both of its ends are known; else the details show what
    there is."""
    period = terms.invoice.period
    if period is None or period.start_date is None or period.end_date is None:
        return None
    terms.take("period")
    words = terms.words
    text = f"{words.date(period.start_date)} – {words.date(period.end_date)}"
    return ShownValue(
        words.text("period"), text, terms.mark("period.start_date") or terms.mark("period.end_date")
    )


def letter_foot(flow: Flow, terms: ShownTerms) -> None:
    """The issuer's particulars in columns at the foot of the first sheet; takes the room from the
    flow."""
    columns = [column for column in _particulars(terms) if column]
    if not columns:
        return
    width = BODY_WIDTH / 4 - 8
    set_columns = [
        [line for shown in column for line in _particular(shown, width)] for column in columns
    ]
    height = max(len(column) for column in set_columns) * TINY.leading
    top = BOTTOM + 6 - height
    flow.sheet.rule(LEFT, RIGHT, top - 7)
    section: Element = flow.document.child("Sect")
    for index, column in enumerate(set_columns):
        owner = section.child("P")
        for number, line in enumerate(column):
            flow.sheet.write(
                LEFT + index * (width + 8), top + (number + 0.7) * TINY.leading, line, owner
            )
    flow.limit = top - 14


def _particular(shown: ShownValue, width: float) -> list[MeasuredLine]:
    text = f"{shown.label} {shown.text}" if shown.label else shown.text
    return TINY.lines(text, width, shown.mark)


def _particulars(terms: ShownTerms) -> Iterator[list[ShownValue]]:
    issuer, _ = parties(terms)
    name = terms.text(f"{issuer}.name", _LONGEST_LINE)
    address = [ShownValue("", text, "") for text in (name, *_street(terms, issuer)) if text]
    country = terms.get(f"{issuer}.address.country_code")
    if country:
        address.append(country._replace(label=""))
    yield address
    yield _some(
        terms, *(f"{issuer}.contact.{part}" for part in ("contact_point", "telephone", "email"))
    )
    if issuer == "buyer":
        yield _some(terms, "buyer.vat_identifier", "buyer.legal_registration")
        return
    yield _some(
        terms, "seller.vat_identifier", "seller.tax_registration", "seller.legal_registration"
    )
    payment = terms.invoice.payment
    if payment and payment.credit_transfers:
        transfer = payment.credit_transfers[0]
        bank = (
            ("BT-85", transfer.account_name),
            ("BT-84", transfer.account),
            ("BT-86", transfer.service_provider),
        )
        yield [
            ShownValue(
                {"BT-84": "IBAN", "BT-86": "BIC"}.get(term, ""), terms.as_text(term, value), ""
            )
            for term, value in bank
            if value and len(value) <= _LONGEST_IN_FOOT
        ]


def _street(terms: ShownTerms, party: str) -> list[str]:
    return [
        *(terms.text(f"{party}.{part}", _LONGEST_LINE) for part in _STREET),
        _city(terms, party),
    ]


def _some(terms: ShownTerms, *paths: str) -> list[ShownValue]:
    """What is filled and short enough for the foot."""
    return [shown for path in paths if (shown := terms.get(path, _LONGEST_IN_FOOT))]
