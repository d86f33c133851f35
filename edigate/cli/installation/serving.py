"""`edigate serve`: run the gateway, from a configuration file or as the embedded default."""

import argparse
import asyncio
import json
import os
import secrets
from functools import partial
from pathlib import Path

from edigate import config
from edigate.cli.operating.on_store import name_settings
from edigate.config import Listen, Pop3, Settings, Smtp, Tenant, Whereabouts
from edigate.daemon import Daemon
from edigate.errors import Misconfigured
from edigate.mail.accounts import hash_password
from edigate.service.gateway import logs

_FOLDER = Path("edigate-data")
_ACCOUNT, _NOTICES = "1000000001", "notices"


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `serve`."""
    absent = "TOML; absent: $EDIGATE_CONFIG, else the embedded default in ./edigate-data"
    command.add_argument("--config", metavar="FILE", type=Path, help=absent)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve; returns when the daemon was told to stop."""
    found = _found(options.config)
    file = found.file
    try:
        settings = config.load(file)
    except Misconfigured:
        name_settings(found)
        raise
    daemon = Daemon(settings, partial(config.load, file))
    os.umask(0o077)
    logs.configure(settings.log.level, settings.log.format)
    if not found.said:
        logs.settings_found(file)
    if os.geteuid() == 0:
        logs.warn("serve runs as root: give it a user of its own, see the unit in OPERATIONS.md")
    for warning in config.warnings(settings):
        logs.warn(warning)
    asyncio.run(daemon.run())
    return 0


def _found(given: Path | None) -> Whereabouts:
    """The file given, else that of EDIGATE_CONFIG, else the embedded default's, which is made where
    it is missing."""
    if given is not None:
        return Whereabouts(given, True, "--config")
    named = config.of_variable()
    if named is not None:
        return named
    file = _FOLDER / "config.toml"
    if not file.exists():
        _embedded(file)
    return Whereabouts(file, False, "embedded default")


def _embedded(file: Path) -> None:
    """Write the embedded default's settings with generated accounts, and print the passwords this
    once."""
    main, archive, notices = (secrets.token_urlsafe(12) for _ in range(3))
    settings = Settings(
        hostname="localhost",
        domain="edigate.localhost",
        data=_FOLDER.absolute(),
        admins=(f"{_NOTICES}@edigate.localhost",),
        smtp=Smtp(listen=(Listen("127.0.0.1", 2525),), submission=(Listen("127.0.0.1", 2587),)),
        pop3=Pop3(listen=(Listen("127.0.0.1", 2110),)),
        tenant=(
            Tenant(
                account=_ACCOUNT,
                name="Tenant",
                password=hash_password(main),
                archive_password=hash_password(archive),
                notify=(f"{_NOTICES}@edigate.localhost",),
            ),
            Tenant(account=_NOTICES, name="Notices", password=hash_password(notices)),
        ),
    )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(_toml(settings), "utf-8")
    print(f"Embedded default; settings in {file}. These passwords are shown only now:")
    print(f"  main account     {_ACCOUNT}@edigate.localhost            password {main}")
    print(f"  archive account  {_ACCOUNT}.archive@edigate.localhost    password {archive}")
    print(f"  error mails      {_NOTICES}@edigate.localhost               password {notices}")
    print("SMTP 127.0.0.1:2525 (partners) and :2587 (submission), POP3 127.0.0.1:2110", flush=True)


def _toml(settings: Settings) -> str:
    """The smallest file that says the same as `settings`."""
    said = _quoted
    lines = [
        f"hostname = {said(settings.hostname)}",
        f"domain = {said(settings.domain)}",
        f"data = {said(settings.data)}",
        f"admins = [{said(settings.admins[0])}]",
        (
            f"[smtp]\nlisten = [{said(settings.smtp.listen[0])}]\nsubmission = "
            f"[{said(settings.smtp.submission[0])}]"
        ),
        f"[pop3]\nlisten = [{said(settings.pop3.listen[0])}]",
    ]
    for tenant in settings.tenant:
        lines += ["[[tenant]]", f"account = {said(tenant.account)}", f"name = {said(tenant.name)}"]
        lines.append(f"password = {said(tenant.password)}")
        if tenant.archive_password:
            lines.append(f"archive_password = {said(tenant.archive_password)}")
        if tenant.notify:
            lines.append(f"notify = [{said(tenant.notify[0])}]")
    return "\n".join(lines) + "\n"


def _quoted(value: object) -> str:
    """A TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(str(value), ensure_ascii=False)
