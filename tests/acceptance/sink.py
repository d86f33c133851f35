"""A next hop that keeps what it is sent."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.gateway import free_port


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: list[str]
    content: bytes


class Sink:
    """Listens while it is entered; before, its port refuses connections."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Received] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        content = envelope.original_content or b""
        self.mails.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        return "250 kept"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    def wait_for(self, count: int, patience: float = 60.0) -> list[Received]:
        """The mails, once there are so many."""
        deadline = time.monotonic() + patience
        while len(self.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.mails)} of {count} mails arrived"
            time.sleep(0.05)
        return self.mails
