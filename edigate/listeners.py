"""Settings -> the ways in: every listener with its addresses, limits and accounts, opened, renewed
after a reload, and stopped together.

A further protocol is one more function here that makes its ways; the daemon does not change. Must
not know what becomes of mail: it is given `accept`.
"""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edigate.config import Listen, Settings, password_hash
from edigate.errors import Misconfigured
from edigate.mail.accounts import Account, Accounts, Passwords
from edigate.mail.admission import Connections, Failures
from edigate.mail.pop3.pop3_server import OpenMaildrop, Pop3Server, Pop3Settings
from edigate.mail.smtp.data import BareNewline
from edigate.mail.smtp.smtp_server import Accept, SmtpServer, SmtpSettings
from edigate.mail.tls import renew, server_tls
from edigate.store import Store, new_id


class Listener(Protocol):
    """One protocol on any number of addresses. It counts connections at accept itself, with
    counters that it is given."""

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open a listening socket (port 0: any free one); the address it got. Raises: OSError."""

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new connections; those on their way get `grace` seconds to finish."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the settings say that the listeners offer. tls: None where there is no certificate."""

    settings: Settings
    accounts: Accounts
    tls: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way in. name: as logs say it. take: gives the listener a new offer, for connections made
    from then on."""

    name: str
    addresses: tuple[Listen, ...]
    listener: Listener
    take: Callable[[Offer], None]


@dataclass(frozen=True, slots=True)
class Common:
    """What all ways share."""

    offer: Callable[[], Offer]
    accept: Accept
    store: Store
    passwords: Passwords
    failures: Failures

    def accounts(self) -> Accounts:
        """The accounts in force at this moment."""
        return self.offer().accounts


class Listeners:
    """All ways in. `addresses` by name of the way, once it is open."""

    def __init__(self, settings: Settings, accept: Accept, store: Store) -> None:
        """Raises: Misconfigured for a password, certificate or key that cannot be used."""
        self._offer = offer_of(settings)
        self.addresses: dict[str, list[Listen]] = {}
        self._passwords = Passwords()
        common = Common(lambda: self._offer, accept, store, self._passwords, Failures())
        self._ways = (*smtp_ways(common), *pop3_ways(common))

    async def open(self) -> None:
        """Listen everywhere. Raises: Misconfigured, naming the address that cannot be had."""
        for way in self._ways:
            for address in way.addresses:
                self.addresses.setdefault(way.name, []).append(await _opened(way, address))

    def renew(self, settings: Settings) -> None:
        """Offer what new settings say, for connections made from now on; all of it or nothing.

        Raises: Misconfigured as at the start.
        """
        offer = offer_of(settings)
        if settings.tls is not None and self._offer.tls is not None:
            # listeners that speak TLS from the first byte hold the context they were opened with
            renew(self._offer.tls, settings.tls.certificate, settings.tls.key)
            offer = Offer(settings, offer.accounts, self._offer.tls)
        self._offer = offer
        for way in self._ways:
            way.take(offer)

    async def stop(self) -> None:
        """Close every way in; sessions on their way finish first."""
        await asyncio.gather(*(way.listener.stop() for way in self._ways))
        self._passwords.close()


def smtp_ways(common: Common) -> Iterator[WayIn]:
    """The MX port for partners and submission for those who log in; both count as one."""
    connections = Connections()
    listens = common.offer().settings.smtp
    for name, addresses in (("mx", listens.listen), ("submission", listens.submission)):
        server = SmtpServer(
            _smtp_settings(name, common.offer()),
            common.accounts,
            common.accept,
            common.passwords,
            connections=connections,
            failures=common.failures,
        )

        def take(offer: Offer, name: str = name, server: SmtpServer = server) -> None:
            smtp = offer.settings.smtp
            connections.limit(smtp.max_connections, smtp.max_connections_per_address)
            server.renew(_smtp_settings(name, offer))

        take(common.offer())
        yield WayIn(name, addresses, server, take)


def _smtp_settings(name: str, offer: Offer) -> SmtpSettings:
    settings, smtp = offer.settings, offer.settings.smtp
    return SmtpSettings(
        hostname=settings.hostname,
        new_id=new_id,
        name=name,
        submission=name == "submission",
        postmaster=f"postmaster@{settings.domain}" if settings.admins else None,
        smarthost=smtp.smarthost is not None,
        tls=offer.tls,
        max_size=smtp.max_message_bytes,
        max_recipients=smtp.max_recipients,
        idle=float(smtp.timeout_seconds),
        bare_newline=BareNewline(smtp.bare_newline),
    )


def pop3_ways(common: Common) -> Iterator[WayIn]:
    """POP3, in clear until STLS and over TLS from the first byte; each has limits of its own."""
    listens = common.offer().settings.pop3
    for name, addresses in (("pop3", listens.listen), ("pop3s", listens.listen_tls)):
        connections = Connections()
        server = Pop3Server(
            _pop3_settings(name, common.offer()),
            common.accounts,
            _maildrops(common),
            common.passwords,
            connections=connections,
            failures=common.failures,
        )

        def take(
            offer: Offer,
            name: str = name,
            server: Pop3Server = server,
            connections: Connections = connections,
        ) -> None:
            most = offer.settings.pop3.max_connections
            connections.limit(most, most)
            server.renew(_pop3_settings(name, offer))

        take(common.offer())
        yield WayIn(name, addresses, server, take)


def _pop3_settings(name: str, offer: Offer) -> Pop3Settings:
    return Pop3Settings(
        hostname=offer.settings.hostname,
        tls=offer.tls,
        implicit_tls=name == "pop3s",
        idle=float(offer.settings.pop3.timeout_seconds),
    )


def _maildrops(common: Common) -> OpenMaildrop:
    """Opens maildrops whose lock outlives a session that is idle as long as it may be."""
    return lambda account: common.store.open_maildrop(
        account, lease=common.offer().settings.pop3.timeout_seconds + 60.0
    )


async def _opened(way: WayIn, address: Listen) -> Listen:
    try:
        return Listen(*await way.listener.listen(address.host, address.port))
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise Misconfigured(
            "LISTEN",
            f"{way.name}: cannot listen on {address}: {why}; is another program using the port?",
        ) from None


def offer_of(settings: Settings) -> Offer:
    """Raises: Misconfigured for a password file, certificate or key that cannot be used."""
    return Offer(settings, accounts_of(settings), tls_of(settings))


def accounts_of(settings: Settings) -> Accounts:
    """Every login of the configuration; one without a password exists (mail reaches it) and cannot
    log in.

    Raises: Misconfigured for a password file that cannot be read.
    """
    accounts = []
    for tenant in settings.tenant:
        whose = f"tenant {tenant.account}"
        main = password_hash(tenant.password, tenant.password_file, whose)
        archive = password_hash(tenant.archive_password, tenant.archive_password_file, whose)
        accounts.append(Account(tenant.account, main or "!"))
        accounts.append(Account(f"{tenant.account}.{tenant.archive}", archive or "!", archive=True))
    return Accounts(settings.domain, accounts)


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """The listeners' TLS. Raises: Misconfigured when certificate or key cannot be used."""
    return None if settings.tls is None else server_tls(settings.tls.certificate, settings.tls.key)
