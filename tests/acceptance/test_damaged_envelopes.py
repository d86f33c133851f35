"""Through the gateway: a damaged invoice is held and told, its neighbours go their way, folded
mails are read."""

import pytest

from edigate.store import DocumentState, Search, document_id_for
from tests.acceptance.gateway import (
    ARCHIVE,
    DOMAIN,
    MAIN,
    NOTICES,
    Gateway,
    attachments,
    edi_mail,
    parsed,
)
from tests.edifact.test_folds import folded
from tests.generate import interchange, invoice
from tests.pipeline.envelopes import UNB, UNHS, envelope, hurt, other, sound

pytestmark = pytest.mark.acceptance

_SHAPES = ("type in place of the reference", "bare", "small letters", "missing")


def _damaged(gateway: Gateway) -> list[str]:
    """What `job.done` says of broken messages of other types."""
    return [
        name
        for line in gateway.events()
        if line["event"] == "job.done"
        for name in line.get("damaged", ())
    ]


def _by_id(gateway: Gateway) -> dict[str, DocumentState]:
    with gateway.store() as store:
        return {d.document_id: d.state for d in store.search(Search())}


def _mail_id(gateway: Gateway) -> str:
    with gateway.store() as store:
        (job,) = store.jobs()
        return job.mail_id


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_damaged_invoice_between_others_is_held_alone(gateway: Gateway, shape: str) -> None:
    data = envelope(other(segments=9), hurt(UNHS[shape]), sound())
    gateway.send(edi_mail(("mixed.edi", data)), MAIN)
    gateway.settled()
    (package,) = gateway.fetch(ARCHIVE)
    assert parsed(package)["X-Edigate-Invoice-Number"] == "RE-1"
    (notice,) = gateway.fetch(NOTICES)
    text = parsed(notice).get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert "UNH" in said
    assert "Please" in said  # the text for the partner
    assert attachments(notice)["mixed.edi"] == data
    (named,) = _damaged(gateway)
    assert named.startswith("mixed.edi IC1 ORDERS C: SUM-07")


def test_ids_of_sound_messages_do_not_move_and_damaged_ones_have_their_own(
    gateway: Gateway,
) -> None:
    """Sound: by their places in the mail and the interchange. The rest has places of its own, and a
    second run finds the same."""
    lost = envelope(sound("RE-9"), unb="UNB'")
    second = envelope(sound("RE-3"), unb=UNB.replace("IC1", "IC2"), reference="IC2")
    data = envelope("BGM+380+RE-7+9'UNT+3+Z'", sound(), hurt("UNH'")) + lost + second
    gateway.send(edi_mail(("all.edi", data)), MAIN)
    gateway.settled()
    mail = _mail_id(gateway)
    places = [(1, 1), (1, 2), (1, -1), (-1, -1), (2, 1)]
    found = _by_id(gateway)
    assert set(found) == {document_id_for(mail, MAIN, *place) for place in places}
    states = [found[document_id_for(mail, MAIN, *place)].value for place in places]
    assert states == ["valid", "invalid", "invalid", "invalid", "valid"]
    assert len(gateway.fetch(ARCHIVE)) == 2


@pytest.mark.parametrize("kind", ["ORDERS", "DESADV", "PRICAT"])
def test_a_broken_message_of_another_type_is_registered_and_makes_no_letter(
    gateway: Gateway, kind: str
) -> None:
    gateway.send(edi_mail(("other.edi", envelope(other(kind, segments=9)))), MAIN)
    gateway.settled()
    assert gateway.fetch(NOTICES) == []
    assert _by_id(gateway) == {}
    (named,) = _damaged(gateway)
    assert f"{kind} C: SUM-07" in named


@pytest.mark.parametrize("messages", [1, 3])
def test_a_folded_mail_is_archived_with_the_bytes_received(gateway: Gateway, messages: int) -> None:
    """Text in 8bit, one line, folded on its way as a stock Postfix does it."""
    flat = interchange([invoice(5, f"RE-{n}", reference=str(n)) for n in range(messages)]).replace(
        b"\n", b""
    )
    body = folded(flat)
    head = (
        f"From: edi@partner.example\r\nTo: {MAIN}@{DOMAIN}\r\nSubject: EDI\r\nMessage-ID: "
        "<fold@partner.example>\r\n"
    )
    types = (
        "MIME-Version: 1.0\r\nContent-Type: application/EDIFACT\r\nContent-Transfer-Encoding: "
        "8bit\r\n\r\n"
    )
    gateway.send(head.encode() + types.encode() + body + b"\r\n", MAIN)
    gateway.settled()
    packages = gateway.fetch(ARCHIVE)
    assert len(packages) == messages
    assert sorted(str(parsed(p)["X-Edigate-Invoice-Number"]) for p in packages) == [
        f"RE-{n}" for n in range(messages)
    ]
    with gateway.store() as store:
        documents = store.search(Search())
        originals = [store.document_content(d.document_id, "original") for d in documents]
        assert all("EDI-29" in d.rules for d in documents)
    assert (
        originals == [body + b"\r\n"]
        if messages == 1
        else all(b"\r\n " in original for original in originals)
    )
