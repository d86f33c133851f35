"""A partner mails, the receiver's systems fetch: the whole way, and every way it can end."""

import io
import json
from collections.abc import Callable

import pikepdf
import pytest

from tests.acceptance.gateway import (
    ARCHIVE,
    MAIN,
    NOTICES,
    SUPPLIER,
    SUPPLIER_ARCHIVE,
    Gateway,
    attachments,
    edi_mail,
    on_both_databases,
    parsed,
)
from tests.generate import interchange, invoice

pytestmark = [pytest.mark.acceptance, on_both_databases]


def test_a_valid_invoice_is_relayed_unchanged_and_archived(gateway: Gateway) -> None:
    edi = interchange([invoice(3, "RE-100")])
    mail = edi_mail(("re100.edi", edi))
    gateway.send(mail, MAIN)
    gateway.settled()

    (relayed,) = gateway.fetch(MAIN)
    lines = relayed.split(b"\r\n", 2)
    assert lines[0] == b"Return-Path: <edi@partner.example>"
    assert lines[1].startswith(b"Received: ")
    assert relayed.endswith(mail)
    assert relayed[: -len(mail)].count(b"\r\n") == relayed[: -len(mail)].count(b"\n")

    (package,) = gateway.fetch(ARCHIVE)
    headers = parsed(package)
    assert headers["X-Edigate-Invoice-Number"] == "RE-100"
    assert headers["X-Edigate-Direction"] == "in"
    assert headers["X-Edigate-Result"] in ("valid", "valid-with-warnings")
    assert headers["X-Edigate-Retain-Until"] == "2034-12-31"
    assert headers["Auto-Submitted"] == "auto-generated"
    ((name, pdf),) = attachments(package).items()
    assert name == "2026-10-15_RE-100_4012345000009.pdf"
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        files = {n: opened.attachments[n].get_file().read_bytes() for n in opened.attachments}
    assert sorted(files) == ["factur-x.xml", "original.edi", "report.json"]
    assert files["original.edi"] == edi
    report = json.loads(files["report.json"])
    assert report["inputs"][0]["interchanges"][0]["messages"][0]["state"] == "valid"
    text = headers.get_body(("plain",))
    assert text is not None
    assert "Invoice-Number: RE-100" in text.get_content()


