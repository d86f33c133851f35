"""Settings -> what is allowed in them but probably not meant."""

from collections.abc import Iterator

from edigate.config.settings import Settings


def warnings(settings: Settings) -> Iterator[str]:
    """What is allowed but probably not meant."""
    if not settings.admins:
        yield "admins is empty: nobody is told when the gateway itself fails"
    yield from _unreachable(settings)
    for tenant in settings.tenant:
        if not tenant.notify:
            yield f"tenant {tenant.account}: notify is empty; its error mails go to admins"
        if tenant.password is None and tenant.password_file is None:
            yield f"tenant {tenant.account}: no password; its main account cannot log in"
        if tenant.archive_password is None and tenant.archive_password_file is None:
            yield f"tenant {tenant.account}: no archive_password; its archive account cannot log in"
    if settings.tls is None:
        for listen in (*settings.smtp.submission, *settings.pop3.listen):
            if not listen.loopback:
                yield f"{listen} is not loopback and [tls] is absent: nobody can log in there"


def _unreachable(settings: Settings) -> Iterator[str]:
    """Addresses that no mail of ours can reach."""
    accounts = {t.account.lower() for t in settings.tenant}
    named = [("admins", a) for a in settings.admins]
    named += [(f"tenant {t.account}: notify", a) for t in settings.tenant for a in t.notify]
    for where, address in named:
        name, _, domain = address.rpartition("@")
        if domain.lower() != settings.domain.lower():
            if settings.smtp.smarthost is None:
                yield f"{where}: no smtp.smarthost is set, so no mail can go to {address}"
        elif name.lower() not in accounts:
            yield f"{where}: {address} is no account here; mails to it are lost"
