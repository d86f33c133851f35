"""Lists for people and programs: whole ids at any width, short ids, one line a document in a pipe,
CSV, limits."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path

import pytest

from edigate import cli
from edigate.cli.columns import _columns
from edigate.store import Direction, EventKind, NewEvent, NewJob, NewMail, Outcome, Search, Store
from tests.store.samples import TENANT, claimed, held, mail, to_relay, valid

HELD = 7
HOSTILE = (
    '=HYPERLINK("http://evil.example")\t\r\nZweite Zeile\u202e [bold]Fett[/bold] '
    + "sehr langer Name " * 8
)
LISTS = ("search", "queue", "log", "usage --month 2026-11")


class Office:
    """A gateway's settings, and a store with two mails, held and valid documents, deliveries and a
    job that wait."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "edigate.toml"
        self.file.write_text(
            'hostname = "gw.example"\ndomain = "gw.example"\ndata = "data"\n', "utf-8"
        )
        self.data = folder / "data"
        clock = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
        with Store.open(None, self.data, clock=lambda: clock) as store:
            self.mails = []
            for n in range(2):
                clock += timedelta(hours=1)
                new = NewMail(b"%d" % n, f"edi+{n}@partner.example", (f"{TENANT}@gw.example",))
                self.mails.append(store.accept(new, (), (NewJob(TENANT, Direction.IN),)))
                job = claimed(store)
                made = (
                    [held(job, m, supplier_name=HOSTILE, number=f"RE-{m}") for m in range(1, HELD)]
                    if n
                    else []
                )
                store.commit_outcome(job, Outcome((*made, valid(job, 90 + n))))
            clock += timedelta(hours=1)
            store.accept(mail(), [to_relay()], [NewJob(TENANT, Direction.IN)])
            self.documents = [d.document_id for d in store.search(Search(limit=10_000))]
            store.record(
                NewEvent(
                    EventKind.STARTED, detail=(("odd", "a\tb\nc"), ("twice", "1"), ("twice", "2"))
                )
            )

    def piped(self, *arguments: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
        """A command whose output is no terminal."""
        out, err = io.StringIO(), io.StringIO()
        command, *rest = arguments
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = cli.main([command, "--config", str(self.file), *rest])
        assert ended == status, err.getvalue()
        return subprocess.CompletedProcess(arguments, ended, out.getvalue(), err.getvalue())

    def on_terminal(self, width: int, *arguments: str) -> str:
        """A command's output on a terminal of so many columns."""
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")} | {
            "TERM": "xterm"
        }
        command = [sys.executable, "-m", "edigate", *arguments, "--config", str(self.file)]
        with subprocess.Popen(
            command, stdout=theirs, stderr=subprocess.PIPE, env=environment
        ) as process:
            os.close(theirs)
            out = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the terminal's other end is closed
                    break
                if not piece:
                    break
                out += piece
            assert process.wait(60) == 0
        os.close(ours)
        return out.decode("utf-8").replace("\r\n", "\n")

    def ids(self, name: str) -> set[str]:
        """Every id the whole list holds."""
        text = self.piped(*name.split(), "--json", "--all").stdout
        return set(re.findall(r"\b0[0-9A-Z]{25}\b", text))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("name", LISTS)
def test_no_id_breaks_on_a_terminal_of_any_width(office: Office, name: str, width: int) -> None:
    shown = office.on_terminal(width, *name.split(), "--all")
    missing = {one for one in office.ids(name) if one not in shown}
    assert not missing
    assert "\u202e" not in shown
    if width >= 80:
        assert max(map(len, shown.splitlines())) <= width or name == "log"


@pytest.mark.parametrize("name", LISTS)
def test_a_pipe_gets_one_line_a_row_with_a_heading(office: Office, name: str) -> None:
    rows = json.loads(office.piped(*name.split(), "--json", "--all").stdout)
    lines = office.piped(*name.split(), "--all").stdout.splitlines()
    assert lines[0].split("\t") == list(rows[0])
    assert len(lines) == 1 + len(rows)
    assert {line.count("\t") for line in lines} == {len(rows[0]) - 1}


