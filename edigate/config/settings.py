"""What can be set: one class per section, one field per key, with its meaning and default.

Every key stands here once; `edigate config example`, the checks and the documentation are made from
it.
"""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from edigate.secrecy import masked_value


class Listen(NamedTuple):
    """An address to listen on or to connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _listen(value: object) -> object:
    if isinstance(value, Listen):
        return value
    if not isinstance(value, str):
        raise ValueError('write it as "host:port", for example "127.0.0.1:2525"')  # noqa: TRY004  (pydantic reports ValueError, not TypeError)
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(
            f'{masked_value(value)!r} is not an address; write "host:port", for example '
            '"127.0.0.1:2525"'
        )
    if any(sign in "@/" or sign.isspace() for sign in host):
        raise ValueError(
            'a host and a port alone, such as "192.0.2.25:587": no scheme, path or login may '
            "stand here"
        )
    return Listen(host, int(port))


Address = Annotated[
    Listen, BeforeValidator(_listen), PlainSerializer(str, return_type=str, when_used="json")
]
Mailbox = Annotated[str, Field(pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")]
AccountName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Argon2Hash = Annotated[str, Field(pattern=r"^\$argon2id\$")]


class Effect(StrEnum):
    """When a new value of a key takes effect after `edigate reload` or SIGHUP; the earliest first.

    RELOAD: with the reload, for what is done from then on. CONNECTION: for connections made after
    it. START: when the gateway is started again.
    """

    RELOAD = "reload"
    CONNECTION = "new connections"
    START = "restart"


class ClosedTable(BaseModel):
    """A table of the file: frozen, unknown keys refused.

    takes_effect: of its keys, where none of their own stands in their annotation.
    """

    takes_effect: ClassVar[Effect] = Effect.RELOAD
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Smtp(ClosedTable):
    """SMTP listeners and the way out."""

    takes_effect = Effect.CONNECTION

    listen: Annotated[tuple[Address, ...], Effect.START] = Field(
        (), description="MX port: trading partners, only for local accounts"
    )
    submission: Annotated[tuple[Address, ...], Effect.START] = Field(
        (), description="submission port: AUTH required"
    )
    smarthost: Address | None = Field(
        None, description='where mail for other domains goes, e.g. "127.0.0.1:2526"'
    )
    smarthost_user: Annotated[str, Effect.RELOAD] = Field(
        "", description="login at the smarthost; empty: none"
    )
    smarthost_password_file: Annotated[Path | None, Effect.RELOAD] = Field(
        None, description="file that holds the smarthost's password"
    )
    bare_newline: Literal["reject", "normalise"] = Field(
        "reject", description='mail with a bare CR or LF: "reject", or "normalise" to CRLF'
    )
    max_message_bytes: int = Field(
        104_857_600, ge=65_536, description="largest mail accepted, in bytes"
    )
    max_recipients: int = Field(100, ge=1, description="recipients per mail")
    max_connections: int = Field(200, ge=1, description="connections at once")
    max_connections_per_address: int = Field(
        20, ge=1, description="connections at once from one address"
    )
    timeout_seconds: int = Field(300, ge=1, description="a connection idle for so long is closed")


class Pop3(ClosedTable):
    """POP3 listeners."""

    takes_effect = Effect.CONNECTION

    listen: Annotated[tuple[Address, ...], Effect.START] = Field(
        (), description="POP3; STLS offered when [tls] is set"
    )
    listen_tls: Annotated[tuple[Address, ...], Effect.START] = Field(
        (), description="POP3 over TLS from the first byte (port 995)"
    )
    max_connections: int = Field(200, ge=1, description="connections at once")
    timeout_seconds: int = Field(
        600, ge=600, description="autologout; RFC 1939 asks for at least 600"
    )


class Tls(ClosedTable):
    """Certificate of the listeners."""

    takes_effect = Effect.CONNECTION

    certificate: Path = Field(description="certificate chain, PEM")
    key: Path = Field(description="private key, PEM")


class Storage(ClosedTable):
    """Where mails, documents and their history are kept."""

    database: Annotated[str, Effect.START] = Field(
        "", description='SQLAlchemy URL, e.g. "postgresql+psycopg://..."; empty: SQLite in `data`'
    )
    reserve_mib: Annotated[int, Effect.START] = Field(
        100,
        ge=0,
        description=(
            "disk space in MiB that mail from outside and archiving leave free; then mail gets 452"
        ),
    )
    keep_deleted_days: int = Field(
        30, ge=0, description="days a mail deleted by POP3 can be offered again"
    )
    keep_fetched_days: int = Field(
        90,
        ge=0,
        description="days a package stays after it was fetched, also when its retention is over",
    )


class Workers(ClosedTable):
    """Processes that convert."""

    count: Annotated[int, Effect.START] = Field(2, ge=1, le=64, description="worker processes")
    timeout_seconds: int = Field(120, ge=5, description="longest time for one mail's invoices")
    memory_mb: int = Field(
        2048, ge=512, description="address space beyond the engine's own before a worker is ended"
    )
    recycle_after: int = Field(
        500, ge=1, description="mails a worker converts before it is replaced"
    )
    recycle_grown_mb: int = Field(
        96, ge=16, description="memory a worker may have grown by before it is replaced"
    )


class Validation(ClosedTable):
    """How the official rules are run."""

    engine: Literal["fast", "official"] = Field(
        "fast",
        description='"fast": the official Schematron rewritten in memory; "official": untouched',
    )
    allow_unknown_artefacts: bool = Field(
        False, description="run rule files whose SHA-256 this release does not know"
    )


class Sealing(ClosedTable):
    """The gateway's signature on every package."""

    enabled: bool = Field(
        True, description="seal packages (PAdES certification, no changes allowed)"
    )
    key: Path | None = Field(
        None, description="private key, PEM or PKCS#12; absent: generated in `data`"
    )
    certificate: Path | None = Field(
        None, description="certificate chain, PEM; not needed with PKCS#12"
    )
    password_file: Path | None = Field(None, description="file that holds the key's password")
    timestamp_url: str = Field("", description="RFC 3161 time stamp authority; empty: none")


