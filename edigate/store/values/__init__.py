"""The values that cross the door of the store: `New...` are written, the others are read. All are
frozen.

Moments are aware UTC datetimes, digests are SHA-256 in lower-case hex, sizes are octets, amounts
are Decimal.
"""

from edigate.store.values.counts import (
    MailboxMessage,
    MailboxStatus,
    Status,
    Usage,
    UsageDirection,
)
from edigate.store.values.history import (
    EVERY_OBJECT,
    Anchor,
    Event,
    EventKind,
    NewEvent,
    Problem,
    Share,
)
from edigate.store.values.lives import (
    Closing,
    Expired,
    PurgePlan,
    PurgeRules,
)
from edigate.store.values.mails import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Direction,
    Dispatch,
    Entrance,
    Job,
    JobState,
    KnownDocument,
    Mail,
    NewDelivery,
    NewJob,
    NewMail,
)
from edigate.store.values.records import (
    ArchiveMail,
    Document,
    DocumentFile,
    DocumentOutcome,
    MissingPartner,
    NewDocument,
    NewFile,
    Outcome,
    PreviousDocument,
    Search,
    UnknownPartner,
)
from edigate.store.values.states import FIRST_STANDING, DocumentState, Standing

__all__ = [
    "EVERY_OBJECT",
    "FIRST_STANDING",
    "Anchor",
    "ArchiveMail",
    "Closing",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Direction",
    "Dispatch",
    "Document",
    "DocumentFile",
    "DocumentOutcome",
    "DocumentState",
    "Entrance",
    "Event",
    "EventKind",
    "Expired",
    "Job",
    "JobState",
    "KnownDocument",
    "Mail",
    "MailboxMessage",
    "MailboxStatus",
    "MissingPartner",
    "NewDelivery",
    "NewDocument",
    "NewEvent",
    "NewFile",
    "NewJob",
    "NewMail",
    "Outcome",
    "PreviousDocument",
    "Problem",
    "PurgePlan",
    "PurgeRules",
    "Search",
    "Share",
    "Standing",
    "Status",
    "UnknownPartner",
    "Usage",
    "UsageDirection",
]
