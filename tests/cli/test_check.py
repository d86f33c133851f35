"""`check` and `convert` as operators' scripts use them: exit statuses, JSON, every kind of
input."""

import json
import shutil
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from edigate import cli
from edigate.checks.official.schematron import NotChecked, Schematron
from tests.acceptance.cli import edigate

FIXTURES = Path(__file__).parents[2] / "fixtures"
TODAY = ("--today", "2026-10-16")
PARTNERS = ("--partners", str(FIXTURES / "d96a-invoice" / "partners.csv"))


def edi(case: str) -> str:
    return str(FIXTURES / case / "in.edi")


def messages(output: str) -> list[dict[str, Any]]:
    """Every message of `--json`."""
    inputs = json.loads(output)["inputs"]
    return [m for i in inputs for interchange in i["interchanges"] for m in interchange["messages"]]


@pytest.mark.parametrize(
    ("cases", "status"),
    [
        (["d01b-invoice"], 0),
        (["test-interchange"], 0),
        (["wrong-total"], 1),
        (["pro-forma-325"], 1),
        (["truncated"], 3),
        (["d01b-invoice", "wrong-total", "test-interchange"], 1),
        (["truncated", "wrong-total", "d01b-invoice"], 3),
    ],
)
def test_the_exit_status_is_the_highest_of_all_inputs(cases: list[str], status: int) -> None:
    done = edigate("check", *map(edi, cases), *TODAY)
    assert done.returncode == status, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["convert", "in.edi"],
        ["check", "no-such-file.edi"],
        ["check", edi("d01b-invoice"), "--today", "16.10.2026"],
        ["check", edi("d01b-invoice"), "--lang", "fr"],
        ["check", edi("d01b-invoice"), "--partners", "no-such-file.csv"],
        ["convert", edi("d01b-invoice"), "-o", "/dev/null/below"],
        ["chekc", edi("d01b-invoice")],
        [],
    ],
    ids=lambda a: " ".join(a)[:40],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(arguments: list[str]) -> None:
    done = edigate(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_names_those_there_are() -> None:
    assert "convert" in edigate("chekc").stderr


def test_a_check_that_did_not_run_is_4_and_wins(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def fails(*_: object) -> None:
        raise NotChecked("the engine broke")

    monkeypatch.setattr(Schematron, "check", fails)
    assert cli.main(["check", edi("d01b-invoice"), edi("truncated"), *TODAY, "--json"]) == 4
    found = messages(capsys.readouterr().out)
    assert found[0]["state"] == "not-checked"
    assert found[0]["valid"] is False


def test_a_defect_is_4_and_not_the_1_of_an_invalid_invoice(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("edigate.cli.files.check.inputs", breaks)
    assert cli.main(["check", edi("d01b-invoice")]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_json_says_what_scripts_are_promised() -> None:
    done = edigate("check", edi("mixed-interchange"), *TODAY, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["edigate"]
    assert said["artefacts"]["schematron"]
    (given,) = said["inputs"]
    assert given["readable"] is True
    assert given["errors"] == []
    assert given["file"].endswith("in.edi")
    (interchange,) = given["interchanges"]
    assert interchange["test"] is False
    assert {"control_reference", "sender", "recipient"} <= set(interchange)
    order, valid, held, advice = interchange["messages"]
    assert (order["type"], advice["type"]) == ("ORDERS", "DESADV")
    assert "valid" not in order
    assert (valid["valid"], valid["state"]) == (True, "valid")
    assert (held["valid"], held["state"]) == (False, "invalid")
    fields = {"number", "type_code", "issue_date", "currency", "gross", "seller", "buyer"}
    assert fields <= set(valid["invoice"])
    found = next(f for f in held["findings"] if f["severity"] == "error")
    assert found["rule"] == "UST-04"
    assert found["basis"] == "§ 14 Abs. 4 Satz 1 Nr. 2 UStG"
    assert (found["class"], found["source"]) == ("content", "ustg")
    assert set(found["message"]) == {"de", "en"}
    assert {"term", "segment", "line", "count"} <= set(found)
    assert set(found["segment"]) == {"index", "tag", "text"}


def test_what_cannot_be_read_says_so_in_json() -> None:
    done = edigate("check", edi("truncated"), *TODAY, "--json")
    (given,) = json.loads(done.stdout)["inputs"]
    assert given["readable"] is False
    (interchange,) = given["interchanges"]
    assert "EDI-02" in [f["rule"] for f in given["errors"] + interchange["findings"]]
    assert not any(m.get("valid") for m in interchange["messages"])


def test_standard_input_is_a_file_called_minus() -> None:
    done = edigate("check", "-", *TODAY, "--json", stdin=Path(edi("d01b-invoice")).read_bytes())
    assert done.returncode == 0
    assert messages(done.stdout)[0]["valid"] is True


def test_a_mail_is_opened_and_its_edi_parts_are_checked(tmp_path: Path) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "edi@partner.example", "edi@kunde.example", "EDI"
    mail.set_content("Siehe Anlage.")
    for case in ("d01b-invoice", "wrong-total"):
        data = Path(edi(case)).read_bytes()
        mail.add_attachment(data, maintype="application", subtype="EDIFACT", filename=f"{case}.edi")
    file = tmp_path / "mail.eml"
    file.write_bytes(mail.as_bytes())
    done = edigate("check", str(file), *TODAY, "--json")
    assert done.returncode == 1
    assert [m["state"] for m in messages(done.stdout)] == ["valid", "invalid"]


def test_a_folder_is_walked_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    shutil.copy(edi("wrong-total"), tmp_path / "inner" / "b.edi")
    shutil.copy(edi("d01b-invoice"), tmp_path / "a.edi")
    done = edigate("check", str(tmp_path), *TODAY, "--json")
    assert done.returncode == 1
    assert [Path(i["file"]).name for i in json.loads(done.stdout)["inputs"]] == ["a.edi", "b.edi"]


def test_a_folder_without_invoices_is_fine(tmp_path: Path) -> None:
    assert edigate("check", str(tmp_path)).returncode == 0


def test_a_package_of_our_own_is_checked_by_its_original(tmp_path: Path) -> None:
    assert edigate("convert", edi("d01b-invoice"), "-o", str(tmp_path), *TODAY).returncode == 0
    (pdf,) = tmp_path.glob("*.pdf")
    done = edigate("check", str(pdf), *TODAY, "--json")
    assert done.returncode == 0
    assert messages(done.stdout)[0]["state"] == "valid"


def test_a_foreign_pdf_is_not_readable(tmp_path: Path) -> None:
    file = tmp_path / "other.pdf"
    with pikepdf.new() as other:
        other.add_blank_page()
        other.save(file)
    assert edigate("check", str(file)).returncode == 3


def test_convert_writes_one_package_per_valid_invoice_and_says_where(tmp_path: Path) -> None:
    done = edigate(
        "convert", edi("mixed-interchange"), "-o", str(tmp_path), "--xml", "--json", *TODAY
    )
    assert done.returncode == 1
    found = [m for m in messages(done.stdout) if m["type"] == "INVOIC"]
    assert len(list(tmp_path.glob("*.pdf"))) == 1
    assert len(list(tmp_path.glob("*.xml"))) == 2  # of the held one too
    assert Path(found[0]["pdf"]).read_bytes().startswith(b"%PDF-")
    assert not found[1].get("pdf")


def test_converting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        edigate("convert", edi("d01b-invoice"), "-o", str(tmp_path / name), *TODAY)
    (one,), (two,) = ((tmp_path / n).glob("*.pdf") for n in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_nothing_of_a_truncated_file_is_converted(tmp_path: Path) -> None:
    assert (
        edigate("convert", edi("truncated"), "-o", str(tmp_path), "--xml", *TODAY).returncode == 3
    )
    assert list(tmp_path.iterdir()) == []


def test_master_data_make_an_invoice_of_glns_valid() -> None:
    assert edigate("check", edi("d96a-invoice"), *TODAY).returncode == 1
    assert edigate("check", edi("d96a-invoice"), *TODAY, *PARTNERS).returncode == 0


def test_master_data_that_cannot_be_read_are_the_callers_turn(tmp_path: Path) -> None:
    csv = tmp_path / "partners.csv"
    csv.write_text("gln,name,city,country\n1234,Niemand,Nirgends,DE\n", "utf-8")
    done = edigate("check", edi("d96a-invoice"), "--partners", str(csv))
    assert done.returncode == 2
    assert "line 2" in done.stderr


def test_today_is_the_clock_of_the_date_rules() -> None:
    early = edigate("check", edi("d01b-invoice"), "--today", "2026-10-01", "--json")
    late = edigate("check", edi("d01b-invoice"), *TODAY, "--json")
    rules = [{f["rule"] for f in messages(d.stdout)[0]["findings"]} for d in (early, late)]
    assert "UST-09" in rules[0] - rules[1]


def test_texts_come_in_the_language_asked_for() -> None:
    german = edigate("check", edi("wrong-total"), *TODAY).stdout
    english = edigate("check", edi("wrong-total"), *TODAY, "--lang", "en").stdout
    assert "ungültig" in german
    assert "invalid" in english
    assert "ungültig" not in english


def test_a_report_that_cannot_be_written_is_the_callers_turn() -> None:
    done = edigate("check", edi("d01b-invoice"), *TODAY, "--html", "/dev/null/report.html")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_report_as_a_page(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert (
        edigate(
            "check", edi("wrong-total"), edi("truncated"), *TODAY, "--html", str(page)
        ).returncode
        == 3
    )
    text = page.read_text("utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "BR-CO-15" in text
    assert "EDI-02" in text


def test_the_account_of_every_data_element() -> None:
    done = edigate(
        "check", "--coverage", "--json", edi("mixed-interchange"), edi("collective-invoice"), *TODAY
    )
    invoices = [m for m in messages(done.stdout) if m["type"] == "INVOIC"]
    assert invoices
    for message in invoices:
        account = message["coverage"]
        assert account["lost"] == []
        assert account["mapped"] > account["envelope"] > 0
        # what one annex row shows may be several components
        assert (account["annexed"] > 0) is bool(account["annex"])
        assert "provenance" not in message
    shown = edigate("check", "--coverage", "--lang", "en", edi("collective-invoice"), *TODAY)
    assert "0 lost (100.0 % accounted for)" in " ".join(shown.stdout.split())
    assert (
        "coverage"
        not in messages(edigate("check", "--json", edi("collective-invoice"), *TODAY).stdout)[0]
    )


def test_where_every_term_came_from() -> None:
    data = Path(edi("d96a-invoice")).read_bytes()
    done = edigate("check", "--provenance", "--json", edi("d96a-invoice"), *TODAY, *PARTNERS)
    (message,) = messages(done.stdout)
    found = {entry["path"]: entry for entry in message["provenance"]}
    assert found["number"] | {"segments": []} == {
        "path": "number", "term": "BT-1", "value": "MB-260001", "origin": "segment", "segments": [
            ], "note": None
    }  # fmt: skip
    assert {entry["origin"] for entry in found.values()} == {
        "segment",
        "master-data",
        "derived",
        "constant",
    }
    for entry in found.values():
        assert (entry["note"] is None) is (entry["origin"] == "segment"), entry
        for segment in entry["segments"]:
            span = data[segment["start"] : segment["end"]].decode("iso-8859-1")
            assert span.replace("\r", "").replace("\n", "") == segment["text"]
