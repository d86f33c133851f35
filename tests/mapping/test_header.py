"""Document, dates, notes and references."""

from datetime import date

import pytest

from edigate.invoice.model import InvoicingPeriod, LinePeriod, Note
from edigate.invoice.origin import OriginKind
from edigate.source import Deviations, MessageKind
from tests.mapping.edi import BUYER_GLN, HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped, rules


def invoice(
    *header: str, bgm: str = HEAD[0], lines: tuple[str, ...] = (*LINE, VAT19)
) -> tuple[str, ...]:
    return (bgm, HEAD[1], *header, *PARTIES, *lines, *SUMMARY)


def test_a_mainstream_invoice_has_no_findings() -> None:
    result = mapped(*invoice(HEAD[2]))
    assert result.kind is MessageKind.INVOICE
    assert rules(result) == []
    assert result.invoice.number == "RE-4711"
    assert result.invoice.type_code == "380"
    assert result.invoice.issue_date == date(2026, 10, 15)
    assert result.invoice.delivery is not None
    assert result.invoice.delivery.actual_date == date(2026, 10, 14)
    assert result.origins.place("number") == result.origins.place("")
    assert [d.kind for d in result.facts.dates] == ["delivery"]
    assert annex(result) == []


@pytest.mark.parametrize(
    ("bgm", "kind", "rule"),
    [
        ("BGM+325+PF-1+9", MessageKind.NOT_AN_INVOICE, "MAP-07"),
        ("BGM+130+PF-1+9", MessageKind.NOT_AN_INVOICE, "MAP-07"),
        ("BGM+999+PF-1+9", MessageKind.NOT_AN_INVOICE, "MAP-07"),
        ("BGM+380+PF-1+1", MessageKind.CANCELLATION, "MAP-08"),
        ("BGM+380+PF-1+55", MessageKind.NOT_AN_INVOICE, "MAP-07"),
    ],
)
def test_what_is_no_invoice_is_held(bgm: str, kind: MessageKind, rule: str) -> None:
    result = mapped(*invoice(HEAD[2], bgm=bgm))
    assert result.kind is kind
    assert rules(result) == [rule]
    segments = [s for s in invoice(HEAD[2], bgm=bgm) if not s.startswith("TAX")]
    assert rules(mapped(*segments)) == [rule]


def test_copies_are_left_to_the_store() -> None:
    result = mapped(*invoice(HEAD[2], bgm="BGM+380+RE-4711+31"))
    assert result.kind is MessageKind.INVOICE
    assert result.facts.function_code == "31"


def test_a_debit_note_of_the_buyer_is_held() -> None:
    segments = invoice(HEAD[2], bgm="BGM+383+B-1+9")
    assert mapped(*segments, sender=BUYER_GLN).kind is MessageKind.NOT_AN_INVOICE
    assert mapped(*segments).kind is MessageKind.INVOICE


def test_self_billing_is_proven_by_the_message() -> None:
    result = mapped(*invoice(HEAD[2], "FTX+ABN+1+BE:LEI:246"))
    assert result.invoice.type_code == "389"
    assert result.origins["type_code"].kind is OriginKind.DERIVED
    assert result.facts.self_billing is not None


def test_issue_date_falls_back_to_the_date_of_invoice() -> None:
    segments = tuple(
        s for s in invoice("DTM+3:20261013:102", HEAD[2]) if not s.startswith("DTM+137")
    )
    assert mapped(*segments).invoice.issue_date == date(2026, 10, 13)


