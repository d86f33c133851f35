"""A country is a folder of code, a folder of data and one line in the list: nothing else of edigate
is touched, and nothing else names a country."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import edigate
from edigate.checks.law.countries import COUNTRIES
from edigate.checks.law.rules import RULES
from edigate.findings import catalogue

PACKAGE = Path(edigate.__file__).parent
LAW = PACKAGE.parent / "schemas" / "law"

RULE = '''
"""The law of Utopia."""

from types import MappingProxyType

from edigate.checks.law.basis import Basis, Rows
from edigate.checks.law.context import Context, Country


def uto_01_rate(context: Context) -> Rows:
    """The rate in force stands in the invoice, unless it speaks of a feast."""
    rates = [row.rate for row in context.invoice.vat_breakdown]
    if context.has("feast") or not any(
        rate and context.rates.valid(rate, context.circumstances.today) for rate in rates
    ):
        yield context.hit("UTO-01", "vat_breakdown[0]", feast=context.has("feast"))


def _feast(basis: Basis) -> bool:
    return basis.wording.says("utopian-feast")


UTOPIA = Country(
    folder="ut",
    rules=MappingProxyType({"UTO-01": uto_01_rate}),
    profiles=MappingProxyType({"feast": _feast}),
    context=Context,
    repeated_number=MappingProxyType({}),
    asked=lambda basis: basis.seller_country == "UT",
    judged=lambda _, found: found,
)
'''
DATA = {
    "law.toml": 'name = "Law of Utopia"\nprefix = "UTO"\nreason = "^Utopia"\n',
    "tax-rates.toml": (
        '[[rate]]\nrate = "3"\nkind = "standard"\nfrom = 2000-01-01\nbasis = "Utopia § 1"\n'
    ),
    "wordings.toml": '[utopian-feast]\nen = ["day of the feast"]\n',
    "rules.toml": """
[UTO-01]
severity = "warning"
class = "content"
source = "ustg"
basis = "Utopia § 1"
terms = ["BT-119"]
downgrade = "information"
title = {de = "Satz fehlt", en = "Rate missing"}
message = {de = "Satz, Fest: {feast}", en = "Rate, feast: {feast}"}
""",
}
JUDGED = """
from decimal import Decimal
from tests.checks.law import LAWFUL, but, judged, says, taxed
from edigate.checks.severity import SeverityChange, accepted
from edigate.errors import Misconfigured
from edigate.findings import Severity

utopian = but(taxed(LAWFUL, "S", "3", "30.00"), seller__address__country_code="UT")
told = lambda *given: [f.message.en for f in judged(*given) if f.rule == "UTO-01"]
print(told(LAWFUL), told(utopian), told(taxed(utopian, "S", "4", "40.00")))
print(told(utopian, says("Day of the Feast")))
try:
    accepted([SeverityChange("UTO-01", Severity.INFORMATION)])
except Misconfigured as refused:
    print(refused.message)
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the code and the data that a country adds to."""
    for folder in ("edigate", "schemas", "tests/checks"):
        shutil.copytree(
            PACKAGE.parent / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path


def test_a_made_up_country_touches_its_folders_and_one_line(house: Path) -> None:
    code = house / "edigate/checks/law/ut"
    code.mkdir()
    (code / "__init__.py").write_text('"""The law of Utopia."""\n', "utf-8")
    (code / "utopia.py").write_text(RULE, "utf-8")
    (house / "schemas/law/ut").mkdir()
    for name, text in DATA.items():
        (house / "schemas/law/ut" / name).write_text(text, "utf-8")
    registry = house / "edigate/checks/law/countries.py"
    text = registry.read_text("utf-8")
    line = "from edigate.checks.law.ut.utopia import UTOPIA\n\nCOUNTRIES"
    text = text.replace("\nCOUNTRIES", line, 1).replace("(GERMANY,)", "(GERMANY, UTOPIA)")
    registry.write_text(text, "utf-8")
    told = subprocess.run(
        [sys.executable, "-c", JUDGED],
        env=os.environ | {"PYTHONPATH": str(house)},
        cwd=house,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert told == [
        "[] [] ['Rate, feast: False']",
        "['Rate, feast: True']",
        "UTO-01 (Utopia § 1) can be weakened only with a reason",
    ]


def test_every_folder_of_data_is_a_country_of_the_list() -> None:
    folders = {path.name for path in LAW.iterdir()} - {"everywhere"}
    assert folders == {country.folder for country in COUNTRIES}
    for folder in folders:
        assert (PACKAGE / "checks" / "law" / folder).is_dir()


def test_every_rule_of_a_country_stands_in_its_folder() -> None:
    for country in COUNTRIES:
        listed = set(re.findall(r"^\[([A-Z]+-\d+)\]", _rules(country.folder), re.MULTILINE))
        assert listed == set(country.rules) | set(country.repeated_number)
        assert listed <= set(catalogue())
    assert len(RULES) == len({*RULES})


def _rules(folder: str) -> str:
    return (LAW / folder / "rules.toml").read_text("utf-8")


IMPORTS_A_COUNTRY = re.compile(
    r"^\s*(?:from|import) +edigate\.checks\.law\.(?!everywhere)(\w+)\.", re.MULTILINE
)


def test_nothing_but_the_list_imports_a_country() -> None:
    for path in PACKAGE.rglob("*.py"):
        found = {*IMPORTS_A_COUNTRY.findall(path.read_text("utf-8"))} - {path.parent.name}
        assert not found or path.name == "countries.py", f"{path} imports {found}"


NAMES_A_COUNTRY = re.compile(r"\b(German\w*|Germany|UStG|UStDV|UStAE|BMF)\b|\"DE\"")


@pytest.mark.parametrize(
    "path",
    sorted((PACKAGE / "checks" / "law").glob("*.py"))
    + sorted((PACKAGE / "checks" / "law" / "everywhere").glob("*.py")),
    ids=lambda path: path.name,
)
def test_only_the_list_names_a_country(path: Path) -> None:
    found = NAMES_A_COUNTRY.findall(path.read_text("utf-8"))
    assert not found or path.name == "countries.py"
