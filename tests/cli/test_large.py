"""A file read as a stream says and writes the same, byte by byte, as one read at once."""

import json
from pathlib import Path

import pytest

from edigate.cli import main
from edigate.cli.files import inputs
from tests.generate import interchange, invoice

ALONE = interchange([invoice(3)])
ORDERS = b"UNH+9+ORDERS:D:96A:UN:EAN008'\nBGM+220+B-1+9'\nUNT+3+9'\n"
NO_UNT = invoice(2, "RE-6", reference="6").rpartition(b"UNT")[0]


def many(count: int, reference: str) -> bytes:
    """An interchange of invoices, every second without the supplier's VAT id."""
    return interchange(
        [
            invoice(2, f"{reference}-{n}", reference=str(n), tax_id=n % 2 == 0)
            for n in range(1, count + 1)
        ],
        reference=reference,
    )


INPUTS = {
    "alone": ALONE,
    "alone between junk": b"\r\n \r\n" + ALONE + b"\x1a\x00junk",
    "alone among orders": interchange([ORDERS, invoice(2)]),
    "orders after it": interchange([invoice(2), ORDERS]),
    "one each": ALONE + many(1, "IC2") + interchange([ORDERS], reference="IC3") + many(1, "IC4"),
    "one, then many": ALONE + many(3, "IC2"),
    "many, then one": many(3, "IC1") + interchange([invoice(3)], reference="IC2"),
    "wrong counts": many(2, "IC1").replace(b"UNZ+2", b"UNZ+3"),
    "wrong count of one": ALONE.replace(b"UNZ+1", b"UNZ+2"),
    "no invoice": interchange([ORDERS]),
    "empty interchange": interchange([]),
    "cut off": many(3, "IC1")[:-30],
    "cut off after one": ALONE.rpartition(b"UNZ")[0],
    "no UNT inside": interchange([invoice(2), NO_UNT, invoice(2, "RE-7", reference="7")]),
    "nothing": b"UNB+UNOC:3+A:14+B:14+26",
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("command", ["check", "convert"])
def test_the_same_as_at_once(
    name: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    file = tmp_path / "in.edi"
    file.write_bytes(INPUTS[name])
    said = []
    for limit in (inputs.LARGE, 0):
        monkeypatch.setattr(inputs, "LARGE", limit)
        options = ["--today", "2026-10-15", "--html", str(tmp_path / "page.html")]
        if command == "convert":
            options += ["-o", str(tmp_path / "out"), "--xml"]
        else:
            options += ["--coverage", "--provenance"]
        status = main([command, str(file), "--json", *options])
        document = json.loads(capfdbinary.readouterr().out)
        written = {f.name: f.read_bytes() for f in (tmp_path / "out").glob("*")}
        for output in (tmp_path / "out").glob("*"):
            output.unlink()
        said.append((status, document, (tmp_path / "page.html").read_text("utf-8"), written))
    assert said[0] == said[1]
    assert (command == "convert") >= bool(said[0][3])


def test_standard_input_may_be_large(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "in.edi"
    file.write_bytes(many(3, "IC1"))
    monkeypatch.setattr(inputs, "LARGE", 1000)
    documents = []
    for argument in ("-", str(file)):
        with file.open() as standard_input:
            monkeypatch.setattr("sys.stdin", standard_input)
            assert main(["check", argument, "--json"]) == 1
        documents.append(json.loads(capfdbinary.readouterr().out))
    assert documents[0]["inputs"][0].pop("file") == "<stdin>"
    assert documents[1]["inputs"][0].pop("file") == str(file)
    assert [d["inputs"][0]["parts"][0].pop("name") for d in documents] == ["", "in.edi"]
    assert documents[0] == documents[1]
