"""What a document is, and whether somebody still has to act on it."""

from enum import StrEnum


class DocumentState(StrEnum):
    """The verdict on a document; the same words as in the JSON of the contract."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not-checked"
    TEST = "test"
    NOT_AN_INVOICE = "not-an-invoice"
    DUPLICATE = "duplicate"


class Standing(StrEnum):
    """Whether somebody still has to act on a document, and if not, why.

    OPEN: held, somebody has to act; SETTLED by another document; CLOSED by a person with a reason;
    RELEASED: archived though invalid, by two people; DONE: nothing was ever to be done.
    """

    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"
    RELEASED = "released"
    DONE = "done"


FIRST_STANDING = {
    DocumentState.VALID: Standing.DONE,
    DocumentState.INVALID: Standing.OPEN,
    DocumentState.NOT_CHECKED: Standing.OPEN,
    DocumentState.TEST: Standing.DONE,
    DocumentState.NOT_AN_INVOICE: Standing.DONE,
    DocumentState.DUPLICATE: Standing.DONE,
}
"""What a verdict means for people at first."""
