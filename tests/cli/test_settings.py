"""`passwd`, `config`, `explain`: what people set up and ask."""

import json
from pathlib import Path

import pytest

from edigate.mail.accounts import verify_password
from tests.acceptance.cli import edigate

ROOT = Path(__file__).parents[2]
EDI = str(ROOT / "fixtures" / "d96a-invoice" / "in.edi")
PARTNERS = str(ROOT / "fixtures" / "d96a-invoice" / "partners.csv")
SMALLEST = (
    'hostname = "edi.example.com"\ndomain = "edi.example.com"\ndata = "data"\nadmins = '
    '["ops@example.com"]\n'
)


def settings(folder: Path, more: str = "") -> str:
    file = folder / "edigate.toml"
    file.write_text(SMALLEST + more, "utf-8")
    return str(file)


def test_a_hash_of_passwd_lets_in_the_password_and_nothing_else() -> None:
    done = edigate("passwd", stdin=b"Rhabarber 12 K\xc3\xb6mpott\n")
    assert done.returncode == 0
    hashed = done.stdout.strip()
    assert hashed.startswith("$argon2id$")
    assert verify_password("Rhabarber 12 Kömpott", hashed)
    assert not verify_password("Rhabarber 12 Kömpott ", hashed)


def test_an_empty_password_is_refused() -> None:
    done = edigate("passwd", stdin=b"\n")
    assert done.returncode == 2
    assert done.stdout == ""


def test_the_example_is_a_file_that_passes_its_own_check(tmp_path: Path) -> None:
    example = tmp_path / "edigate.toml"
    example.write_text(edigate("config", "example").stdout, "utf-8")
    done = edigate("config", "check", str(example))
    assert done.returncode == 0, done.stdout
    assert "fine" in done.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[smtp]\nlisten_on = ["127.0.0.1:2525"]\n', "did you mean 'listen'"),
        ('[smtp]\nlisten = ["2525"]\n', "host:port"),
        ('[[tenant]]\naccount = "a b"\nname = "x"\n', "tenant.1.account"),
        (
            '[[tenant]]\naccount = "a"\nname = "x"\n[[tenant]]\naccount = "A"\nname = "y"\n',
            "stands twice",
        ),
        ('[[tenant]]\naccount = "a"\nname = "x"\npassword = "geheim"\n', "password"),
        ('[[tenant]]\naccount = "a"\nname = "x"\npartners = "missing.csv"\n', "missing.csv"),
        ('[[tenant]]\naccount = "a"\nname = "x"\nretention_years = 6\n', "retention_years"),
        ('[tls]\ncertificate = "no.pem"\nkey = "no.pem"\n', "[tls]"),
        ("[smtp\n", "not TOML"),
    ],
)
def test_config_check_names_what_is_wrong(tmp_path: Path, more: str, said: str) -> None:
    done = edigate("config", "check", settings(tmp_path, more))
    assert done.returncode == 2
    assert said in done.stdout
    assert "Traceback" not in done.stderr


def test_config_check_as_json(tmp_path: Path) -> None:
    done = edigate("config", "check", settings(tmp_path, "[log]\nlevle = 3\n"), "--json")
    assert done.returncode == 2
    said = json.loads(done.stdout)
    assert "did you mean 'level'" in said["problems"][0]


def test_a_warning_is_no_error(tmp_path: Path) -> None:
    done = edigate("config", "check", settings(tmp_path, '[[tenant]]\naccount = "a"\nname = "x"\n'))
    assert done.returncode == 0
    assert "warning: tenant a: notify is empty" in done.stdout


def test_a_rule_is_explained_in_both_languages() -> None:
    german, english = edigate("explain", "UST-04"), edigate("explain", "UST-04", "--lang", "en")
    for done in (german, english):
        assert done.returncode == 0
        assert "§ 14 Abs. 4 Satz 1 Nr. 2 UStG" in done.stdout
    assert german.stdout != english.stdout
    assert json.loads(edigate("explain", "UST-04", "--json").stdout)["terms"] == ["BT-31", "BT-32"]


def test_an_official_rule_is_explained() -> None:
    done = edigate("explain", "BR-CO-15")
    assert done.returncode == 0
    assert "BR-CO-15" in done.stdout


def test_an_unknown_rule_names_near_ones() -> None:
    done = edigate("explain", "UST-94")
    assert done.returncode == 2
    assert "did you mean UST-" in done.stderr


def test_a_term_is_traced_to_its_segment_and_to_master_data() -> None:
    done = edigate("explain", EDI, "--term", "bt-31")
    assert done.returncode == 0
    assert "RFF+VA:" in done.stdout
    named = edigate("explain", EDI, "--term", "BT-27", "--partners", PARTNERS, "--json")
    (found,) = json.loads(named.stdout)
    assert found["origin"] == "master-data"
    assert found["segments"][0]["tag"] == "NAD"


@pytest.mark.parametrize(
    "arguments",
    [
        [EDI, "--term", "BT-9999"],
        [EDI, "--term", "seller"],
        [EDI, "--term", "BT-27", "--partners", "no.csv"],
        ["no.edi", "--term", "BT-1"],
    ],
)
def test_what_cannot_be_explained_is_named(arguments: list[str]) -> None:
    done = edigate("explain", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