@pytest.mark.parametrize("name", LISTS)
def test_csv_has_the_same_rows_and_nothing_a_spreadsheet_would_compute(
    office: Office, name: str
) -> None:
    rows = json.loads(office.piped(*name.split(), "--json", "--all").stdout)
    heading, *lines = csv.reader(io.StringIO(office.piped(*name.split(), "--csv", "--all").stdout))
    assert heading == list(rows[0])
    assert len(lines) == len(rows)
    for line in lines:
        assert len(line) == len(heading)
        for cell in line:
            assert not cell.startswith(("=", "@", "+"))
            assert "\n" not in cell


@pytest.mark.parametrize("how", [(), ("--json",), ("--csv",)])
@pytest.mark.parametrize("name", ["search", "queue", "log"])
def test_what_is_not_shown_is_said_on_standard_error(
    office: Office, name: str, how: tuple[str, ...]
) -> None:
    total = len(json.loads(office.piped(*name.split(), "--json", "--all").stdout))
    assert total > 1
    done = office.piped(*name.split(), "--limit", "1", *how)
    assert f"1 of {total} shown" in done.stderr
    shown = json.loads(done.stdout) if how == ("--json",) else done.stdout.splitlines()[1:]
    assert len(shown) == 1
    for whole in (("--all",), ("--limit", str(total)), ("--limit", "99999")):
        done = office.piped(*name.split(), *whole, *how)
        assert done.stderr == ""
    assert "not a number of rows" in office.piped(*name.split(), "--limit", "0", status=2).stderr


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 10**21, 10**400])
def test_no_number_is_too_large_to_be_answered(office: Office, number: int) -> None:
    for name in ("search", "queue", "log"):
        whole = office.piped(name, "--all").stdout
        assert office.piped(name, "--limit", str(number)).stdout == whole
    for action in ("--drop", "--drop-job", "--hold", "--retry"):
        said = office.piped("queue", action, str(number), "--reason", "r", status=2).stderr
        assert f"no number {number}" in said
    document = ("export", office.documents[0], "-o", str(office.data / "out"))
    said = office.piped(*document, "--version", str(number), status=2).stderr
    assert f"no number {number}" in said


def test_lists_name_what_later_commands_need(office: Office) -> None:
    (row,) = json.loads(office.piped("search", "--json", "--number", "RE-1").stdout)
    assert (row["mail"], row["sender"], row["tenant"]) == (
        office.mails[1],
        "edi+1@partner.example",
        TENANT,
    )
    assert (row["standing"], row["rules"]) == ("open", "UST-01")
    assert len(json.loads(office.piped("search", "--json", "--mail", row["mail"]).stdout)) == HELD
    for waiting in json.loads(office.piped("queue", "--json").stdout):
        assert waiting["mail"]
        assert json.loads(office.piped("log", "--json", waiting["mail"]).stdout)


def test_ids_are_shortened_to_a_beginning_that_only_one_has(office: Office, tmp_path: Path) -> None:
    document = office.documents[0]
    others = [one for one in {*office.documents, *office.mails} if one != document]
    length = next(
        n for n in range(1, 27) if not any(one.startswith(document[:n]) for one in others)
    )
    for short in (document[:length], document[: length + 3].lower(), document, f" {document} "):
        office.piped("export", short, "-o", str(tmp_path))
        assert (tmp_path / f"{document}.1").is_dir()
    done = office.piped("export", document[:4], "-o", str(tmp_path), status=2)
    assert "several begin with" in done.stderr
    for one in office.documents:
        assert one in done.stderr
    assert office.mails[0] not in done.stderr  # a mail cannot be exported and so is no candidate
    assert office.mails[0] in office.piped("log", document[:4], status=2).stderr


@pytest.mark.parametrize(
    "unknown",
    [
        "",
        " ",
        "%",
        "_",
        "*",
        "0%",
        "nothing",
        "ü",
        "'; DROP TABLE mails;--",
        "\u202e",
        "\udcff",
        "0" * 9999,
        "-1",
    ],
)
@pytest.mark.parametrize("command", ["log", "replay", "resend", "export", "delete"])
def test_what_is_no_id_is_said_and_never_matches(
    office: Office, command: str, unknown: str, tmp_path: Path
) -> None:
    more = {"export": ["-o", str(tmp_path)], "delete": ["--reason", "x y"]}.get(command, [])
    done = office.piped(command, *more, "--", unknown, status=2)
    assert "no " in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_id_names_what_comes_near(office: Office) -> None:
    document = office.documents[0]
    wrong = document[:-1] + ("0" if document[-1] != "0" else "1")
    assert f"near it: {document}" in office.piped("log", wrong, status=2).stderr
    said = office.piped("log", "RE-1", status=2).stderr
    assert "that is the invoice number of document 0" in said


