"""What a tenant declares of a partner, from its file to the verdict of `check --config`; what is
wrong with a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from edigate import cli
from tests.mapping.edi import (
    BUYER_GLN,
    HEAD,
    LINE,
    PARTIES,
    PARTNERS,
    SELLER_GLN,
    SUMMARY,
    VAT19,
    interchange,
)

TODAY = ("--today", "2026-10-16")
GATEWAY = """
hostname = "edi.example"
domain = "edi.example"
data = "data"

[[tenant]]
account = "2800001946"
name = "Heimbau Süd AG"
partners = "partners.csv"

[[tenant.deviation]]
partner = "{partner}"
{key}
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A folder with the tenant's master data."""
    rows = [
        f"{p.gln},{p.name},{p.street},{p.postcode},{p.city},{p.country},,"
        for p in map(PARTNERS.get, (SELLER_GLN, BUYER_GLN))
        if p
    ]
    (tmp_path / "partners.csv").write_text(
        "gln,name,street,postcode,city,country,vat_id,tax_number\n" + "\n".join(rows)
    )
    return tmp_path


def configured(folder: Path, key: str, partner: str = SELLER_GLN) -> Path:
    file = folder / "edigate.toml"
    file.write_text(GATEWAY.format(partner=partner, key=key), "utf-8")
    return file


def checked(
    capsys: pytest.CaptureFixture[str], data: bytes, folder: Path, key: str | None, partner: str
) -> dict[str, Any]:
    """The one message of `check --json --provenance`, with a deviation or without."""
    file = folder / "in.edi"
    file.write_bytes(data)
    options = ["--config", str(configured(folder, key or "", partner))]
    capsys.readouterr()
    cli.main(["check", str(file), *options, *TODAY, "--json", "--provenance"])
    ((found,),) = [i["interchanges"] for i in json.loads(capsys.readouterr().out)["inputs"]]
    (message,) = found["messages"]
    return dict(message)


def terms(message: dict[str, Any]) -> dict[str, str]:
    return {t["term"]: t["value"] for t in message.get("provenance", ())}


def segments(
    *,
    line: tuple[str, ...] = LINE,
    parties: tuple[str, ...] = PARTIES,
    header: tuple[str, ...] = (),
) -> bytes:
    return interchange(*HEAD, *header, *parties, *line, VAT19, *SUMMARY)


SPELLED = segments(line=(LINE[0], "IMD+F++:::Gerät", *LINE[2:])).replace(
    b"\xe4", b"\x84"
)  # code page 850
GROUPED = (
    segments(line=(*LINE[:3], "MOA+203:1.000,00", "PRI+AAA:100,00"))
    .replace(b"119.00", b"1.190,00")
    .replace(b"100.00", b"1.000,00")
    .replace(b"19.00", b"190,00")
)
BROKER = (
    *PARTIES[:2],
    "NAD+II+++Ostwind Handel GmbH+Weg 1+Kiel++24103+DE",
    "RFF+VA:DE123456788",
    *PARTIES[2:],
)
CASES = {
    "charset": (SPELLED, 'charset = "cp850"', "BT-153", "Gerät"),
    "decimal mark": (GROUPED, 'decimal_mark = ","', "BT-131", "1000.00"),
    "seller": (segments(parties=BROKER), 'seller_qualifier = "II"', "BT-27", "Ostwind Handel GmbH"),
    "buyer": (
        segments(parties=(*PARTIES, "NAD+OB+++Nordbau KG+Weg 2+Kiel++24103+DE")),
        'buyer_qualifier = "OB"',
        "BT-44",
        "Nordbau KG",
    ),
    "quantity": (
        segments(line=(*LINE[:2], "QTY+21:11:PCE", *LINE[2:])),
        'quantity_qualifier = "21"',
        "BT-129",
        "11",
    ),
    "unit": (
        segments(line=(*LINE[:2], "QTY+47:10:GEB", *LINE[3:])),
        'units = { GEB = "XPK" }',
        "BT-130",
        "XPK",
    ),
    "text": (
        segments(header=("FTX+AAK+1+Q7::91",)),
        'texts = { "AAK:Q7" = "Bonus laut Vertrag" }',
        "BT-22",
        "Bonus laut Vertrag",
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("partner", [SELLER_GLN, BUYER_GLN])
def test_a_declared_deviation_reaches_the_verdict(
    case: str, partner: str, gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, key, term, value = CASES[case]
    assert terms(checked(capsys, data, gateway, None, partner)).get(term) != value
    if case == "charset" and partner != SELLER_GLN:
        return  # a message has to be decoded before its parties are known
    assert terms(checked(capsys, data, gateway, key, partner)).get(term) == value


@pytest.mark.parametrize(
    ("key", "cure"),
    [
        ('charset = "iso-8859-77"', "e.g. iso-8859-15, cp1252, utf-8"),
        ('charset = "utf-16"', "e.g. iso-8859-15, cp1252, utf-8"),
        ('decimal_mark = ";"', "'.' or ','"),
        ('seller_qualifier = "Issuer"', 'write it like "II"'),
        ('quantity_qualifier = "QTY+12"', 'write it like "II"'),
        ('units = { STK = "h87" }', 'write it like "H87"'),
        ('units = { STK = "H8" }', "did you mean"),
        ('texts = { "AAK" = "x" }', 'write it like "AAK:ST3"'),
        ('seller_qualifer = "II"', "did you mean 'seller_qualifier'?"),
        ('[[tenant.deviation]]\npartner = "4000001000005"', "stands twice"),
    ],
)
def test_what_is_wrong_with_a_deviation_names_the_cure(
    key: str, cure: str, gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = configured(gateway, key)
    assert cli.main(["config", "check", str(file)]) == 2
    assert cure in capsys.readouterr().out
    (gateway / "in.edi").write_bytes(segments())
    assert cli.main(["check", str(gateway / "in.edi"), "--config", str(file)]) == 2
    assert cure in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        (["--tenant", "1"], "--tenant needs --config"),
        (["--config", "none.toml"], "edigate config example"),
        (["--config", "CONFIG", "--tenant", "1"], "there are: 2800001946"),
    ],
)
def test_a_wrong_choice_of_tenant_names_the_cure(
    options: list[str], cure: str, gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (gateway / "in.edi").write_bytes(segments())
    given = [str(configured(gateway, "")) if o == "CONFIG" else o for o in options]
    assert cli.main(["check", str(gateway / "in.edi"), *given]) == 2
    assert cure in capsys.readouterr().err


def test_a_package_is_rebuilt_under_the_agreements_it_was_made_under(
    gateway: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, key, *_ = CASES["unit"]
    (gateway / "in.edi").write_bytes(data)
    agreed = ["--config", str(configured(gateway, key))]
    out = str(gateway / "out")
    assert cli.main(["convert", str(gateway / "in.edi"), "-o", out, *agreed, *TODAY]) == 0
    (package,) = Path(out).glob("*.pdf")
    master_data = ["--partners", str(gateway / "partners.csv")]
    again = ["verify", str(package), "--unsealed", "--rebuild", "--json"]
    for options, state in ((master_data, "differs"), (agreed, "identical")):
        capsys.readouterr()
        cli.main([*again, *options])
        assert json.loads(capsys.readouterr().out)["packages"][0]["rebuild"]["state"] == state
