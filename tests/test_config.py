"""Settings: what is right is read, what is wrong is named with its cure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edigate import config
from edigate.config import Listen, Settings, Tenant, reading
from edigate.config.reading import section_of
from edigate.config.settings import ClosedTable
from edigate.errors import Misconfigured

SMALLEST = """
hostname = "edi.example.com"
domain = "edi.example.com"
data = "data"
admins = ["ops@example.com"]
[smtp]
listen = ["127.0.0.1:2525"]
[[tenant]]
account = "2800001946"
name = "Baumarkt Süd AG"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "edigate.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_smallest_useful_file(tmp_path: Path) -> None:
    settings = config.load(written(tmp_path, SMALLEST))
    assert settings.smtp.listen == (Listen("127.0.0.1", 2525),)
    assert settings.data == tmp_path / "data"
    tenant = settings.tenant_of("2800001946")
    assert tenant is not None
    assert (tenant.archive, tenant.language, tenant.retention_years) == ("archive", "de", 8)


def _path_keys(section: type[ClosedTable], prefix: str = "") -> Iterator[str]:
    """Every key that holds a path, wherever it stands."""
    for key, field in section.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            yield from _path_keys(inner, f"{prefix}{key}.")
        elif "Path" in str(field.annotation):
            yield f"{prefix}{key}"


def test_every_path_counts_from_the_file_that_names_it(tmp_path: Path) -> None:
    keys = list(_path_keys(Settings))
    assert {"data", "tls.key", "seal.key", "tenant.logo", "tenant.password_file"} <= set(keys)
    document: dict[str, Any] = {}
    for key in keys:
        table = document
        *tables, last = key.split(".")
        for name in tables:
            table = table.setdefault(name, {})
        table[last] = "x/y"
    tenant = document.pop("tenant")
    found = reading._anchored(document, tmp_path, Settings) | {
        "tenant": reading._anchored(tenant, tmp_path, Tenant)
    }
    for key in keys:
        value: Any = found
        for name in key.split("."):
            value = value[name]
        assert value == str(tmp_path / "x/y"), key


def test_a_relative_path_of_an_included_tenant_counts_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "tenants.d").mkdir()
    included = '[[tenant]]\naccount = "2800001947"\nname = "B"\nlogo = "b.png"\n'
    (tmp_path / "tenants.d" / "b.toml").write_text(included, "utf-8")
    settings = config.load(
        written(tmp_path, SMALLEST + 'logo = "a.png"\n' + "[log]\n").with_name("edigate.toml")
    )
    assert settings.tenant[0].logo == tmp_path / "a.png"
    settings = config.load(written(tmp_path, 'include = ["tenants.d/*.toml"]\n' + SMALLEST))
    assert settings.tenant[1].logo == tmp_path / "tenants.d" / "b.png"


def test_the_shipped_example_is_what_the_program_prints() -> None:
    shipped = Path(__file__).parent.parent / "config.example.toml"
    assert shipped.read_text("utf-8") == config.example()


def test_the_example_can_be_loaded(tmp_path: Path) -> None:
    settings = config.load(written(tmp_path, config.example()))
    assert settings.tenant[0].notify == ("buchhaltung@example.com",)


def test_every_key_of_the_example_uncommented_is_known(tmp_path: Path) -> None:
    """A key or table that is commented out must be spelled as the program reads it."""
    lines = []
    for line in config.example().splitlines():
        bare = line.removeprefix("# ")
        key = bare.split(" = ")[0]
        meant = bare.startswith("[") or (" = " in bare and key.isidentifier())
        empty = ' = ""' in bare or " = {}" in bare
        lines.append(bare if meant and not empty else line)
    settings = config.load(written(tmp_path, "\n".join(lines)))
    assert settings.tls is not None
    assert settings.tenant[0].severity[0].rule == "UST-10"
    assert settings.tenant[0].deviation[0].partner == "4012345500004"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('hostnam = "x"\n', "did you mean 'hostname'?"),
        ("[pop3]\nlissten = []\n", "unknown key 'pop3.lissten'; did you mean 'listen'?"),
        ('[[tenant]]\naccount = "1"\nname = "A"\nnotfy = []\n', "did you mean 'notify'?"),
        ('[pop3]\nlisten = ["2110"]\n', 'write "host:port"'),
        ('[[tenant]]\naccount = "2800001946"\nname = "A"\n', "account '2800001946' stands twice"),
        ('[[tenant]]\naccount = "../x"\nname = "A"\n', "tenant.2.account"),
        (
            '[[tenant]]\naccount = "1"\nname = "A"\nretention_years = 5\n',
            "greater than or equal to 8",
        ),
        ('[[tenant]]\naccount = "1"\nname = "A"\npassword = "plain"\n', "tenant.2.password"),
        ('[[tenant]]\naccount = "1"\nname = "A"\nnetworks = ["nowhere"]\n', "nowhere"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, wrong: str, named: str) -> None:
    text = wrong + SMALLEST if wrong.startswith("hostnam") else SMALLEST + wrong
    with pytest.raises(Misconfigured) as caught:
        config.load(written(tmp_path, text))
    assert named in caught.value.message


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        config.load(written(tmp_path, "nonsense = 1\n"))
    for name in ("nonsense", "hostname", "domain", "data"):
        assert f"'{name}'" in caught.value.message


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"a = ", "not TOML"), (b'a = "\xff"', "not UTF-8"), (None, "no such file")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, named: str) -> None:
    file = tmp_path / "edigate.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=named):
        config.load(file)


def test_tenants_can_stand_in_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "tenants.d").mkdir()
    (tmp_path / "tenants.d" / "a.toml").write_text(
        '[[tenant]]\naccount = "7"\nname = "B"\npartners = "p.csv"\n'
    )
    settings = config.load(written(tmp_path, 'include = ["tenants.d/*.toml"]\n' + SMALLEST))
    found = settings.tenant_of("7")
    assert found is not None
    assert found.partners == tmp_path / "tenants.d" / "p.csv"


def test_an_included_file_may_be_named_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('[[tenant]]\naccount = "7"\nname = "B"\n')
    settings = config.load(written(tmp_path, f'include = ["{tmp_path}/more.toml"]\n' + SMALLEST))
    assert settings.tenant_of("7") is not None


def test_an_included_file_holds_only_tenants(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('hostname = "x"\n')
    with pytest.raises(Misconfigured, match="only \\[\\[tenant\\]\\] may stand here"):
        config.load(written(tmp_path, 'include = ["more.toml"]\n' + SMALLEST))


def test_warnings_name_what_is_probably_not_meant(tmp_path: Path) -> None:
    said = "\n".join(config.warnings(config.load(written(tmp_path, SMALLEST))))
    assert "notify is empty" in said
    assert "no archive_password" in said


@pytest.mark.parametrize(
    ("text", "loopback"), [("127.0.0.1:1", True), ("[::1]:1", True), ("0.0.0.0:1", False)]
)
def test_loopback_is_recognised(tmp_path: Path, text: str, loopback: bool) -> None:
    settings = config.load(written(tmp_path, SMALLEST + f'[pop3]\nlisten = ["{text}"]\n'))
    assert settings.pop3.listen[0].loopback is loopback
    assert str(settings.pop3.listen[0]) == text


def test_a_password_file_must_hold_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("plain\n")
    with pytest.raises(Misconfigured, match="holds no argon2id hash"):
        config.password_hash(None, file, "tenant 1")
