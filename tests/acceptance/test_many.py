"""More invoices in one mail than one run of a worker takes."""

from collections import Counter
from collections.abc import Callable

import pytest

from edigate.store import Search
from tests.acceptance.gateway import ARCHIVE, MAIN, Gateway, edi_mail, parsed
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance


def test_every_invoice_of_a_large_mail_is_archived_or_held_once(
    make: Callable[..., Gateway],
) -> None:
    gateway = make(more="timeout_seconds = 30")
    gateway.start()
    messages = [invoice(1, f"RE-{n}", reference=str(n), tax_id=n % 50 != 0) for n in range(1, 331)]
    gateway.send(
        edi_mail(("many.edi", interchange(messages)), ("again.edi", interchange(messages[:5]))),
        MAIN,
    )
    gateway.settled()
    archived = Counter(str(parsed(m)["X-Edigate-Invoice-Number"]) for m in gateway.fetch(ARCHIVE))
    assert archived == {f"RE-{n}": 1 for n in range(1, 331) if n % 50}
    with gateway.store() as store:
        (job,) = store.jobs()
        assert job.attempts >= 4
        states = Counter((d.state.value, d.version) for d in store.search(Search(limit=1000)))
    assert states == {("valid", 1): 324, ("invalid", 1): 6, ("duplicate", 1): 5}
