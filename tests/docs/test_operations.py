"""OPERATIONS.md says what is so: every code, event, key, command and example in it is held against
the program."""

import json
import poplib
import re
import shutil
import smtplib
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from edigate import config
from edigate.cli import main, parser
from tests.acceptance.conftest import make
from tests.acceptance.gateway import Gateway
from tests.docs.source import ROOT, block, error_codes, log_events, rows

__all__ = ["make"]
TEXT = (ROOT / "OPERATIONS.md").read_text("utf-8")
PROCEDURES = (ROOT / "VERFAHRENSDOKUMENTATION.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
TURNS = {"sender (3)", "operator (2)", "nobody (4)", "alarm (4)"}


def test_every_error_code_stands_in_the_table_and_none_is_invented() -> None:
    listed = [row[0].strip("`") for row in rows(TEXT, "Error codes")]
    assert len(listed) == len(set(listed))
    raised = error_codes()
    assert set(raised) - set(listed) == set(), "not explained in OPERATIONS.md"
    assert set(listed) - set(raised) == set(), "explained, but nothing raises them"
    assert listed == sorted(listed)


def test_every_error_code_has_turn_cause_and_cure() -> None:
    for code, turn, cause, cure in rows(TEXT, "Error codes"):
        assert turn in TURNS, code
        assert cause, code
        assert cure, code


def test_every_log_event_stands_in_the_table_with_its_level() -> None:
    logged = log_events()
    listed = {row[0].strip("`"): row[1] for row in rows(TEXT, "Log events")}
    assert set(logged) - set(listed) == set(), "not explained in OPERATIONS.md"
    assert set(listed) - set(logged) == set(), "explained, but nothing logs them"
    for event, level in listed.items():
        assert level in logged[event], event


def test_every_setting_named_is_one() -> None:
    sections = {
        "smtp",
        "pop3",
        "tls",
        "store",
        "workers",
        "validation",
        "seal",
        "relay",
        "log",
        "tenant",
    }
    named = {q.partition(" ")[0] for q in QUOTED if re.fullmatch(r"[a-z0-9]+\.[a-z_]+( = .*)?", q)}
    named = {n for n in named if n.partition(".")[0] in sections and n not in log_events()}
    assert len(named) > 20
    for key in named:
        section, _, name = key.partition(".")
        kind = (
            config.Tenant
            if section == "tenant"
            else config.Settings.model_fields[section].annotation
        )
        if section == "tls":
            kind = config.Tls
        assert name in kind.model_fields, key  # type: ignore[union-attr]
    assert "`edigate config example`" in TEXT  # every other key is explained there


def test_the_configurations_can_be_loaded(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    for number, text in enumerate(blocks):
        file = tmp_path / f"{number}.toml"
        file.write_text(text, "utf-8")
        assert config.load(file).domain == "edi.example.com"


def commands() -> list[tuple[str, ...]]:
    """Every `edigate COMMAND ...` of the three documents, as its words without file names and
    values."""
    found = set()
    for text in (README, TEXT, PROCEDURES):
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        lines = [line for fenced in blocks for line in fenced.splitlines()] + re.findall(
            r"`([^`\n]+)`", text
        )
        called = (re.match(r"(?:/\S+/)?edigate ([a-z][^#>|]*)", line) for line in lines)
        for said in (m[1] for m in called if m):
            words = said.split()
            options = tuple(w for w in words if w.startswith("--"))
            action = words[1:2] if words[0] in ("config", "partners", "seal") else []
            found.add((words[0], *action, *options))
    return sorted(found)


def test_every_command_named_exists_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    named = commands()
    assert {"doctor", "selftest", "verify", "release", "serve"} <= {c[0] for c in named}
    known = set(next(a for a in parser()._actions if a.dest == "command").choices or ())
    assert {c[0] for c in named} <= known
    assert known - {c[0] for c in named} <= {"convert", "demo"} | {c[0] for c in named}
    for command, *rest in named:
        words = [command, *(w for w in rest if not w.startswith("--"))]
        assert main([*words, "--help"]) == 0, words
        said = capsys.readouterr().out
        for option in (w for w in rest if w.startswith("--")):
            for one in option.split("/"):
                assert re.search(rf"{re.escape(one)}\b", said), f"{words} has no {one}"


def test_every_command_of_the_program_has_help() -> None:
    for command in next(a for a in parser()._actions if a.dest == "command").choices or ():
        with pytest.raises(SystemExit) as left:
            parser().parse_args([command, "--help"])
        assert left.value.code == 0


def test_the_unit_is_one_systemd_understands(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip(
            "systemd-analyze is not installed here: the unit of OPERATIONS.md was NOT checked"
        )
    unit = block(TEXT, "edigate.service")
    for line in unit.splitlines():
        assert re.fullmatch(r"|#.*|\[[A-Za-z]+\]|[A-Z][A-Za-z]+=.*", line), line
    # The program and its user are not installed on this machine; any other word of systemd-analyze
    # is a mistake.
    unit = unit.replace("/opt/edigate/bin/edigate", sys.executable).replace(
        "=edigate\nGroup=edigate", "=root\nGroup=root"
    )
    file = tmp_path / "edigate.service"
    file.write_text(
        unit.replace("file:///opt/edigate/OPERATIONS.md", "https://example.com"), "utf-8"
    )
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(file)], capture_output=True, text=True, check=False
    )
    about_us = [line for line in (done.stdout + done.stderr).splitlines() if "edigate" in line]
    assert about_us == []


def test_the_unit_stops_the_daemon_and_leaves_workers_to_it() -> None:
    unit = block(TEXT, "edigate.service")
    assert "Type=notify" in unit
    assert "KillMode=mixed" in unit


def failregex() -> re.Pattern[str]:
    """The filter's expression as fail2ban reads it."""
    line = next(x for x in block(TEXT, "edigate.conf").splitlines() if x.startswith("failregex = "))
    expression = line.removeprefix("failregex = ").replace("<HOST>", r"(?P<host>[0-9A-Fa-f:.]+)")
    return re.compile(expression)


@pytest.mark.acceptance
def test_the_filter_finds_wrong_logins_and_who_made_them(
    make: Callable[..., Gateway], tmp_path: Path
) -> None:
    gateway = make()
    gateway.start()
    evil = 'x", "event": "auth.failed", "peer": "192.0.2.66'
    client = smtplib.SMTP("127.0.0.1", gateway.submission, timeout=30)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(evil, "wrong")
    client.close()
    client_pop3 = poplib.POP3("127.0.0.1", gateway.pop3, timeout=30)
    client_pop3.user("2800001946")
    with pytest.raises(poplib.error_proto):
        client_pop3.pass_("wrong")
    client_pop3.close()
    assert gateway.stop() == 0
    lines = gateway.log.read_text("utf-8").splitlines()
    failed = [line for line in lines if json.loads(line)["event"] == "auth.failed"]
    assert {json.loads(line)["protocol"] for line in failed} == {"smtp", "pop3"}
    matches = [failregex().search(line) for line in lines]
    hosts = [m["host"] for m in matches if m]
    assert hosts == ["127.0.0.1"] * len(failed)
    prefixed = failregex().search(f"gw edigate[4711]: {failed[0]}")  # as the journal hands it over
    assert prefixed is not None
    (tmp_path / "edigate.conf").write_text(block(TEXT, "edigate.conf"), "utf-8")
    if (said := by_fail2ban(gateway.log, tmp_path / "edigate.conf")) is not None:
        assert f"Lines: {len(lines)} lines, 0 ignored, {len(failed)} matched" in said


def by_fail2ban(log: Path, filter_file: Path) -> str | None:
    """What fail2ban itself says of a log; None, with a warning in the summary, where it is not
    installed."""
    tool = shutil.which("fail2ban-regex")
    if tool is None:
        warnings.warn(
            "fail2ban-regex is not installed: it was not asked about the filter of OPERATIONS.md",
            stacklevel=2,
        )
        return None
    done = subprocess.run([tool, log, filter_file], capture_output=True, text=True, check=False)
    return done.stdout


def test_the_fences_are_closed_and_the_links_lead_somewhere() -> None:
    for name in ("OPERATIONS.md", "VERFAHRENSDOKUMENTATION.md", "README.md", "ARCHITECTURE.md"):
        text = (ROOT / name).read_text("utf-8")
        assert text.count("```") % 2 == 0
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / target).exists(), f"{name} leads to {target}"