def test_the_story_of_an_id_is_whole(office: Office) -> None:
    """Also where the id stands in a detail only, or is a number of the queue; details are
    objects."""
    document = office.documents[0]
    with Store.open(None, office.data) as store:
        uidl = next(dict(e.detail)["uidl"] for e in store.log() if "uidl" in dict(e.detail))
        store.record(NewEvent(EventKind.STARTED, detail=(("settled-by", document),)))
    told = json.loads(office.piped("log", "--json", document).stdout)
    assert told[-1]["detail"] == {"settled-by": document}
    assert told[0]["event"] == "RECEIVED"
    assert [e["event"] for e in json.loads(office.piped("log", "--json", uidl).stdout)] == [
        "DELIVERED"
    ]
    with Store.open(None, office.data) as store:
        (delivery, *_) = store.deliveries(unfinished=True)
        store.hold_delivery(delivery.id, "anna", "")
    numbered = json.loads(office.piped("log", "--json", str(delivery.id)).stdout)
    assert {e["event"] for e in numbered} == {"QUEUE_CHANGED"}
    (odd,) = [e for e in json.loads(office.piped("log", "--json").stdout) if "odd" in e["detail"]]
    assert odd["detail"] == {"odd": "a\tb\nc", "twice": ["1", "2"]}
    assert {"account", "peer", "seq"} <= odd.keys()


def test_columns_wrap_words_and_never_what_belongs_together() -> None:
    one = "01KB0000000000000000000000"
    rows = [
        ["document", "supplier", "gross"],
        [one, "Baumarkt Süd Aktiengesellschaft " * 3, "1190.00"],
    ]
    for width in range(10, 300):
        lines = list(_columns(rows, width))
        assert any(one in line for line in lines), width
        assert any("1190.00" in line for line in lines), width
        assert all(len(line) <= max(width, 42) for line in lines), width


def test_a_certificate_in_the_log_is_shortened_for_people_alone(tmp_path: Path) -> None:
    office = Office(tmp_path)
    certificate = "QUJD" * 500
    with Store.open(None, office.data) as store:
        store.record(
            NewEvent(
                EventKind.CERTIFICATE_USED, detail=(("certificate", certificate), ("serial", "7"))
            )
        )
    shown = office.piped("log", "--limit", "1").stdout
    assert certificate not in shown
    assert "2000 characters" in shown
    assert (
        json.loads(office.piped("log", "--limit", "1", "--json").stdout)[0]["detail"]["certificate"]
        == certificate
    )
    assert certificate in office.piped("log", "--limit", "1", "--csv").stdout


@pytest.mark.parametrize(
    "both",
    ["--csv --json", "--json --csv", "--limit 5 --all", "--all --limit 100", "--limit 100 --all"],
)
@pytest.mark.parametrize("name", [*LISTS, "purge", "close", "partners missing"])
def test_what_excludes_each_other_is_refused(
    name: str, both: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*name.split(), *both.split()]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    "amount", ["viel", "NaN", "-nan", "sNaN", "inf", "-Infinity", "1e999999", "1e-999999", ""]
)
def test_what_is_no_amount_is_said_so(
    amount: str, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["search", "--config", str(office.file), f"--gross={amount}"]) == 2
    assert f"{amount!r} is not an amount like 1352.68" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["log", "restore", "export -o out", "search --mail", "close"])
def test_an_id_that_is_none_is_named_in_a_form_a_terminal_may_show(
    command: str, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = command.split()
    for odd in ("\x1b[31m", "x\u202ey", "a\rb", "%", "../x", "'; drop table mails; --"):
        why = ["--reason=r"] if name in ("restore", "close") else []
        assert cli.main([name, "--config", str(office.file), *why, *rest, odd]) == 2
        said = capsys.readouterr().err
        assert not set(said) & {"\x1b", "\u202e", "\r"}
        assert "Traceback" not in said
