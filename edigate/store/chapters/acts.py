"""What a person does on the store, as the chain records it: by which account and, where one was
given, why.

Some acts destroy or hide; they need a reason. None is ever invented here or by a caller.
"""

from enum import StrEnum

from edigate.errors import Misconfigured


class Act(StrEnum):
    """What a person can ask of the store; the value is the word of the message that a reason is
    missing."""

    REPLAY = "replaying"
    RESEND = "offering again"
    LET_GO = "letting go"
    EXPORT = "exporting"
    HOLD = "holding"
    RETRY = "retrying"
    DROP = "dropping"
    DELETE = "deleting"
    RESTORE = "restoring"
    PURGE = "purging"
    CLOSE = "closing"
    ASK_RELEASE = "asking for a release"
    RELEASE = "releasing"
    RELOAD = "reloading"


NEED_A_REASON = frozenset(
    (
        Act.DROP,
        Act.DELETE,
        Act.RESTORE,
        Act.PURGE,
        Act.CLOSE,
        Act.ASK_RELEASE,
        Act.RELEASE,
        Act.RELOAD,
    )
)


def reason_for(act: Act, given: str | None) -> str:
    """The reason as it is recorded, "" for none. Raises: Misconfigured where the act needs one and
    none was given.

    Blank is what has no letter and no digit: spaces, invisible signs, a dash.
    """
    said = (given or "").strip()
    if any(sign.isalnum() for sign in said):
        return said
    if act in NEED_A_REASON:
        raise Misconfigured("REASON", f'{act.value} needs a reason: --reason "..."')
    return ""


def acted(act: Act, actor: str, reason: str | None) -> tuple[tuple[str, str], ...]:
    """The detail of an event: by whom, and why where that was said. Raises: like `reason_for`."""
    said = reason_for(act, reason)
    return (("by", actor), ("reason", said)) if said else (("by", actor),)
