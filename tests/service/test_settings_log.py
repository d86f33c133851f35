"""What changed in the settings, while the gateway ran and while it stood still."""

from pathlib import Path

from edigate.config import Settings
from edigate.mail.accounts import hash_password
from edigate.service.gateway.settings_log import changes, changes_since_last_start, keep_in_force

HASH = hash_password("first")


def settings(folder: Path, **tenant: object) -> Settings:
    values = {
        "account": "2800001946",
        "name": "Tenant",
        "password": HASH,
        "edi_ids": ["4319876000028"],
    } | tenant
    return Settings.model_validate(
        {
            "hostname": "edi.example",
            "domain": "edi.example",
            "data": str(folder),
            "tenant": [values],
        }
    )


def test_what_changed_names_the_tenant_and_both_values(tmp_path: Path) -> None:
    found = changes(
        settings(tmp_path), settings(tmp_path, name="Other", password=hash_password("second"))
    )
    assert found == [
        ("tenant[2800001946].name", "Tenant", "Other"),
        ("tenant[2800001946].password", "***", "***"),
    ]


def test_the_first_start_and_an_unchanged_file_say_nothing(tmp_path: Path) -> None:
    assert changes_since_last_start(settings(tmp_path)) == []
    keep_in_force(settings(tmp_path))
    assert changes_since_last_start(settings(tmp_path)) == []


def test_what_was_changed_while_the_gateway_stood_still(tmp_path: Path) -> None:
    keep_in_force(settings(tmp_path))
    assert changes_since_last_start(settings(tmp_path, name="Other")) == [
        ("tenant[2800001946].name", "Tenant", "Other")
    ]


def test_no_secret_is_written_down_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    keep_in_force(settings(tmp_path))
    (file,) = tmp_path.iterdir()
    assert HASH not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_a_damaged_note_of_the_settings_is_said_and_replaced(tmp_path: Path) -> None:
    keep_in_force(settings(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_text("{", "utf-8")
    assert changes_since_last_start(settings(tmp_path)) == [
        (file.name, "unreadable", "written anew")
    ]
    keep_in_force(settings(tmp_path))
    assert changes_since_last_start(settings(tmp_path)) == []
