"""Every `edigate ...` in every document is a command line that the program understands."""

import re
import shlex
from functools import cache

import pytest

from edigate.cli import parser
from tests.docs.source import ROOT

DOCUMENTS = sorted(p.name for p in ROOT.glob("*.md"))
CALL = r"^(?:ExecStart=)?(?:/\S+/)?edigate( [a-z-][^#>|\n]*)"


@cache
def lines() -> tuple[tuple[str, str, bool], ...]:
    """Document, words behind `edigate`, and whether it stands complete in a block of commands."""
    found = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text("utf-8")
        for block in re.findall(r"```(?:sh|ini)\n(.*?)```", text, re.DOTALL):
            called = [re.match(CALL, line) for line in block.splitlines()]
            found += [(name, m[1].strip(), True) for m in called if m]
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        for quoted in re.findall(r"`([^`]+)`", prose):
            call = re.match(CALL, " ".join(quoted.split()))
            found += [(name, call[1].strip(), False)] if call else []
    return tuple(sorted(set(found)))


def spoken(words: str) -> list[str]:
    """`ID ...` as one id, and one of `--hold/--retry`."""
    plain = words.replace("…", "...").replace(" ...", "")
    return [re.sub(r"^(--[a-z-]+)/.*", r"\1", w) for w in shlex.split(plain)]


def parsed(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """Status and what is said of a command line, which is not run."""
    try:
        parser().parse_args(words)
    except SystemExit as left:
        return left.code, capsys.readouterr().err
    return 0, ""


@pytest.mark.parametrize(("document", "words", "complete"), lines())
def test_every_command_line_parses(
    document: str, words: str, complete: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence a command may be named without what it needs; nothing it does not know."""
    status, said = parsed(spoken(words), capsys)
    unfinished = "required" in said or "expected one argument" in said
    assert status == 0 or (unfinished and not complete), f"{document}: {words}\n{said}"


def test_the_documents_name_many_commands() -> None:
    assert len(lines()) > 60
    assert sum(complete for *_, complete in lines()) > 15
