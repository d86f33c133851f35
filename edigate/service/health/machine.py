"""Settings and the machine -> diagnoses: folder, disk, files, certificate, ports, next hops,
limits.

Looks and never mends: nothing is sent, no listener stays open. Must not know the store or how
diagnoses are shown.
"""

import fcntl
import os
import resource
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edigate.config import Listen, Settings
from edigate.errors import EdigateError
from edigate.masterdata import read_csv
from edigate.service.conversion.agreed import partner_files
from edigate.service.health.diagnosis import Diagnosis, fail, ok, warn
from edigate.service.sealing import keys

_LITTLE_SPACE, _NO_SPACE = 5 * 2**30, 512 * 2**20
_CERTIFICATE_WARNING = timedelta(days=21)
_PATIENCE = 5.0
_WHO = "`edigate serve`"


def machine(settings: Settings) -> Iterator[Diagnosis]:
    """What the settings say about this machine and its neighbours."""
    yield _user()
    yield from _folder(settings)
    yield from _files(settings)
    yield from _certificate(settings)
    yield _seal(settings)
    yield from _listeners(settings)
    yield from _next_hops(settings)
    yield from _limits(settings)


def _user() -> Diagnosis:
    """Whoever takes over a process of root has the machine."""
    if os.geteuid() == 0:
        return warn(
            "user",
            "runs as root",
            "run doctor and serve as a user of its own, see the unit in OPERATIONS.md",
        )
    return ok("user", f"runs as uid {os.geteuid()}, not as root")


def _folder(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.data
    if not folder.exists():
        above = next(p for p in folder.absolute().parents if p.exists())
        if os.access(above, os.W_OK | os.X_OK):
            yield ok("data", f"{folder} does not exist yet; the first start makes it")
        else:
            yield fail(
                "data",
                f"{folder} does not exist and {above} may not be written",
                f"mkdir -m 700 {folder}",
            )
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        yield fail(
            "data",
            f"{folder} cannot be written: {error.strerror}",
            f"chown it to the user that runs {_WHO}",
        )
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield warn(
            "data", f"{folder} can be entered by others (mode {mode:o})", f"chmod 700 {folder}"
        )
    else:
        yield ok("data", f"{folder} can be written, and by nobody else")
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**30:.1f} GiB free in {folder}"
    if free < _NO_SPACE:
        yield fail("disk", said, "free some space; mail is refused with 452 when the disk is full")
    elif free < _LITTLE_SPACE:
        yield warn("disk", said, "plan more space: an archive only grows for eight years")
    else:
        yield ok("disk", said)


def _files(settings: Settings) -> Iterator[Diagnosis]:
    """Files the settings name: there, readable, secrets not readable by others, CSV in order."""
    secrets = [("tls.key", settings.tls.key if settings.tls else None)]
    secrets.append(("smtp.smarthost_password_file", settings.smtp.smarthost_password_file))
    for name, path in secrets:
        if path is not None:
            yield _secret(name, path)
    for tenant in settings.tenant:
        for file in partner_files(settings, tenant):
            if file == tenant.partners or file.exists():
                yield _master_data(f"tenant {tenant.account}", file)
        if tenant.logo is not None and not os.access(tenant.logo, os.R_OK):
            yield fail(
                "logo",
                f"tenant {tenant.account}: {tenant.logo} cannot be read",
                "mend the path or its rights",
            )


