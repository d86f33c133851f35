"""The errors of the house, by whose turn it is. Imports nothing of edigate but `secrecy`.

Each error has a stable `code` (listed with cause and cure in OPERATIONS.md) and a message that
names the cure. Secrets that show as such are masked when the error is made. Messages of `Rejected`
may be shown to trading partners: they hold no paths and no settings.
"""

from edigate.secrecy import masked


class EdigateError(Exception):
    """Base of every error edigate raises on purpose; `code` is stable, `exit_status` is the command
    line's."""

    exit_status = 4

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = masked(message)
        super().__init__(self.message)


class Rejected(EdigateError):
    """The sender's turn: what was sent cannot be accepted as it is."""

    exit_status = 3


class Unavailable(EdigateError):
    """Nobody's fault now: try again later (a full disk, a busy database, a peer that does not
    answer)."""


class Misconfigured(EdigateError):
    """The operator's turn: settings, files or rights are not as they must be."""

    exit_status = 2


class IntegrityViolated(EdigateError):
    """Stop and alarm: stored bytes are not what was stored."""
