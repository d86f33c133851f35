"""Document types (1001), message functions (1225) and lists: what is an invoice, and BT-3."""

import pytest

from edigate.invoice.origin import OriginKind
from edigate.source import Mapped, MessageKind
from tests.mapping.edi import BUYER_GLN, HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped, rules


def document(
    code: str, *header: str, lines: tuple[str, ...] = LINE, function: str = "9", sender: str = ""
) -> Mapped:
    """A message of this type that would be a right invoice otherwise."""
    bgm = f"BGM+{code}+RE-4711+{function}"
    segments = (bgm, *HEAD[1:], *header, *PARTIES, *lines, VAT19, *SUMMARY)
    return mapped(*segments, sender=sender) if sender else mapped(*segments)


# doctype_map.tsv: code -> BT-3, or None where the document is no invoice.
TYPES = {
    "380": "380",
    "381": "381",
    "383": "383",
    "384": "384",
    "389": "389",
    "326": "326",
    "83": "83",
    "84": "84",
    "385": "385",
    "386": "386",
    "388": "388",
    "390": "390",
    "393": "393",
    "396": "396",
    "261": "261",
    "262": "262",
    "295": "295",
    "308": "308",
    "82": "82",
    "457": "457",
    "458": "458",
    "527": "527",
    "875": "875",
    "325": None,
    "130": None,
    "67": None,
    "403": None,
    "751": None,
    "999": None,
}


@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_an_invoice_with_its_code_or_none(code: str) -> None:
    result = document(code)
    if TYPES[code] is None:
        assert (result.kind, rules(result)) == (MessageKind.NOT_AN_INVOICE, ["MAP-07"])
    else:
        assert (result.kind, result.invoice.type_code) == (MessageKind.INVOICE, TYPES[code])


@pytest.mark.parametrize("code", ["380", "381", "83", "84", "262", "385", "393"])
@pytest.mark.parametrize("lines", [(), ("LIN+1++4000862141404:EN", "IMD+F++:::Bohrer")])
def test_a_list_without_invoiced_lines_is_no_invoice_and_one_finding_says_so(
    code: str, lines: tuple[str, ...]
) -> None:
    result = document(code, lines=lines)
    assert (result.kind, rules(result)) == (MessageKind.NOT_AN_INVOICE, ["MAP-09"])


def test_a_reversal_without_lines_is_lawful_but_cannot_be_said() -> None:
    result = document("457", "RFF+OI:RE-4700", lines=())
    assert result.kind is MessageKind.INVOICE
    assert "MAP-09" in rules(result)


def test_a_reversed_self_billed_energy_invoice_is_a_self_billed_credit_note() -> None:
    result = document("Z25", "RFF+OI:RE-4700")
    assert result.invoice.type_code == "261"
    origin = result.origins.get("type_code")
    assert origin is not None
    assert origin.kind is OriginKind.DERIVED


@pytest.mark.parametrize("code", ["80", "84", "383", "456"])
@pytest.mark.parametrize("proof", [f"NAD+II+{BUYER_GLN}::9", "FTX+ABN+1+BE:LEI:246", ""])
def test_a_debit_note_of_the_buyer_is_a_claim(code: str, proof: str) -> None:
    result = document(code, proof) if proof else document(code, sender=BUYER_GLN)
    assert (result.kind, rules(result)) == (MessageKind.NOT_AN_INVOICE, ["MAP-10"])


@pytest.mark.parametrize("code", ["80", "84", "383", "456"])
def test_a_debit_note_of_the_seller_is_an_invoice(code: str) -> None:
    assert document(code).kind is MessageKind.INVOICE


@pytest.mark.parametrize(
    ("function", "kind", "found"),
    [
        ("9", MessageKind.INVOICE, []),
        ("", MessageKind.INVOICE, []),
        ("5", MessageKind.INVOICE, []),
        ("7", MessageKind.INVOICE, []),
        ("31", MessageKind.INVOICE, []),
        ("43", MessageKind.INVOICE, []),
        ("1", MessageKind.CANCELLATION, ["MAP-08"]),
        ("55", MessageKind.NOT_AN_INVOICE, ["MAP-07"]),
    ],
)
def test_the_message_function(function: str, kind: MessageKind, found: list[str]) -> None:
    result = document("380", function=function)
    assert (result.kind, rules(result), result.facts.function_code) == (kind, found, function)


@pytest.mark.parametrize("code", ["381", "383", "384", "83", "84", "457", "458"])
def test_the_invoice_concerned_is_named_also_behind_a_party(code: str) -> None:
    result = document(code, "NAD+SU+4000001000005::9", "RFF+IV:RE-4700", "DTM+171:20261001:102")
    assert [p.reference for p in result.invoice.preceding_invoices] == ["RE-4700"]


def test_an_invoice_number_beside_that_of_an_invoice_is_no_earlier_invoice() -> None:
    # some senders write the number of the account there
    assert document("380", "RFF+IV:9000000034").invoice.preceding_invoices == ()