class Retries(ClosedTable):
    """Retries of mail that goes on to other hosts."""

    first_retry_seconds: int = Field(
        60, ge=1, description="pause after the first failure; doubles up to two hours"
    )
    expire_hours: int = Field(
        120, ge=1, description="then, tried often enough, the sender gets a report"
    )


class Notices(ClosedTable):
    """Mails to tenants about documents that were held or archived with warnings."""

    single_mails: int = Field(
        5, ge=0, description="documents of one supplier that get a mail each within the window"
    )
    window_seconds: int = Field(
        600,
        ge=1,
        description=(
            "length of the window; further documents wait until its end and are named in one mail"
        ),
    )


class Log(ClosedTable):
    """What edigate says while it runs."""

    takes_effect = Effect.START

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )
    format: Literal["json", "console"] = Field(
        "json", description='"json" (one event per line) or "console"'
    )


class OwnWeight(ClosedTable):
    """A tenant's own weight for a rule, within the limits of the rule catalogue."""

    rule: str = Field(description='rule id, e.g. "UST-10"')
    severity: Literal["error", "warning", "information"] = Field(
        description="its weight for this tenant"
    )
    reason: str = Field(
        "", description="why; mandatory when a rule of § 14 UStG is weakened; recorded"
    )


def _charset(name: str) -> str:
    """A character set Python knows and in which EDIFACT's own signs are ASCII."""
    try:
        fits = not name or "UNA:+.? 'UNB".encode(name) == b"UNA:+.? 'UNB"
    except LookupError:
        fits = False
    if not fits:
        raise ValueError(
            f"no character set for EDIFACT is called {name!r}; e.g. iso-8859-15, cp1252, utf-8"
        )
    return name


def _code(name: str, pattern: str, example: str) -> AfterValidator:
    """A code list's notation. example: what would be right."""

    def check(text: str) -> str:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is no {name}; write it like {example}")
        return text

    return AfterValidator(check)


