"""Ten kill -9 at random moments under load: every accepted mail is relayed exactly once, and each
of its INVOIC is archived exactly once per tenant, or held once."""

import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.acceptance.gateway import (
    ARCHIVE,
    MAIN,
    NOTICES,
    SUPPLIER,
    SUPPLIER_ARCHIVE,
    Gateway,
    edi_mail,
    on_both_databases,
    parsed,
)
from tests.generate import interchange, invoice
from tests.soak import rounds

pytestmark = [pytest.mark.acceptance, on_both_databases]

KILLS = 10


class Partner(threading.Thread):
    """Sends mails one after the other and remembers which were acknowledged, as a real sender does:
    what was not acknowledged is sent again, with the same Message-ID."""

    def __init__(self, gateway: Gateway, name: str, *, own: bool) -> None:
        super().__init__(daemon=True)
        self.gateway, self.label, self.own = gateway, name, own
        self.done = threading.Event()
        self.acknowledged: list[str] = []
        self.doubtful: set[str] = set()
        self.refused: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.done.is_set():
            number += 1
            key = f"{self.label}-{number}"
            held = number % 5 == 0
            messages = [
                invoice(2, f"A-{key}", reference="1"),
                invoice(2, f"B-{key}", reference="2", tax_id=not held),
            ]
            mail = edi_mail((f"{key}.edi", interchange(messages, reference=key)), subject=key)
            while not self.done.is_set() and not self._send(key, mail):
                time.sleep(0.1)
            time.sleep(0.05)

    def _send(self, key: str, mail: bytes) -> bool:
        gateway = self.gateway
        try:
            with smtplib.SMTP(
                "127.0.0.1", gateway.submission if self.own else gateway.mx, timeout=20
            ) as client:
                client.ehlo()
                if self.own:
                    client.login(SUPPLIER, "Rhabarber 12 Kompott")
                # a refusal is no loss of connection: it would only mean that this partner sends
                # nothing
                self._expect(250, client.mail("edi@partner.example"))
                self._expect(250, client.rcpt(f"{MAIN}@edi.example"))
                # From here on an acknowledgement may get lost: the mail may be taken although
                # nobody says so.
                self.doubtful.add(key)
                status, _ = client.data(mail)
                if status == 250:
                    self.acknowledged.append(key)
                    self.doubtful.discard(key)
                    return True
        except (OSError, smtplib.SMTPException):
            return False
        return False

    def _expect(self, wanted: int, reply: tuple[int, bytes]) -> None:
        """Note a reply that is neither yes nor "later" (4xx: a worker or the disk was not
        ready)."""
        status, text = reply
        if status != wanted and not 400 <= status < 500:
            self.refused.append(f"{status} {text.decode('ascii', 'replace')}")
        if status != wanted:
            raise smtplib.SMTPResponseException(status, text)


@pytest.mark.parametrize("round_", rounds(4))
def test_ten_kills_lose_nothing_and_double_nothing(
    make: Callable[..., Gateway], round_: int
) -> None:
    seed = random.randrange(10**6)
    print(f"round {round_}, seed {seed}")
    dice = random.Random(seed)
    gateway = make(workers=2)
    gateway.start()
    partners = [Partner(gateway, "mx", own=False), Partner(gateway, "own", own=True)]
    for partner in partners:
        partner.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.3, 3.0))
        gateway.kill()
        gateway.start()
    time.sleep(1)
    for partner in partners:
        partner.done.set()
    for partner in partners:
        partner.join(60)
    gateway.settled()

    acknowledged = {key for partner in partners for key in partner.acknowledged}
    doubtful = {key for partner in partners for key in partner.doubtful}
    for partner in partners:
        assert not partner.refused, f"{partner.label} was refused"
        assert len(partner.acknowledged) >= KILLS // 2, (
            f"{partner.label}: too little load to mean anything"
        )

    relayed = Counter(str(parsed(m)["Subject"]) for m in gateway.fetch(MAIN))
    assert acknowledged <= set(relayed), "an acknowledged mail was lost"
    # A mail whose acknowledgement got lost was sent again by its sender: two mails, each relayed
    # once.
    once = {key for key in acknowledged if key not in doubtful}
    with gateway.store() as store:
        taken = Counter(
            m.subject
            for m in (store.mail(j.mail_id) for j in store.jobs(tenant=MAIN, limit=100_000))
        )
    assert relayed == taken, "a mail was relayed more or less often than it was taken"

    archived = Counter(str(parsed(m)["X-Edigate-Invoice-Number"]) for m in gateway.fetch(ARCHIVE))
    outgoing = Counter(
        str(parsed(m)["X-Edigate-Invoice-Number"]) for m in gateway.fetch(SUPPLIER_ARCHIVE)
    )
    with gateway.store() as store:
        from edigate.store import DocumentState, Search

        held, known = (
            Counter((d.number, d.tenant) for d in store.search(Search(state=state, limit=100_000)))
            for state in (DocumentState.INVALID, DocumentState.DUPLICATE)
        )
        unchecked = store.search(Search(state=DocumentState.NOT_CHECKED, limit=10))
    assert not unchecked
    assert set(archived.values()) == {1}, "an invoice was archived twice"
    assert set(outgoing.values()) <= {1}
    for key in once:
        bad = int(key.rsplit("-", 1)[1]) % 5 == 0
        assert archived[f"A-{key}"] == 1
        assert archived[f"B-{key}"] == (0 if bad else 1)
        if bad:
            # held once; what is held already and comes again is known
            assert held[f"B-{key}", MAIN] >= 1
            assert held[f"B-{key}", MAIN] + known[f"B-{key}", MAIN] == taken[key]
        if key.startswith("own"):
            assert outgoing[f"A-{key}"] == 1
    assert len(gateway.fetch(NOTICES)) >= 1
