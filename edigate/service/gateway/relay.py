"""The relay queue at work: due deliveries -> next hop, retries, and reports to senders whose mail
cannot go on.

Never waits for the archive path; the archive path puts its notices into the same queue.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from edigate.config import Listen, Settings, Tenant
from edigate.errors import EdigateError, Unavailable
from edigate.mail.compose import return_path
from edigate.mail.dsn import Ending
from edigate.mail.next_hop import RecipientFate, RelayTls, Sent, attempts_within, next_attempt, send
from edigate.service.gateway import undelivered
from edigate.store import Delivery, LeaseLost, Mail, Store

log = structlog.get_logger("edigate.relay")

_AT_ONCE = 10
_POLL_SECONDS = 2.0
_SILENCE = 20.0
"""Most seconds for which a host that did not answer is not asked again."""
_LEASE = 1800.0
"""Longer than an attempt can last with all its timeouts, or a slow next hop would be sent the mail
twice at once."""


class Relay:
    """Sends what is due until told to stop."""

    def __init__(self, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings
        self._nudge = asyncio.Event()
        self._silent: dict[Listen, float] = {}
        self._running: set[asyncio.Task[None]] = set()

    def nudge(self) -> None:
        """Something may be due now."""
        self._nudge.set()

    async def run(self) -> None:
        """Serve until cancelled; attempts on their way are finished first."""
        try:
            while True:
                free = _AT_ONCE - len(self._running)
                try:
                    due = (
                        await self._store.in_thread(
                            self._store.claim_deliveries, limit=free, lease=_LEASE
                        )
                        if free > 0
                        else ()
                    )
                except EdigateError as reason:
                    log.warning("relay.store-unavailable", code=reason.code, reason=reason.message)
                    due = ()
                for delivery in due:
                    task = asyncio.create_task(self._attempt(delivery))
                    self._running.add(task)
                    task.add_done_callback(self._done)
                if not due:
                    await self._pause()
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=10)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._nudge.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._nudge.wait()
        except TimeoutError:
            pass
        self._nudge.clear()

    async def _attempt(self, delivery: Delivery) -> None:
        store, settings = self._store, self._settings()
        try:
            mail = await store.in_thread(store.mail, delivery.mail_id)
            tenant = account_of(delivery.recipient, settings)
            if tenant is not None and tenant.route is None:  # it had a route when the mail came
                await store.in_thread(
                    store.deposited, delivery, tenant.account, return_path(mail.sender)
                )
                log.info("relay.deposited", mail=delivery.mail_id, to=delivery.recipient)
                return
            try:
                result = await self._send(delivery, mail, settings)
            except (
                EdigateError,
                OSError,
            ) as reason:  # the mail or the smarthost's password cannot be read
                result = Sent(
                    delivery.recipient, RecipientFate.TEMPORARY, 0, "4.3.0", str(reason), "-"
                )
            await self._until_settled(delivery, mail, result, settings)
        except EdigateError as reason:
            # The lease runs out and the delivery is tried again; nothing else was written.
            log.warning(
                "relay.not-settled",
                mail=delivery.mail_id,
                to=delivery.recipient,
                reason=reason.message,
            )
        except Exception:  # one delivery must not stop the others
            log.exception("relay.defect", mail=delivery.mail_id, to=delivery.recipient)

    async def _until_settled(
        self, delivery: Delivery, mail: Mail, result: Sent, settings: Settings
    ) -> None:
        """Write the result down as soon as the store can be written: who took a mail must not be
        sent it again."""
        while True:
            try:
                await self._settle(delivery, mail, result, settings)
            except LeaseLost:
                raise
            except Unavailable as reason:
                log.warning(
                    "relay.waits-for-store", mail=mail.id, to=delivery.recipient, code=reason.code
                )
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return

    async def _send(self, delivery: Delivery, mail: Mail, settings: Settings) -> Sent:
        hop = next_hop(delivery.recipient, settings)
        if hop is None:
            reason = "no smarthost is configured for mail to other domains (smtp.smarthost)"
            return Sent(delivery.recipient, RecipientFate.TEMPORARY, 0, "4.4.4", reason, "-")
        if self._silent.get(hop, 0.0) > time.monotonic():
            reason = "the next host did not answer a moment ago"
            return Sent(delivery.recipient, RecipientFate.TEMPORARY, 0, "4.4.1", reason, str(hop))
        content = await self._store.in_thread(self._store.mail_content, mail.id)
        smarthost = hop == settings.smtp.smarthost
        password_file = settings.smtp.smarthost_password_file
        login = smarthost and bool(settings.smtp.smarthost_user) and password_file is not None
        results = await send(
            content,
            mail.sender,
            (delivery.recipient,),
            hop.host,
            hop.port,
            hostname=settings.hostname,
            tls=RelayTls.NONE if hop.loopback else RelayTls.STARTTLS,
            username=settings.smtp.smarthost_user if login else None,
            password=password_file.read_text("utf-8").strip() if login and password_file else None,
            smtputf8=not delivery.recipient.isascii() or not mail.sender.isascii(),
        )
        if results[0].fate is RecipientFate.TEMPORARY and not results[0].code:
            # One host that swallows connections must not keep the mails to all others waiting.
            self._silent[hop] = time.monotonic() + min(_SILENCE, settings.relay.first_retry_seconds)
        return results[0]

    async def _settle(
        self, delivery: Delivery, mail: Mail, result: Sent, settings: Settings
    ) -> None:
        store = self._store
        now = datetime.now(UTC)
        said = f"{result.remote}: {result.code or ''} {result.text}".strip()
        expired = _expired(delivery, settings, now)
        fields = {
            "mail": mail.id,
            "to": delivery.recipient,
            "attempt": delivery.attempts,
            "status": result.status,
        }
        if result.fate is RecipientFate.SENT:
            await store.in_thread(store.delivered, delivery, said)
            log.info("relay.sent", **fields, remote=result.remote)
        elif result.fate is RecipientFate.TEMPORARY and not expired:
            until = next_attempt(delivery.attempts, now, first=settings.relay.first_retry_seconds)
            await store.in_thread(store.deferred, delivery, until, said)
            log.warning("relay.deferred", **fields, reason=said, until=until.isoformat())
        else:
            ending = Ending.EXPIRED if result.fate is RecipientFate.TEMPORARY else Ending.REFUSED
            content = await store.in_thread(store.mail_content, mail.id)
            failure = undelivered.Failure(delivery, mail, content, result, ending)
            bounces = undelivered.told(failure, settings, now)
            await store.in_thread(store.failed, delivery, said, bounces)
            self._nudge.set()
            log.error(
                "relay.failed",
                **fields,
                reason=said,
                told=bounces[0].mail.recipients[0] if bounces else "",
            )


def _expired(delivery: Delivery, settings: Settings, now: datetime) -> bool:
    """Given up when its time is over by the clock, and so many attempts failed as take half of that
    time.

    The clock alone may have jumped, or the gateway may have been off meanwhile.
    """
    period = timedelta(hours=settings.relay.expire_hours)
    least = attempts_within(period / 2, first=settings.relay.first_retry_seconds)
    return now - delivery.created_at > period and delivery.attempts >= least


def next_hop(recipient: str, settings: Settings) -> Listen | None:
    """Where a mail goes on to: the tenant's route for a main account here, else the smarthost."""
    tenant = account_of(recipient, settings)
    return (
        tenant.route if tenant is not None and tenant.route is not None else settings.smtp.smarthost
    )


def account_of(address: str, settings: Settings) -> Tenant | None:
    """The tenant whose main account an address is."""
    name, _, domain = address.rpartition("@")
    return settings.tenant_of(name) if domain.lower() == settings.domain.lower() else None