Charset = Annotated[str, AfterValidator(_charset)]
PartnerId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=35)]
Qualifier = Annotated[str, _code("qualifier", "[A-Z0-9]{1,3}", '"II"')]
UnitCode = Annotated[str, _code("unit code", "[A-Z0-9]{1,8}", '"H87"')]
SenderOf = Annotated[str, Field(pattern=r"^[^@\s\x00-\x1f]*@[^@\s\x00-\x1f]+$")]
TextCode = Annotated[
    str, _code("text code", "[A-Z0-9]{1,3}:[A-Za-z0-9]{1,17}", '"AAK:ST3" (FTX 4451 and 4441)')
]


class Deviation(ClosedTable):
    """A known peculiarity of one partner's messages."""

    partner: PartnerId = Field(description="UNB sender id of the partner, or its GLN in any NAD")
    charset: Charset = Field(
        "", description='real character set of its files, e.g. "iso-8859-15"; by UNB sender id only'
    )
    decimal_mark: Literal["", ".", ","] = Field("", description="decimal mark it really uses")
    seller_qualifier: Qualifier = Field(
        "", description='NAD qualifier that is the seller, e.g. "II"'
    )
    buyer_qualifier: Qualifier = Field("", description='NAD qualifier that is the buyer, e.g. "BT"')
    quantity_qualifier: Qualifier = Field(
        "", description='QTY qualifier of the invoiced quantity, e.g. "12"'
    )
    units: Mapping[str, UnitCode] = Field(
        {}, description='its unit codes -> UN/ECE Rec 20, e.g. { STK = "H87" }'
    )
    texts: Mapping[TextCode, str] = Field(
        {},
        description=(
            'texts agreed for its FTX codes (4451:4441), e.g. { "AAK:ST3" = "Rabatte laut '
            'Vereinbarung" }'
        ),
    )
    near_reason_codes: bool = Field(
        False, description="give allowances and charges the EN 16931 code that comes near theirs"
    )
    delivery_note_date_is_supply_date: bool = Field(
        False, description="agreed: the delivery note's date is the date of supply"
    )
    issue_month_is_supply_month: bool = Field(
        False, description="always so with this partner: the month of issue is the month of supply"
    )
    cash_accounting: bool = Field(
        False, description="the partner taxes under § 20 UStG (Ist-Versteuerung)"
    )
    small_business: bool = Field(False, description="the partner is a Kleinunternehmer (§ 19 UStG)")
    margin_scheme: bool = Field(
        False, description="the partner's supplies fall under § 25 or § 25a UStG"
    )
    triangular: bool = Field(
        False, description="the partner's supplies are triangular (§ 25b UStG)"
    )
    private_property_service: bool = Field(
        False,
        description=(
            "private recipient of services on property: ask for the hint of § 14 Abs. 4 Nr. 9 UStG"
        ),
    )
    sealed_from: tuple[SenderOf, ...] = Field(
        (),
        description="its mail addresses, or @domain, from which files that cannot be opened here "
        "are expected: no mail about them",
    )
    edi_agreement: bool | None = Field(
        None, description="whether an EDI agreement is on file; absent: no record is kept"
    )


