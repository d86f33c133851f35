"""Shipped files have one loader: what it does not know it refuses, naming the nearest known
word."""

from pathlib import Path

import pytest

from edigate import findings, resources
from edigate.errors import Misconfigured

RULE = """
[UST-99]
severity = "error"
class = "content"
source = "ustg"
basis = "§ 14 Abs. 4 UStG"
title = {de = "a", en = "b"}
message = {de = "a", en = "b"}
downgrade = "warning"
"""


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("downgrade", "downgade", "'downgade'; did you mean 'downgrade'"),
        ('severity = "error"', 'severity = "errors"', "did you mean 'error'"),
        ('downgrade = "warning"', 'downgrade = "waning"', "did you mean 'warning'"),
        ('class = "content"', 'class = "contents"', "did you mean 'content'"),
        ('source = "ustg"', 'source = "ustgg"', "did you mean 'ustg'"),
        ('basis = "§ 14 Abs. 4 UStG"', "", "basis missing"),
        ('message = {de = "a", en = "b"}', 'message = {de = "a"}', "en missing"),
        (
            'message = {de = "a", en = "b"}',
            'message = {de = "a", en = "b", fr = "c"}',
            "unknown key 'fr'",
        ),
        ('message = {de = "a", en = "b"}', 'message = "a"', "a table with the texts"),
        ("[UST-99]", "[UST-99", "cannot be read"),
        ("downgrade", 'segment = "RFF"\ndowngrade', "unknown key 'segment'"),
    ],
)
def test_a_slip_in_the_catalogue_is_refused(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    file = tmp_path / "ustg.toml"
    file.write_text(RULE, "utf-8")
    assert list(findings.catalogue_of([file])) == ["UST-99"]
    file.write_text(RULE.replace(was, becomes, 1), "utf-8")
    with pytest.raises(Misconfigured, match=r"ustg\.toml") as refused:
        findings.catalogue_of([file])
    assert said in refused.value.message


def test_a_rule_stands_once(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(RULE, "utf-8")
    with pytest.raises(Misconfigured, match=r"b\.toml, rule UST-99 stands twice"):
        findings.catalogue_of(sorted(tmp_path.iterdir()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code\tde\ten\nA\tx\ty\n", None),
        ("de\tcode\ten\nA\tx\ty\n", None),
        ("code\tdee\ten\n", "did you mean 'de'"),
        ("code\tde\n", "en missing"),
        ("code\tde\ten\nA\tx\ty\tz\n", "line 2 has 4 columns"),
        ("", "empty"),
    ],
)
def test_a_table_has_exactly_its_columns(tmp_path: Path, text: str, said: str | None) -> None:
    file = tmp_path / "t.tsv"
    file.write_text(text, "utf-8")
    if said is None:
        assert set(resources.table(file, ("code", "de", "en"))[0]) == {"code", "de", "en"}
        return
    with pytest.raises(Misconfigured) as refused:
        resources.table(file, ("code", "de", "en"))
    assert said in refused.value.message


def test_nobody_else_reads_shipped_toml_or_tables() -> None:
    package = Path(resources.__file__).parent
    readers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "tomllib" in path.read_text("utf-8") or "csv.DictReader" in path.read_text("utf-8")
    }
    assert readers <= {"resources.py", "config/reading.py", "masterdata.py"}, (
        "shipped files have one loader"
    )