def test_a_held_invoice_gives_an_error_mail_and_no_package(gateway: Gateway) -> None:
    edi = interchange([invoice(3, "RE-200", tax_id=False)])
    gateway.send(edi_mail(("re200.edi", edi)), MAIN)
    gateway.settled()
    assert len(gateway.fetch(MAIN)) == 1
    assert gateway.fetch(ARCHIVE) == []
    (notice,) = gateway.fetch(NOTICES)
    assert notice.startswith(b"Return-Path: <>\r\n")
    mail = parsed(notice)
    assert (
        mail["Subject"]
        == "[edigate] ANGEHALTEN: Rechnung RE-200 von Farbenwerk Musterstadt GmbH – 1 Fehler"
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    files = attachments(notice)
    assert files["re200.edi"] == edi
    finding = json.loads(files["report.json"])["inputs"][0]["interchanges"][0]["messages"][0][
        "findings"
    ][0]
    assert finding["rule"] == "UST-04"
    assert finding["basis"] == "§ 14 Abs. 4 Satz 1 Nr. 2 UStG"
    assert finding["segment"]["tag"] == "NAD"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "§ 14 Abs. 4 Satz 1 Nr. 2 UStG" in body.get_content()
    assert mail.get_body(("html",)) is not None


def test_every_interchange_of_every_part_is_looked_at(gateway: Gateway) -> None:
    two = interchange([invoice(2, "RE-1")], reference="1") + interchange(
        [invoice(2, "RE-2")], reference="2"
    )
    mail = edi_mail(
        ("two.bin", two),
        ("unb.txt", interchange([invoice(2, "RE-3")], reference="3")),
        ("note.edi.pdf", b"%PDF-1.4"),
    )
    gateway.send(mail, MAIN)
    gateway.settled()
    numbers = sorted(parsed(m)["X-Edigate-Invoice-Number"] for m in gateway.fetch(ARCHIVE))
    assert numbers == ["RE-1", "RE-2", "RE-3"]


def test_two_tenants_of_the_gateway_get_a_package_each(gateway: Gateway) -> None:
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-300")])))
    gateway.send(mail, MAIN, sender=f"{SUPPLIER}@edi.example", login=SUPPLIER)
    gateway.settled()
    (incoming,), (outgoing,) = gateway.fetch(ARCHIVE), gateway.fetch(SUPPLIER_ARCHIVE)
    assert parsed(incoming)["X-Edigate-Direction"] == "in"
    assert parsed(outgoing)["X-Edigate-Direction"] == "out"
    assert parsed(incoming)["X-Edigate-Document-Id"] != parsed(outgoing)["X-Edigate-Document-Id"]


def test_unb_ids_never_add_a_tenant(gateway: Gateway) -> None:
    """The interchange names the supplier's ids, but a stranger sent it: the supplier gets
    nothing."""
    gateway.send(edi_mail(("re.edi", interchange([invoice(2, "RE-310")]))), MAIN)
    gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 1
    assert gateway.fetch(SUPPLIER_ARCHIVE) == []


def test_the_same_invoice_again_gives_no_second_package(gateway: Gateway) -> None:
    for number in (1, 2):
        edi = interchange([invoice(2, "RE-400")], reference=str(number))
        gateway.send(edi_mail(("re.edi", edi), number=number), MAIN)
        gateway.settled()
    assert len(gateway.fetch(MAIN)) == 2
    assert len(gateway.fetch(ARCHIVE)) == 1
    assert gateway.fetch(NOTICES) == []


def test_the_same_number_with_other_content_is_held(gateway: Gateway) -> None:
    for lines in (2, 3):
        gateway.send(
            edi_mail(("re.edi", interchange([invoice(lines, "RE-410")])), number=lines), MAIN
        )
        gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 1
    (notice,) = gateway.fetch(NOTICES)
    report = json.loads(attachments(notice)["report.json"])
    assert report["inputs"][0]["interchanges"][0]["messages"][0]["findings"][0]["rule"] == "UST-12"


def test_a_mail_without_edifact_just_passes(gateway: Gateway) -> None:
    mail = edi_mail(subject="Guten Tag")
    gateway.send(mail, MAIN)
    gateway.settled()
    assert gateway.fetch(MAIN)[0].endswith(mail)
    assert gateway.fetch(ARCHIVE) == gateway.fetch(NOTICES) == []


def test_importing_master_data_checks_held_invoices_again(gateway: Gateway) -> None:
    from tests.acceptance.cli import edigate

    named = invoice(2, "RE-500")
    bare = b"NAD+SU+4012345000009::9'"
    start = named.index(b"NAD+SU")
    edi = interchange([named[:start] + bare + named[named.index(b"'", start) + 1 :]])
    gateway.send(edi_mail(("re.edi", edi)), MAIN)
    gateway.settled()
    assert gateway.fetch(ARCHIVE) == []
    (notice,) = gateway.fetch(NOTICES)
    body = parsed(notice).get_body(("plain",))
    assert body is not None
    assert "4012345000009,NAME,STREET" in body.get_content()

    missing = edigate("partners", "missing", "--config", str(gateway.config))
    assert "4012345000009," in missing.stdout
    csv = gateway.folder / "new.csv"
    csv.write_text(
        "gln,name,street,postcode,city,country,vat_id,tax_number\n"
        "4012345000009,Farbenwerk Musterstadt GmbH,Industriestraße 12,12345,Musterstadt,DE,,\n",
        "utf-8",
    )
    imported = edigate(
        "partners", "import", str(csv), "--config", str(gateway.config), "--tenant", MAIN
    )
    assert "1 held invoice(s)" in imported.stdout
    gateway.settled()
    (package,) = gateway.fetch(ARCHIVE)
    assert parsed(package)["X-Edigate-Invoice-Number"] == "RE-500"
    assert parsed(package)["X-Edigate-Version"] == "2"


def test_nobody_can_mail_an_archive_account_or_use_the_gateway_as_relay(gateway: Gateway) -> None:
    import smtplib

    with smtplib.SMTP("127.0.0.1", gateway.mx) as client:
        client.ehlo()
        client.mail("a@b.example")
        for refused in (f"{ARCHIVE}@edi.example", "somebody@other.example", "nobody@edi.example"):
            assert client.rcpt(refused)[0] == 550
        assert client.rcpt(f"{MAIN}@edi.example")[0] == 250


def test_a_reload_takes_new_settings_and_keeps_the_old_ones_when_the_file_is_bad(
    gateway: Gateway,
) -> None:
    import signal
    import time

    good = gateway.config.read_text("utf-8")
    gateway.config.write_text(good + "\nnonsense = 1\n", "utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    gateway.config.write_text(good.replace("Baumarkt Süd AG", "Baumarkt Nord AG"), "utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not any(
        e["event"] == "reload.done" for e in gateway.events()
    ):
        time.sleep(0.1)
    said = {e["event"]: e for e in gateway.events()}
    assert "nonsense" in said["reload.refused"]["reason"]
    assert said["reload.done"]["changed"] == ["tenant[2800001946].name"]


def test_mail_goes_on_to_a_route_unchanged_and_is_retried(make: Callable[..., Gateway]) -> None:
    from tests.acceptance.sink import Sink

    sink = Sink()
    gateway = make(
        tenant=f'route = "127.0.0.1:{sink.port}"', more="[relay]\nfirst_retry_seconds = 1"
    )
    gateway.start()
    mail = edi_mail(("re.edi", interchange([invoice(2, "RE-600")])))
    gateway.send(mail, MAIN)
    gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 1, "the archive does not wait for the relay"
    with sink:
        (received,) = sink.wait_for(1)
    assert received.content.endswith(mail)
    assert received.recipients == [f"{MAIN}@edi.example"]


def test_the_log_is_one_json_object_a_line(gateway: Gateway) -> None:
    edi = interchange([invoice(2, "RE-700")]).replace(b"RE-700", b"RE\x0d\x0a700")
    gateway.send(edi_mail(("a.edi", edi)), MAIN)
    gateway.settled()
    assert {e["event"] for e in gateway.events()} >= {"started", "mail.accepted", "job.done"}