def _secret(name: str, path: Path) -> Diagnosis:
    if not os.access(path, os.R_OK):
        return fail(
            "secrets", f"{name}: {path} cannot be read", f"make it readable for the user of {_WHO}"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        return fail(
            "secrets",
            f"{name}: {path} can be read by everybody (mode {mode:o})",
            f"chmod 600 {path}",
        )
    return ok("secrets", f"{name}: {path} can be read, and not by everybody")


def _master_data(whose: str, path: Path) -> Diagnosis:
    try:
        known = read_csv(path.read_text("utf-8-sig"))
    except EdigateError as error:
        return fail(
            "partners",
            f"{whose}: {path}: {error.message}",
            "mend the line; until then no invoice is checked",
        )
    except (OSError, UnicodeDecodeError) as error:
        return fail(
            "partners",
            f"{whose}: {path}: {error}",
            "mend the path, its rights, or save it as UTF-8",
        )
    return ok("partners", f"{whose}: {len(known)} GLNs in {path}")


def _certificate(settings: Settings) -> Iterator[Diagnosis]:
    if settings.tls is None:
        open_ones = [
            a for a in (*settings.smtp.submission, *settings.pop3.listen) if not a.loopback
        ]
        if open_ones:
            yield fail(
                "tls",
                f"no [tls], but {open_ones[0]} is open to the network",
                "set [tls]; logins are refused without",
            )
        elif settings.pop3.listen_tls:
            yield fail("tls", "pop3.listen_tls needs a certificate", "set [tls]")
        else:
            yield ok("tls", "no certificate; logins are possible on loopback only")
        return
    try:
        certificate = x509.load_pem_x509_certificates(settings.tls.certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        yield fail(
            "tls", f"{settings.tls.certificate}: {error}", "put a PEM certificate chain there"
        )
        return
    until = certificate.not_valid_after_utc
    left = until - datetime.now(UTC)
    said = f"certificate for {', '.join(_names(certificate)) or 'nobody'} until {until:%Y-%m-%d}"
    if left < timedelta(0):
        yield fail("tls", f"{said}: expired", "renew it, then `systemctl reload edigate`")
    elif left < _CERTIFICATE_WARNING:
        yield warn(
            "tls", f"{said}: {left.days} days left", "renew it, then `systemctl reload edigate`"
        )
    else:
        yield ok("tls", said)
    if not any(_covers(name, settings.hostname) for name in _names(certificate)):
        yield warn(
            "tls",
            f"the certificate does not name {settings.hostname}",
            "clients that verify will refuse it",
        )


def _seal(settings: Settings) -> Diagnosis:
    """The key that packages are sealed with; one that the first start will make is not made
    here."""
    if not settings.seal.enabled:
        return warn(
            "seal",
            "packages are not sealed",
            "set seal.enabled = true, or see that the archive is immutable",
        )
    try:
        if keys.fingerprint(settings) is None:
            return ok("seal", "no key yet; the first start makes it")
        certificate = keys.sealer(settings).certificate
    except EdigateError as error:
        return fail(
            "seal",
            error.message,
            "mend it and restart; until then no worker starts and the jobs wait",
        )
    until = certificate.not_valid_after_utc
    said = (
        f"certificate until {until:%Y-%m-%d}, SHA-256 "
        f"{certificate.fingerprint(hashes.SHA256()).hex()}"
    )
    if until - datetime.now(UTC) < _CERTIFICATE_WARNING:
        return warn(
            "seal", said, "put a new key and certificate into [seal]; old packages stay verifiable"
        )
    return ok("seal", said)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(extension.value.get_values_for_type(x509.DNSName))


def _covers(name: str, host: str) -> bool:
    if name.startswith("*."):
        return name[2:].lower() == host.partition(".")[2].lower()
    return name.lower() == host.lower()


def _listeners(settings: Settings) -> Iterator[Diagnosis]:
    smtp, pop3 = settings.smtp, settings.pop3
    listen = (*smtp.listen, *smtp.submission, *pop3.listen, *pop3.listen_tls)
    if not listen:
        yield fail("ports", "no listener is configured", "set smtp.listen and pop3.listen")
    for address in listen:
        try:
            family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
            with closing(socket.socket(family)) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(tuple(address))
            yield ok("ports", f"{address} is free")
        except PermissionError:
            yield fail(
                "ports",
                f"{address}: not allowed",
                "give CAP_NET_BIND_SERVICE, see the unit in OPERATIONS.md",
            )
        except OSError as error:
            pid = running_daemon(settings) if _answers(address) else ""
            if pid:
                yield ok("ports", f"{address} is served by the running edigate (pid {pid})")
            else:
                why = error.strerror or str(error)
                yield fail(
                    "ports",
                    f"{address}: {why}",
                    "`ss -ltnp` says who has it; end that or take another port",
                )


def running_daemon(settings: Settings) -> str:
    """The process id of the daemon that holds the data folder, empty when none does."""
    try:
        with (settings.data / "edigate.lock").open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read(32).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        return ""
    return ""


def _answers(address: Listen) -> bool:
    try:
        socket.create_connection((address.host, address.port), timeout=_PATIENCE).close()
    except OSError:
        return False
    return True


def _next_hops(settings: Settings) -> Iterator[Diagnosis]:
    hops = {"smarthost": settings.smtp.smarthost} | {
        f"route of {t.account}": t.route for t in settings.tenant
    }
    for name, address in hops.items():
        if address is None:
            continue
        try:
            with socket.create_connection(
                (address.host, address.port), timeout=_PATIENCE
            ) as connection:
                greeting = connection.recv(512).decode("ascii", "replace")
        except OSError as error:
            yield fail(
                "next hop",
                f"{name} {address}: {error}",
                "mails to it wait in the queue until it answers",
            )
            continue
        if greeting.startswith("220"):
            yield ok("next hop", f"{name} {address} answers: {greeting.strip()[:60]}")
        else:
            said = greeting.strip()[:60] or "nothing"
            yield fail(
                "next hop",
                f"{name} {address} says {said!r}",
                "it must be an SMTP server that lets us in",
            )


def _limits(settings: Settings) -> Iterator[Diagnosis]:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.smtp.max_connections + 2 * settings.pop3.max_connections + 200
    said = f"{allowed} open files allowed here, about {needed} needed at most"
    yield (
        ok("files", said)
        if allowed >= needed
        else warn("files", said, "LimitNOFILE= in the unit, or `ulimit -n`")
    )
