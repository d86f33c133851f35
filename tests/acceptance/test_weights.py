"""A rule of § 14 UStG that a tenant weakened: with a reason only, and recorded wherever it took
effect."""

import io
import json
import signal
import time
from collections.abc import Callable

import pikepdf
import pytest

from tests.acceptance.gateway import (
    ARCHIVE,
    MAIN,
    NOTICES,
    PATIENCE,
    Gateway,
    attachments,
    edi_mail,
    parsed,
)
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance

REASON = "Rahmenvertrag 4711: Leistung immer im Monat der Rechnung"
WEAKER = '[[tenant.severity]]\nrule = "UST-16"\nseverity = "warning"\nreason = "{reason}"'


def undated(number: str) -> bytes:
    """An invoice without date of supply, which UST-16 holds."""
    message = (
        invoice(3, number)
        .replace(b"DTM+35:20261014:102'\n", b"")
        .replace(b"RFF+DQ:LS-", b"RFF+ABC:LS-")
    )
    count = message.count(b"'")
    return interchange([message[: message.rindex(b"UNT+")] + f"UNT+{count}+1'\n".encode()])


def test_a_weakened_rule_lets_pass_and_is_recorded(make: Callable[..., Gateway]) -> None:
    gateway = make(tenant=WEAKER.format(reason=REASON))
    gateway.start()
    gateway.send(edi_mail(("re.edi", undated("RE-500"))), MAIN)
    gateway.settled()
    (package,) = gateway.fetch(ARCHIVE)
    assert parsed(package)["X-Edigate-Result"] == "valid-with-warnings"
    ((_, pdf),) = attachments(package).items()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        report = json.loads(opened.attachments["report.json"].get_file().read_bytes())
    findings = report["inputs"][0]["interchanges"][0]["messages"][0]["findings"]
    weights = {f["rule"]: f["severity"] for f in findings}
    assert weights["UST-16"] == "warning"
    assert weights["SEV-01"] == "information"
    (recorded,) = [f for f in findings if f["rule"] == "SEV-01"]
    assert "UST-16" in recorded["message"]["de"]
    assert REASON in recorded["message"]["de"]
    with gateway.store() as store:
        details = [dict(e.detail) for e in store.log() if "weakened" in dict(e.detail)]
    assert [d["weakened"] for d in details] == [f"UST-16: {REASON}"]


def test_without_the_setting_it_is_held(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", undated("RE-501"))), MAIN)
    gateway.settled()
    assert gateway.fetch(ARCHIVE) == []
    (notice,) = gateway.fetch(NOTICES)
    report = json.loads(attachments(notice)["report.json"])
    rules = [
        f["rule"]
        for f in report["inputs"][0]["interchanges"][0]["messages"][0]["findings"]
        if f["severity"] == "error"
    ]
    assert rules == ["UST-16"]


def test_without_a_reason_the_gateway_does_not_start(make: Callable[..., Gateway]) -> None:
    gateway = make(tenant=WEAKER.format(reason=""))
    gateway.start(wait=False)
    assert gateway.process.wait(60) == 2
    said = gateway.log.read_text("utf-8")
    assert (
        f"tenant {MAIN}: UST-16 (§ 14 Abs. 4 Satz 1 Nr. 6 UStG) can be weakened only with a reason"
        in said
    )


def test_a_reload_without_a_reason_is_refused(gateway: Gateway) -> None:
    good = gateway.config.read_text("utf-8")
    weaker = WEAKER.format(reason="")
    gateway.config.write_text(f"{good}\n{weaker}", "utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while "reload.refused" not in gateway.log.read_text("utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    gateway.send(edi_mail(("re.edi", undated("RE-502"))), MAIN)
    gateway.settled()
    assert gateway.fetch(ARCHIVE) == []
