"""Mails as they come in practice: copies, reports of machines, headers nobody can decode, the same
invoice twice."""

import smtplib
from collections.abc import Callable

import pytest

from edigate.store import EventKind, Search
from tests.acceptance.gateway import (
    ARCHIVE,
    DOMAIN,
    MAIN,
    NOTICES,
    SUPPLIER,
    SUPPLIER_ARCHIVE,
    Gateway,
    edi_mail,
    parsed,
)
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance


def packages(gateway: Gateway, account: str) -> list[tuple[str, str]]:
    """Number and direction of what an archive account holds."""
    mails = [parsed(m) for m in gateway.fetch(account)]
    return sorted(
        (str(m["X-Edigate-Invoice-Number"]), str(m["X-Edigate-Direction"])) for m in mails
    )


@pytest.mark.parametrize(
    "subject", [b"=?utf-8?b?a?=", b"=?x-unknown?q?=ff?=", b"\xe4\xf6 \xff", b""]
)
def test_a_subject_nobody_can_decode_is_no_reason_to_refuse(
    gateway: Gateway, subject: bytes
) -> None:
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))).replace(
        b"Subject: EDI", b"Subject: " + subject
    )
    gateway.send(mail, MAIN)
    gateway.settled()
    assert gateway.fetch(MAIN)[0].endswith(mail)
    assert len(gateway.fetch(ARCHIVE)) == 1


def test_the_same_invoice_twice_in_one_mail_is_archived_once(gateway: Gateway) -> None:
    edi = interchange([invoice(2, "RE-1"), invoice(2, "RE-2", reference="2")])
    gateway.send(edi_mail(("a.edi", edi), ("b.edi", edi)), MAIN)
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "in"), ("RE-2", "in")]
    assert gateway.fetch(NOTICES) == []
    with gateway.store() as store:
        (job,) = store.jobs()
        assert job.attempts == 2
        assert (
            sorted(d.state.value for d in store.search(Search()))
            == ["duplicate"] * 2 + ["valid"] * 2
        )


def test_one_number_with_two_contents_in_one_mail_is_archived_once_and_held_once(
    gateway: Gateway,
) -> None:
    files = [(f"{n}.edi", interchange([invoice(n, "RE-1")], reference=str(n))) for n in (2, 3)]
    gateway.send(edi_mail(*files), MAIN)
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]
    assert len(gateway.fetch(NOTICES)) == 1


def test_addresses_that_mean_one_account_are_one_delivery(gateway: Gateway) -> None:
    gateway.send(
        edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))),
        f"{MAIN}@{DOMAIN}",
        f"{MAIN}@{DOMAIN.upper()}",
        f'"{MAIN}"@{DOMAIN}',
    )
    gateway.settled()
    assert len(gateway.fetch(MAIN)) == 1
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]


def test_a_copy_to_oneself_is_no_invoice_to_oneself(gateway: Gateway) -> None:
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-1")])))
    gateway.send(mail, MAIN, SUPPLIER, login=SUPPLIER)
    gateway.settled()
    assert len(gateway.fetch(MAIN)) == len(gateway.fetch(SUPPLIER)) == 1
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]
    assert packages(gateway, SUPPLIER_ARCHIVE) == [("RE-1", "out")]


def test_the_network_a_mail_comes_from_names_the_sending_tenant(
    make: Callable[..., Gateway],
) -> None:
    gateway = make(tenant='networks = ["127.0.0.2/32"]')
    gateway.start()
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-1")])))
    with smtplib.SMTP("127.0.0.1", gateway.mx, source_address=("127.0.0.2", 0)) as client:
        client.sendmail("edi@partner.example", [f"{SUPPLIER}@{DOMAIN}"], mail)
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "out")]
    assert packages(gateway, SUPPLIER_ARCHIVE) == [("RE-1", "in")]