def test_invoicing_period_and_energy_pair() -> None:
    period = InvoicingPeriod(start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    assert mapped(*invoice("DTM+263:2026090120260930:718")).invoice.period == period
    assert mapped(*invoice("DTM+155:20260901:102", "DTM+156:20260930:102")).invoice.period == period


def test_financial_credit_notes_have_no_delivery_date() -> None:
    result = mapped(*invoice(HEAD[2], bgm="BGM+83+WG-1+9"))
    assert result.invoice.delivery is None
    assert result.facts.dates == ()
    assert annex(result) == ["Lieferdatum (DTM 35) = 20261014:102"]


def test_line_dates_stand_for_the_header() -> None:
    lines = (*LINE, "DTM+35:20261010:102", VAT19)
    assert mapped(*invoice(lines=lines)).invoice.delivery is not None
    second = (
        "LIN+2",
        "IMD+F++:::Säge",
        "QTY+47:1",
        "DTM+35:20261012:102",
        "MOA+203:5",
        "PRI+AAA:5",
        VAT19,
    )
    result = mapped(*invoice(lines=lines + second))
    assert result.invoice.period == InvoicingPeriod(
        start_date=date(2026, 10, 10), end_date=date(2026, 10, 12)
    )
    assert result.origins["period.start_date"].kind is OriginKind.DERIVED
    assert [line.period for line in result.invoice.lines] == [
        LinePeriod(start_date=day, end_date=day) for day in (date(2026, 10, 10), date(2026, 10, 12))
    ]


def test_a_month_of_delivery_is_a_period() -> None:
    period = InvoicingPeriod(start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    result = mapped(*invoice("DTM+35:202609:610"))
    assert (result.invoice.period, result.invoice.delivery) == (period, None)


def test_delivery_note_dates_only_by_agreement() -> None:
    segments = invoice("RFF+DQ:L-1", "DTM+171:20261012:102")
    assert mapped(*segments).invoice.delivery is None
    agreed = mapped(*segments, deviations=Deviations(delivery_note_date_is_supply_date=True))
    assert agreed.invoice.delivery is not None
    assert agreed.invoice.delivery.actual_date == date(2026, 10, 12)


def test_dates_of_several_delivery_notes_are_a_period() -> None:
    notes = (
        "RFF+DQ:L-1",
        "DTM+171:20260929:102",
        "DTM+35:20260930:102",
        "RFF+DQ:L-2",
        "DTM+35:20261003:102",
    )
    result = mapped(*invoice(*notes, "RFF+DQ:L-3", "DTM+35:20261010:102"))
    period = InvoicingPeriod(start_date=date(2026, 9, 30), end_date=date(2026, 10, 10))
    assert (result.invoice.period, result.invoice.delivery) == (period, None)
    assert [n.text for n in result.invoice.notes] == [
        "Lieferscheine: L-1 vom 29.09.2026, L-2 vom 03.10.2026, L-3 vom 10.10.2026"
    ]
    same = mapped(
        *invoice("RFF+DQ:L-1", "DTM+35:20261003:102", "RFF+DQ:L-2", "DTM+35:20261003:102")
    ).invoice
    assert same.delivery is not None
    assert (same.period, same.delivery.actual_date) == (None, date(2026, 10, 3))


def test_a_note_shows_one_date_of_a_delivery_note_and_the_annex_the_others() -> None:
    head = (
        "DTM+35:20261014:102",
        "RFF+DQ:L-1",
        "DTM+171:20261001:102",
        "DTM+35:20261002:102",
        "RFF+DQ:L-2",
    )
    assert annex(mapped(*invoice(*head))) == ["Lieferschein – Lieferdatum (DTM 35) = 20261002:102"]


def test_notes_terms_and_codes() -> None:
    result = mapped(
        *invoice(
            "FTX+AAI+++Zeile eins:Zeile zwei",
            "FTX+GEN+++Ohne Thema",
            "FTX+AAK++ST3",
            "FTX+AAB+++30 Tage netto",
            "FTX+QQQ+1+XYZ:ABC:246",
        )
    )
    notes = result.invoice.notes
    assert notes[0] == Note(subject_code="AAI", text="Zeile eins\nZeile zwei")
    assert notes[1] == Note(text="Ohne Thema")
    assert notes[2].subject_code == "AAK"
    assert "Rabatt- oder Bonusvereinbarungen" in (notes[2].text or "")
    assert result.origins["notes[2].text"].kind is OriginKind.DERIVED
    assert result.invoice.payment_terms == "30 Tage netto"
    assert "Freitext (FTX QQQ): Code = XYZ:ABC:246" in annex(result)
    unknown = mapped(*invoice("FTX+QQQ+++Text"))
    assert unknown.invoice.notes == (Note(text="Text"),)
    assert annex(unknown) == ["Freitext (FTX QQQ) = QQQ"]


def test_references() -> None:
    result = mapped(
        *invoice(
            "RFF+ON:B-1",
            "DTM+171:20260901:102",
            "RFF+VN:A-1",
            "RFF+CT:V-1",
            "RFF+DQ:L-1",
            "RFF+PL:P-9",
        )
    )
    found = result.invoice
    assert (found.purchase_order_reference, found.sales_order_reference) == ("B-1", "A-1")
    assert (found.contract_reference, found.despatch_advice_reference) == ("V-1", "L-1")
    assert annex(result) == [
        "Bestellung – Datum der Referenz (DTM 171) = 20260901:102",
        "Preisliste (RFF PL) = P-9",
    ]
    assert result.facts.references[0].date == date(2026, 9, 1)


def test_two_delivery_notes_are_a_range() -> None:
    result = mapped(
        *invoice("RFF+DQ:100", "DTM+171:20261001:102", "RFF+DQ:199", "DTM+171:20261031:102")
    )
    assert result.invoice.despatch_advice_reference is None
    expected = "Sammelrechnung: Lieferscheine 100 vom 01.10.2026 bis 199 vom 31.10.2026"
    assert [n.text for n in result.invoice.notes] == [expected]
    assert annex(result) == []


def test_the_list_of_invoices_is_a_note() -> None:
    result = mapped(*invoice("RFF+AIZ:RL-7", "DTM+171:20261031:102"))
    assert [n.text for n in result.invoice.notes] == ["Rechnungsliste: RL-7 vom 31.10.2026"]
    assert annex(result) == []


def test_line_references_are_promoted_or_told() -> None:
    one = (*LINE, "RFF+ON:B-1:5", "RFF+DQ:L-1", VAT19)
    two = (
        "LIN+2",
        "IMD+F++:::Säge",
        "QTY+47:1",
        "MOA+203:5",
        "PRI+AAA:5",
        "RFF+ON:B-1:6",
        "RFF+DQ:L-2",
        VAT19,
    )
    found = mapped(*invoice(lines=one + two)).invoice
    assert found.purchase_order_reference == "B-1"
    assert found.despatch_advice_reference is None
    assert [line.order_line_reference for line in found.lines] == ["5", "6"]
    assert [line.note for line in found.lines] == ["Lieferschein L-1", "Lieferschein L-2"]


def test_credit_notes_name_the_invoice() -> None:
    segments = invoice("RFF+IV:RE-1", "DTM+171:20260801:102", bgm="BGM+381+GS-1+9")
    preceding = mapped(*segments).invoice.preceding_invoices
    assert [(p.reference, p.issue_date) for p in preceding] == [("RE-1", date(2026, 8, 1))]
    assert mapped(*invoice("RFF+IV:RE-1")).invoice.preceding_invoices == ()


def test_references_behind_a_party_belong_to_the_document() -> None:
    segments = (
        *HEAD,
        PARTIES[0],
        PARTIES[1],
        PARTIES[2],
        "RFF+ON:B-1",
        PARTIES[3],
        *LINE,
        VAT19,
        *SUMMARY,
    )
    assert mapped(*segments).invoice.purchase_order_reference == "B-1"


def test_dates_behind_the_currency_belong_to_the_document() -> None:
    segments = (HEAD[0], HEAD[1], *PARTIES, HEAD[2], *LINE, VAT19, *SUMMARY)
    delivery = mapped(*segments).invoice.delivery
    assert delivery is not None
    assert delivery.actual_date == date(2026, 10, 14)


BINDING = (
    "FTX+DOC++P1+urn?:cen.eu?:en16931?:2017",
    "RFF+ATS:OBJ-1",
    "NAD+SE+4000001000005:0088++Verkauf GmbH:Marke+Weg 1+Kiel+:::Land+24103+DE",
    "RFF+VA:DE136695976",
    "NAD+BY+77++Kauf AG+Weg 2+Kiel++24103+DE",
    "CTA+IC",
    "COM+edi@kauf.example:EM",
    "CUX+2:EUR",
    "EFI+plan.pdf:Plan",
    "RFF+ATS:DOK-1",
    *LINE,
    VAT19,
    *SUMMARY,
)


def test_the_official_binding() -> None:
    result = mapped(HEAD[0], HEAD[1], *BINDING, version="D:14B:UN::16B")
    found = result.invoice
    assert found.process_control.business_process == "P1"
    assert (found.seller.name, found.seller.trading_name) == ("Verkauf GmbH", "Marke")
    assert found.seller.address is not None
    assert found.seller.address.subdivision == "Land"
    assert found.buyer.identifier is not None
    assert found.buyer.identifier.scheme is None
    assert found.buyer.electronic_address is not None
    assert found.buyer.electronic_address.value == "edi@kauf.example"
    assert found.object_identifier is not None
    assert found.object_identifier.value == "OBJ-1"
    assert [(d.reference, d.description) for d in found.supporting_documents] == [("DOK-1", "Plan")]


def test_a_document_that_says_nothing_is_none() -> None:
    """An empty EFI once became an empty BG-24; the name of a file that is not there goes to the
    annex."""
    at = BINDING.index("EFI+plan.pdf:Plan")
    result = mapped(
        *HEAD[:2],
        *BINDING[:at],
        "EFI",
        "RFF+ATS",
        "EFI+liste.pdf",
        *BINDING[at:],
        version="D:14B:UN::16B",
    )
    assert [(d.reference, d.description) for d in result.invoice.supporting_documents] == [
        ("DOK-1", "Plan")
    ]
    assert result.origins["supporting_documents[0]"].places[0].text == "EFI+plan.pdf:Plan'"
    assert any(row.endswith("= liste.pdf") for row in annex(result))
    assert any(row.endswith("= plan.pdf") for row in annex(result))


def test_tax_point_by_code_in_the_official_binding() -> None:
    found = mapped(HEAD[0], HEAD[1], "DTM+35", *BINDING, version="D:14B:UN::16B").invoice
    assert (found.tax_point_date, found.tax_point_date_code) == (None, "35")
    dated = mapped(
        HEAD[0], HEAD[1], "DTM+131:20261001:102", *BINDING, version="D:14B:UN::16B"
    ).invoice
    assert (dated.tax_point_date, dated.tax_point_date_code) == (date(2026, 10, 1), None)


def test_no_bgm() -> None:
    assert "MAP-01" in rules(mapped(HEAD[1], *PARTIES, *LINE, VAT19, *SUMMARY))