class Tenant(ClosedTable):
    """One customer of the gateway: a main account and its archive sub-account."""

    account: AccountName = Field(
        description="main account; ACCOUNT@domain; login name with or without the domain"
    )
    name: str = Field(description="name of the company, as reports show it")
    edi_ids: tuple[str, ...] = Field((), description="UNB ids and GLNs that are this tenant")
    password: Argon2Hash | None = Field(
        None, description="argon2id hash of the main account (`edigate passwd`)"
    )
    password_file: Path | None = Field(None, description="file that holds that hash")
    archive: AccountName = Field(
        "archive", description="archive sub-account: ACCOUNT.ARCHIVE@domain"
    )
    archive_password: Argon2Hash | None = Field(
        None, description="argon2id hash of the archive sub-account"
    )
    archive_password_file: Path | None = Field(None, description="file that holds that hash")
    notify: tuple[Mailbox, ...] = Field((), description="who gets error mails; absent: admins")
    notify_content: Literal["full", "minimal"] = Field(
        "full", description='"minimal": error mails without invoice data and attachments'
    )
    warnings: Literal["at-once", "daily", "never"] = Field(
        "at-once", description="mails about packages with warnings"
    )
    language: Literal["de", "en"] = Field("de", description="language of mails and pages")
    partners: Path | None = Field(
        None, description="CSV: gln,name,street,postcode,city,country,vat_id,tax_number"
    )
    vat_ids: tuple[str, ...] = Field(
        (), description="the tenant's own VAT ids; another one in a message is a warning"
    )
    networks: tuple[str, ...] = Field(
        (), description='networks whose mails are this tenant\'s own, e.g. "192.0.2.0/24"'
    )
    route: Address | None = Field(
        None, description="send mail for the main account on to this host, not to its mailbox"
    )
    retention_years: int = Field(
        8,
        ge=8,
        le=100,
        description=(
            "§ 14b UStG: eight years; for vouchers of banks, insurers, securities firms 10 "
            "(§ 147 Abs. 3 AO with Art. 97 § 19a EGAO, § 257 Abs. 4 HGB: look at the text in force)"
        ),
    )
    watch_other_documents: bool = Field(
        False,
        description="what is no invoice (pro forma, lists) stays open until somebody closes it",
    )
    logo: Path | None = Field(
        None, description="PNG or JPEG, shown only on invoices the tenant issues"
    )
    severity: tuple[OwnWeight, ...] = Field(
        (), description="[[tenant.severity]]: own weights of rules"
    )
    deviation: tuple[Deviation, ...] = Field(
        (), description="[[tenant.deviation]]: peculiarities of partners"
    )

    @model_validator(mode="after")
    def _networks_are_networks(self) -> "Tenant":
        for network in self.networks:
            ipaddress.ip_network(network)
        return self

    @model_validator(mode="after")
    def _one_deviation_a_partner(self) -> "Tenant":
        seen: set[str] = set()
        for deviation in self.deviation:
            if deviation.partner in seen:
                raise ValueError(
                    f"deviation of partner {deviation.partner!r} stands twice; write its keys in "
                    "one table"
                )
            seen.add(deviation.partner)
        return self


class Settings(ClosedTable):
    """The whole configuration."""

    hostname: Annotated[str, Effect.CONNECTION] = Field(
        description="name in SMTP and POP3 greetings and Message-IDs"
    )
    domain: Annotated[str, Effect.CONNECTION] = Field(
        description="addresses of the accounts: ACCOUNT@domain"
    )
    data: Annotated[Path, Effect.START] = Field(
        description="folder for the database, objects and keys"
    )
    admins: Annotated[tuple[Mailbox, ...], Effect.CONNECTION] = Field(
        (), description="who is told about failures of the gateway itself"
    )
    include: tuple[str, ...] = Field((), description='further files, e.g. ["tenants.d/*.toml"]')
    smtp: Smtp = Smtp()
    pop3: Pop3 = Pop3()
    tls: Tls | None = None
    store: Storage = Storage()
    workers: Workers = Workers()
    validation: Validation = Validation()
    seal: Sealing = Sealing()
    relay: Retries = Retries()
    notices: Notices = Notices()
    log: Log = Log()
    tenant: tuple[Tenant, ...] = ()

    @model_validator(mode="after")
    def _accounts_are_unique(self) -> "Settings":
        seen: set[str] = set()
        for tenant in self.tenant:
            if tenant.account.lower() in seen:
                raise ValueError(f"account {tenant.account!r} stands twice")
            seen.add(tenant.account.lower())
        return self

    def tenant_of(self, account: str) -> Tenant | None:
        """The tenant with this main account, letter case ignored."""
        return next((t for t in self.tenant if t.account.lower() == account.lower()), None)
