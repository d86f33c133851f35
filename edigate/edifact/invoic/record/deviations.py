"""What one partner does differently, declared as data in the tenant's file. No code per partner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviations:
    """Known deviations of a partner; every default means "as the directory says".

    decimal_mark: `,` or `.` when the other one groups thousands. seller, buyer: NAD qualifiers
    tried before the usual ones. quantity: QTY qualifiers tried before 47. units: (6411 as sent, Rec
    20/21 unit). texts: (4451, 4441, text) for codes agreed bilaterally.
    delivery_note_date_is_supply_date: agreed with the partner; the date under RFF+DQ (or AAK) is
    BT-72. near_reason_codes: also give allowances and charges the EN 16931 code that comes near
    their 7161 code.
    """

    decimal_mark: str = ""
    seller: tuple[str, ...] = ()
    buyer: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str, str], ...] = ()
    delivery_note_date_is_supply_date: bool = False
    near_reason_codes: bool = False