def test_two_gateways_do_not_answer_each_others_error_mails(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1", tax_id=False)]))), MAIN)
    gateway.settled()
    (notice,) = gateway.fetch(NOTICES, delete=True)
    foreign = notice.split(b"\r\n", 1)[
        1
    ]  # as another gateway would send it, without our Return-Path
    gateway.send(foreign, SUPPLIER, sender="")
    gateway.settled()
    assert gateway.fetch(SUPPLIER)[0].endswith(foreign)
    assert gateway.fetch(NOTICES) == []
    assert gateway.fetch(SUPPLIER_ARCHIVE) == []


def test_a_bounce_with_an_unknown_invoice_in_it_hides_none(gateway: Gateway) -> None:
    returned = (
        b"From: mailer-daemon@partner.example\r\nMIME-Version: 1.0\r\nAuto-Submitted: "
        b"auto-replied\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n\r\n"
        + edi_mail(("re.edi", interchange([invoice(2, "RE-1")])))
        + b"\r\n--b--\r\n"
    )
    gateway.send(returned, MAIN, sender="")
    gateway.settled()
    assert gateway.fetch(MAIN)[0].endswith(returned)
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]


def test_a_bounce_of_an_invoice_that_was_archived_is_its_duplicate(gateway: Gateway) -> None:
    sent = edi_mail(("re.edi", interchange([invoice(2, "RE-1")])))
    gateway.send(sent, MAIN, login=SUPPLIER)
    gateway.settled()
    returned = (
        b"From: mailer-daemon@kunde.example\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + sent + b"\r\n--b--\r\n"
    )
    gateway.send(returned, SUPPLIER, sender="")
    gateway.settled()
    assert packages(gateway, SUPPLIER_ARCHIVE) == [("RE-1", "out")]
    assert gateway.fetch(NOTICES) == []


def done(gateway: Gateway) -> list[str]:
    """What `job.done` said of the parts of the last mail."""
    last = [e for e in gateway.events() if e["event"] == "job.done"][-1]
    return [str(said) for said in last.get("parts", [])]


def test_our_own_error_mail_that_comes_back_is_passed_over_and_a_forged_one_is_not(
    gateway: Gateway,
) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1", tax_id=False)]))), MAIN)
    gateway.settled()
    (notice,) = gateway.fetch(NOTICES, delete=True)
    notice = notice.split(b"\r\n", 1)[1]
    gateway.send(notice, MAIN, sender="")
    gateway.settled()
    assert any("own (own-mail)" in said for said in done(gateway))
    with gateway.store() as store:
        assert len(store.search(Search())) == 1
        assert [e.detail[1] for e in store.log(kinds=(EventKind.PASSED_OVER,))] == [
            ("name", "re.edi")
        ]
    own_id = str(parsed(notice)["Message-ID"]).encode()
    forged = edi_mail(("re.edi", interchange([invoice(2, "RE-2")]))).replace(
        b"Message-ID: ",
        b"Auto-Submitted: auto-generated\r\nReferences: " + own_id + b"\r\nMessage-ID: ",
    )
    gateway.send(forged, MAIN, sender="")
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-2", "in")]


def test_our_own_package_that_comes_back_is_no_second_invoice(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN)
    gateway.settled()
    (package,) = gateway.fetch(ARCHIVE)
    gateway.send(package, MAIN, sender="archiv@kunde.example")
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]
    assert any("own (own-package)" in said for said in done(gateway))
    with gateway.store() as store:
        assert len(store.search(Search())) == 1


def test_a_package_of_another_tenant_is_an_invoice(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), NOTICES, login=SUPPLIER)
    gateway.settled()
    (package,) = gateway.fetch(SUPPLIER_ARCHIVE)
    gateway.send(package, MAIN)
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]


def test_a_mail_without_invoice_is_accounted_for(gateway: Gateway) -> None:
    gateway.send(edi_mail(subject="Guten Tag"), MAIN)
    gateway.settled()
    assert done(gateway) == ["1 text/plain nothing (text)"]


def test_a_partner_with_a_null_sender_is_served(gateway: Gateway) -> None:
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-1")]))), MAIN, sender="")
    gateway.settled()
    assert packages(gateway, ARCHIVE) == [("RE-1", "in")]


def test_the_postmaster_can_be_written_to(gateway: Gateway) -> None:
    with smtplib.SMTP("127.0.0.1", gateway.mx) as client:
        client.ehlo()
        for address in (f"postmaster@{DOMAIN}", f"Postmaster@{DOMAIN}", "postmaster"):
            client.mail("somebody@partner.example")
            assert client.rcpt(address)[0] == 250
            assert client.data(b"Subject: " + address.encode() + b"\r\n\r\nHello\r\n")[0] == 250
    gateway.settled()
    assert len(gateway.fetch(NOTICES)) == 3
