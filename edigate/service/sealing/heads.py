"""The end of the audit chain, signed: who keeps it elsewhere can show later that nothing before it
was changed.

A head is lines `name: value` in the order below, then `signature` over exactly these lines (UTF-8,
LF), then `stamp`, an RFC 3161 token over the signature. Long values go on in lines that begin with
a blank. Names that a reader does not know are signed like the others, so later versions may add
some.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from edigate.config import Settings
from edigate.errors import Rejected
from edigate.pdf.seal.token import read_token
from edigate.service.sealing.keys import GatewaySealer
from edigate.store import Anchor, Copy, Problem, Store

FORMAT = "1"
_BEGIN, _END = "-----BEGIN EDIGATE HEAD-----", "-----END EDIGATE HEAD-----"
_BLOCK = re.compile(f"{_BEGIN}\\r?\\n(.*?){_END}", re.DOTALL)
_NEEDED = ("format", "gateway", "events", "hash", "at", "made", "key", "certificate")
_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head. said: names and values, in order; stamp: DER, empty without."""

    said: tuple[tuple[str, str], ...]
    signature: bytes
    stamp: bytes = b""

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return "".join(f"{name}: {value}\n" for name, value in self.said).encode()

    @property
    def anchor(self) -> Anchor:
        """What the chain is compared with."""
        values = dict(self.said)
        return Anchor(int(values["events"]), values["hash"], values["at"] or values["made"])


def make(
    store: Store | Copy, settings: Settings, sealer: GatewaySealer, now: datetime | None = None
) -> Head:
    """The head as it is now. Raises: Unavailable."""
    seq, digest, at = store.chain_head_at()
    certificate = sealer.certificate.public_bytes(Encoding.DER)
    said = (
        ("format", FORMAT),
        ("gateway", settings.hostname),
        ("events", str(seq)),
        ("hash", digest),
        ("at", "" if at is None else at.isoformat(timespec="microseconds")),
        ("made", (now or datetime.now(UTC)).isoformat(timespec="seconds")),
        ("key", sealer.fingerprint),
        ("certificate", base64.b64encode(certificate).decode()),
    )
    unsigned = Head(said, b"")
    signature = sealer.sign(unsigned.signed)
    return Head(said, signature, sealer.stamp(signature) or b"")


def as_text(head: Head) -> str:
    """For print, terminal and mail."""
    lines = [line for name, value in _all(head) for line in _folded(f"{name}: {value}")]
    return "\n".join((_BEGIN, *lines, _END)) + "\n"


def as_json(head: Head) -> Mapping[str, str]:
    """The same as JSON; the order of the names counts."""
    return dict(_all(head))


def _all(head: Head) -> Iterator[tuple[str, str]]:
    yield from head.said
    yield "signature", base64.b64encode(head.signature).decode()
    if head.stamp:
        yield "stamp", base64.b64encode(head.stamp).decode()


def _folded(line: str) -> Iterator[str]:
    yield line[:_WIDTH]
    for start in range(_WIDTH, len(line), _WIDTH):
        yield f" {line[start : start + _WIDTH]}"


def read(content: bytes, name: str) -> Head:
    """A head out of its text, its JSON or a mail that holds it. name: of the file, for the message.

    Raises: Rejected when there is none, or one of a later format.
    """
    found = [head for text in _texts(content) for head in _heads(text)]
    if not found:
        raise Rejected("HEAD", f"{name} holds no head of an audit chain, or not a whole one")
    # a mail may hold it twice, once in a form that a mail server touched
    head = next((h for h in found if _signed(h)), found[0])
    if dict(head.said)["format"] != FORMAT:
        raise Rejected(
            "HEAD", f"{name} holds a head of a later format; verify it with a newer edigate"
        )
    return head


def _texts(content: bytes) -> Iterator[str]:
    text = content.decode("utf-8", "replace")
    yield text
    if re.match(r"[A-Za-z-]+:|From ", text):
        for part in message_from_bytes(content, policy=policy.default).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")


def _heads(text: str) -> Iterator[Head]:
    for block in _BLOCK.finditer(text):
        unfolded = re.sub(r"\r?\n[ \t]", "", block[1])
        lines = [line.rstrip("\r").partition(":") for line in unfolded.split("\n") if line.strip()]
        yield from _head([(name, value.removeprefix(" ")) for name, _, value in lines])
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            return
        if isinstance(found, dict) and all(isinstance(v, str) for v in found.values()):
            yield from _head(list(found.items()))


def _head(pairs: Sequence[tuple[str, str]]) -> Iterator[Head]:
    values = dict(pairs)
    if (
        len(values) != len(pairs)
        or not {*_NEEDED, "signature"} <= values.keys()
        or not values["events"].isdigit()
    ):
        return
    try:
        signature, stamp = (
            base64.b64decode(values.get(name, ""), validate=True) for name in ("signature", "stamp")
        )
    except ValueError:
        return
    yield Head(tuple(p for p in pairs if p[0] not in ("signature", "stamp")), signature, stamp)


def problems(head: Head, trusted: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with a head by itself. trusted: SHA-256 of the gateway's certificates."""
    values = dict(head.said)
    subject = f"event {values['events']}"
    if not _signed(head):
        yield Problem("HEAD", subject, "head_signature")
    elif _fingerprint(values["certificate"]) not in trusted:
        yield Problem(
            "HEAD",
            subject,
            "head_foreign",
            (("key", values["key"]), ("gateway", values["gateway"])),
        )
    if head.stamp and not read_token(head.stamp, head.signature).intact:
        yield Problem("HEAD", subject, "head_stamp")


def _fingerprint(certificate: str) -> str:
    return (
        x509.load_der_x509_certificate(base64.b64decode(certificate))
        .fingerprint(hashes.SHA256())
        .hex()
    )


def _signed(head: Head) -> bool:
    """Whether the signature is over these lines, by the key they name."""
    values = dict(head.said)
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(values["certificate"]))
        key = certificate.public_key()
        if certificate.fingerprint(hashes.SHA256()).hex() != values["key"]:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(head.signature, head.signed, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(head.signature, head.signed, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except (ValueError, InvalidSignature):
        return False
    return True
