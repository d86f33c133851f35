"""Valid EANCOM D.96A invoices of any size, for load tests and benches. Every sum is right, every
number is new.

The parties are the invented ones of the fixtures. `python -m tests.generate LINES [MESSAGES] >
in.edi` writes one interchange to standard output.
"""

import sys
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

SELLER, BUYER, BRANCH = "4012345000009", "4319876000028", "4319876000011"

_CENT = Decimal("0.01")
_GOODS = (
    "Wandfarbe weiß matt 10 l",
    "Flachpinsel 50 mm",
    "Abdeckfolie 4 x 5 m",
    "Holzlasur Eiche 750 ml",
)
_HEADER = """BGM+380+{number}+9'
DTM+137:{issued}:102'
DTM+35:{supplied}:102'
RFF+ON:B-{number}'
RFF+DQ:LS-{number}'
NAD+SU+4012345000009::9++Farbenwerk Musterstadt GmbH+Industriestraße 12+Musterstadt++12345+DE'
{tax_id}NAD+BY+4319876000028::9++Baumarkt Süd AG+Lagerweg 8+München++80331+DE'
RFF+VA:DE987654328'
NAD+DP+4319876000011::9++Baumarkt Süd AG, Markt 17+Rampenstraße 1+Kassel++34117+DE'
TAX+7+VAT+++:::19+S'
CUX+2:EUR:4'
PAT+3'
DTM+13:20261114:102'
"""
_TAX_ID = "RFF+VA:DE123456788'\n"
_LINE = """LIN+{n}++{gtin}:EN'
PIA+1+A-{n:06d}:SA'
IMD+F++:::{name}'
QTY+47:{quantity}'
MOA+203:{net}'
PRI+AAA:{price}'
{tax}"""
_REDUCED = "TAX+7+VAT+++:::7+S'\n"


def invoice(
    lines: int = 10,
    number: str = "RE-1",
    *,
    reference: str = "1",
    issued: str = "20261015",
    supplied: str = "20261014",
    tax_id: bool = True,
) -> bytes:
    """One INVOIC message from UNH to UNT in ISO 8859-1, every fourth line at 7 %, the others at 19
    %.

    lines: at least 1. issued, supplied: CCYYMMDD. tax_id: False leaves the supplier's VAT id out
    (held by UST-04).
    """
    nets = {19: Decimal(0), 7: Decimal(0)}
    parts = [
        f"UNH+{reference}+INVOIC:D:96A:UN:EAN008'\n",
        _HEADER.format(
            number=number, issued=issued, supplied=supplied, tax_id=_TAX_ID if tax_id else ""
        ),
    ]
    for n in range(1, lines + 1):
        rate = 7 if n % 4 == 0 else 19
        quantity, price = (
            n % 9 + 10,
            Decimal(2599 + n * 37 % 5000) / 100,
        )  # one line is above 250 EUR (§ 33 UStDV)
        net = quantity * price
        nets[rate] += net
        parts.append(
            _LINE.format(
                n=n,
                gtin=_gtin(n),
                name=_GOODS[n % len(_GOODS)],
                quantity=quantity,
                net=f"{net:.2f}",
                price=f"{price:.2f}",
                tax=_REDUCED if rate == 7 else "",
            )
        )
    parts.append(_summary(nets, lines))
    body = "".join(parts)
    return f"{body}UNT+{body.count(chr(39)) + 1}+{reference}'\n".encode("latin-1")


def _summary(nets: dict[int, Decimal], lines: int) -> str:
    stated = {rate: net for rate, net in nets.items() if net}
    taxes = {
        rate: (net * rate / 100).quantize(_CENT, ROUND_HALF_UP) for rate, net in stated.items()
    }
    net, tax = sum(stated.values()), sum(taxes.values())
    summary = (
        f"UNS+S'\nCNT+2:{lines}'\nMOA+77:{net + tax:.2f}'\nMOA+79:{net:.2f}'\n"
        f"MOA+125:{net:.2f}'\nMOA+124:{tax:.2f}'\n"
    )
    if len(stated) > 1:
        for rate, taxable in stated.items():
            summary += (
                f"TAX+7+VAT+++:::{rate}+S'\nMOA+125:{taxable:.2f}'\nMOA+124:{taxes[rate]:.2f}'\n"
            )
    return summary


def _gtin(n: int) -> str:
    digits = f"4012345{n % 100000:05d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def interchange(
    messages: Iterable[bytes],
    *,
    reference: str = "IC1",
    sender: str = SELLER,
    recipient: str = BUYER,
) -> bytes:
    """UNA, UNB, the messages as they are, UNZ. Each message needs a reference of its own."""
    listed = list(messages)
    opening = (
        "UNA:+.? "
        f"'\nUNB+UNOC:3+{sender}:14+{recipient}:14+261015:0930+{reference}++INVOIC+++EANCOM'\n"
    )
    return (
        opening.encode("ascii")
        + b"".join(listed)
        + f"UNZ+{len(listed)}+{reference}'\n".encode("ascii")
    )


def main(arguments: list[str]) -> None:
    """`LINES [MESSAGES]`: one interchange to standard output."""
    lines, count = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    messages = (invoice(lines, f"RE-{n}", reference=str(n)) for n in range(1, count + 1))
    sys.stdout.buffer.write(interchange(messages))


if __name__ == "__main__":
    main(sys.argv[1:])
