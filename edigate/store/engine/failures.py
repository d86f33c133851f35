"""The errors only the store raises, each still saying whose turn it is."""

from edigate.errors import EdigateError, Misconfigured, Unavailable


class LeaseLost(EdigateError):
    """The work's lease ran out and another worker has it: throw the result away, nothing was
    written."""

    def __init__(self, what: str) -> None:
        super().__init__("LEASE-LOST", f"{what} was taken over by another worker")


class DuplicateAppeared(Unavailable):
    """The same supplier and number became valid while this one was being converted: run the job
    again."""

    def __init__(self, number: str, document_id: str) -> None:
        super().__init__(
            "DUPLICATE-APPEARED",
            f"number {number} was archived meanwhile as document {document_id}",
        )
        self.document_id = document_id


class MaildropBusy(Unavailable):
    """Another POP3 session holds the account (RFC 1939 section 4; RFC 2449 response code
    IN-USE)."""

    def __init__(self) -> None:
        super().__init__("IN-USE", "another session has this mailbox open")


class Retained(Misconfigured):
    """A document may not be purged yet (§ 14b Abs. 1 UStG, § 147 Abs. 3 AO)."""


class Unknown(Misconfigured):
    """An id that the store does not hold, e.g. a mistyped document id on the command line."""

    def __init__(self, what: str, identifier: str) -> None:
        super().__init__("UNKNOWN-ID", f"no {what} {identifier}")
