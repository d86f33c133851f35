"""SMTP in: listeners for trading partners (MX) and for submission.

Must not know where mails are stored: it is given `accept`, which is awaited before every 250.
"""

import asyncio
import time
from collections.abc import Callable

from edigate.mail.accounts import Accounts, Passwords
from edigate.mail.admission import Connections, Failures, Memory
from edigate.mail.smtp.envelope import Accept, Envelope, Recipient, SmtpSettings
from edigate.mail.smtp.smtp_mail import MailSession
from edigate.mail.smtp.smtp_session import Shared

__all__ = ["Accept", "Envelope", "Recipient", "SmtpServer", "SmtpSettings"]


class SmtpServer:
    """Listeners of one kind: `await listen(host, port)` for each address, `await stop()` at the
    end."""

    def __init__(
        self,
        settings: SmtpSettings,
        accounts: Callable[[], Accounts],
        accept: Accept,
        passwords: Passwords | None = None,
        *,
        connections: Connections | None = None,
        failures: Failures | None = None,
        memory: Memory | None = None,
    ) -> None:
        if settings.submission and passwords is None:
            raise ValueError("a submission listener needs `passwords`")
        self.shared = Shared(
            settings=settings,
            accounts=accounts,
            accept=accept,
            passwords=passwords,
            connections=connections or Connections(),
            failures=failures or Failures(),
            memory=memory or Memory(_memory(settings)),
        )
        self._listeners: list[asyncio.Server] = []

    def renew(self, settings: SmtpSettings) -> None:
        """Other settings for connections made from now on."""
        self.shared.settings = settings
        self.shared.memory.limit = max(self.shared.memory.limit, _memory(settings))

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open a listening socket (port 0: any free one); the address it got.

        Raises: OSError when the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        context = self.shared.settings.tls if self.shared.settings.implicit_tls else None
        listener = await loop.create_server(
            lambda: MailSession(self.shared), host, port, ssl=context, backlog=256
        )
        self._listeners.append(listener)
        address = listener.sockets[0].getsockname()
        return str(address[0]), int(address[1])

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new connections or mails; mails on their way get `grace` seconds to finish, then
        all is closed."""
        self.shared.stopping = True
        for listener in self._listeners:
            listener.close()
        for session in tuple(self.shared.sessions):
            session.stop_when_idle()
        deadline = time.monotonic() + grace
        while any(session.busy for session in self.shared.sessions) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        last_replies_until = time.monotonic() + 0.1
        while self.shared.sessions and time.monotonic() < last_replies_until:
            await asyncio.sleep(0.005)
        for session in tuple(self.shared.sessions):
            session.abort()
        await asyncio.sleep(0)


def _memory(settings: SmtpSettings) -> int:
    """Bytes that mails under way may take: room for two of the largest."""
    return max(512 * 2**20, 2 * settings.max_size)
