"""What is open, what settles it, and what people close."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from edigate.errors import Misconfigured
from edigate.store import (
    Closing,
    Direction,
    DocumentOutcome,
    DocumentState,
    EventKind,
    Job,
    NewDocument,
    NewJob,
    Outcome,
    Search,
    Standing,
    Store,
    Unknown,
)
from edigate.store.chapters.documents import record_digest
from edigate.store.chapters.standing import same_supplier
from tests.store.conftest import Clock, House
from tests.store.samples import claimed, document, mail

IDS = ("vat:DE123456789", "id:4012345000001", "unb:4012345000001")
INVALID, NOT_CHECKED = DocumentState.INVALID, DocumentState.NOT_CHECKED


def job_of(
    store: Store, content: bytes, tenant: str = "buyer", direction: Direction = Direction.IN
) -> Job:
    """A mail that came in, with its job claimed."""
    store.accept(mail(content), (), [NewJob(tenant, direction)])
    return claimed(store)


def put(store: Store, job: Job, **fields: Any) -> str:
    """A document of the job: valid unless said otherwise; its id."""
    said = {"supplier_ids": IDS, "number": "RE-1", "claim": None, "rules": ("UST-04",)} | fields
    new: NewDocument = document(job, **said)
    store.commit_outcome(job, Outcome((DocumentOutcome(new),)))
    return new.document_id


def now_of(store: Store, document_id: str) -> tuple[Standing, str | None]:
    found = store.document(document_id)
    return found.standing, found.settled_by


@pytest.mark.parametrize(
    ("state", "said", "standing"),
    [
        (DocumentState.VALID, None, Standing.DONE),
        (DocumentState.DUPLICATE, None, Standing.DONE),
        (DocumentState.TEST, None, Standing.DONE),
        (DocumentState.INVALID, None, Standing.OPEN),
        (DocumentState.NOT_CHECKED, None, Standing.OPEN),
        (DocumentState.NOT_AN_INVOICE, None, Standing.DONE),
        (DocumentState.NOT_AN_INVOICE, Standing.OPEN, Standing.OPEN),
    ],
)
def test_what_a_verdict_means(
    store: Store, state: DocumentState, said: Standing | None, standing: Standing
) -> None:
    document_id = put(store, job_of(store, b"1"), state=state, standing=said)
    assert now_of(store, document_id) == (standing, None)
    assert ("standing", standing.value) in store.log(document_id=document_id)[-1].detail
    assert [d.document_id for d in store.search(Search(standing=standing))] == [document_id]
    assert not list(store.verify())


@pytest.mark.parametrize("state", [INVALID, NOT_CHECKED])
@pytest.mark.parametrize("closed", [False, True])
def test_a_corrected_message_settles_what_was_held(
    store: Store, state: DocumentState, closed: bool
) -> None:
    held = put(store, job_of(store, b"1"), state=state)
    again = put(store, job_of(store, b"2"), state=state)
    if closed:
        store.close_documents(Closing(held), "anna (uid 1000)", "came on paper")
    valid = put(store, job_of(store, b"3"))
    assert now_of(store, held) == now_of(store, again) == (Standing.SETTLED, valid)
    assert now_of(store, valid) == (Standing.DONE, None)
    found = store.document(held)
    said = ("anna (uid 1000)", "came on paper") if closed else (None, None)
    assert (found.standing_by, found.standing_reason) == said
    assert found.standing_at == store.document(valid).created_at
    events = store.log(kinds=[EventKind.SETTLED])
    assert [(e.document_id, dict(e.detail)["settled-by"]) for e in events] == [
        (held, valid),
        (again, valid),
    ]
    assert dict(events[0].detail)["was"] == ("closed" if closed else "open")
    assert store.search(Search(standing=Standing.OPEN)) == ()
    assert not list(store.verify())


@pytest.mark.parametrize(
    "other",
    [
        {"number": "RE-2"},
        {"number": "RE-10"},
        {
            "supplier_ids": ("vat:DE999999999", "id:4099999000009", "unb:4012345000001"),
            "supplier_key": "DE999999999",
        },
        {"state": DocumentState.TEST},
        {"state": DocumentState.DUPLICATE},
        {"state": DocumentState.NOT_AN_INVOICE},
        {"state": DocumentState.INVALID},
    ],
)
def test_nothing_else_settles(store: Store, other: dict[str, Any]) -> None:
    held = put(store, job_of(store, b"1"), state=INVALID)
    put(store, job_of(store, b"2"), **other)
    assert now_of(store, held) == (Standing.OPEN, None)


def test_nor_another_tenant_or_direction_or_no_number(store: Store) -> None:
    held = put(store, job_of(store, b"1"), state=INVALID)
    nameless = put(store, job_of(store, b"2"), state=INVALID, number="")
    put(store, job_of(store, b"3", tenant="other"))
    put(store, job_of(store, b"4", direction=Direction.OUT))
    put(store, job_of(store, b"5"), number="")
    assert [now_of(store, d) for d in (held, nameless)] == [(Standing.OPEN, None)] * 2


def test_a_correction_that_names_the_number_settles_it(store: Store) -> None:
    held = put(store, job_of(store, b"1"), state=INVALID)
    stranger = put(
        store,
        job_of(store, b"2"),
        state=INVALID,
        supplier_ids=("vat:DE999999999",),
        supplier_key="x",
    )
    valid = put(store, job_of(store, b"3"), number="RE-1-K", replaces=("RE-1", ""))
    assert now_of(store, held) == (Standing.SETTLED, valid)
    assert now_of(store, stranger) == (Standing.OPEN, None)


def test_what_is_no_invoice_is_not_settled(store: Store) -> None:
    other = put(
        store, job_of(store, b"1"), state=DocumentState.NOT_AN_INVOICE, standing=Standing.OPEN
    )
    put(store, job_of(store, b"2"))
    assert now_of(store, other) == (Standing.OPEN, None)


@pytest.mark.parametrize("length", [10, 300, 301, 5000])
def test_a_number_of_any_length_is_found_closed_and_settled(store: Store, length: int) -> None:
    number = "RE-" + "7" * (length - 3)
    first = put(store, job_of(store, b"1"), state=INVALID, number=number)
    other = put(store, job_of(store, b"2"), state=INVALID, number=number[:-1] + "8")
    assert [d.document_id for d in store.search(Search(number=number))] == [first]
    with pytest.raises(Unknown, match=first):
        store.named(number)
    kept = store.document(first).number  # as lists show it
    assert [d.document_id for d in store.closable(Closing(number=number))] == [first]
    assert [
        d.document_id for d in store.close_documents(Closing(number=kept), "anna", "paper")
    ] == [first]
    answer = put(store, job_of(store, b"3"), number="RE-9", replaces=(number,))
    assert now_of(store, first) == (Standing.SETTLED, answer)
    assert now_of(store, other) == (Standing.OPEN, None)


def replayed(store: Store, document_id: str, **fields: Any) -> None:
    store.replay(document_id, "anna", "once more")
    assert put(store, claimed(store), **fields) == document_id


def test_the_same_document_made_valid_is_done(store: Store) -> None:
    document_id = put(store, job_of(store, b"1"), state=INVALID)
    twin = put(store, job_of(store, b"2"), state=INVALID)
    store.close_documents(Closing(document_id), "anna", "paper")
    replayed(store, document_id)
    old, new = store.versions(document_id)
    assert (new.standing, new.settled_by, new.standing_reason) == (Standing.DONE, None, None)
    assert (old.standing, old.settled_by, old.standing_reason) == (Standing.CLOSED, None, "paper")
    assert now_of(store, twin) == (Standing.SETTLED, document_id)


def test_what_was_closed_or_settled_stays_so_when_it_is_held_again(store: Store) -> None:
    closed = put(store, job_of(store, b"1"), state=INVALID, number="RE-7")
    store.close_documents(Closing(closed), "anna", "paper")
    replayed(store, closed, state=INVALID, number="RE-7")
    new = store.document(closed)
    assert (new.version, new.standing, new.standing_by, new.standing_reason) == (
        2,
        Standing.CLOSED,
        "anna",
        "paper",
    )
    settled = put(store, job_of(store, b"2"), state=INVALID)
    valid = put(store, job_of(store, b"3"))
    replayed(store, settled, state=INVALID, rules=("UST-12",))
    assert now_of(store, settled) == (Standing.SETTLED, valid)
    assert not list(store.verify())


def test_another_verdict_opens_it_again(store: Store) -> None:
    document_id = put(store, job_of(store, b"1"), state=NOT_CHECKED)
    store.close_documents(Closing(document_id), "anna", "engine was down")
    replayed(store, document_id, state=INVALID)
    assert now_of(store, document_id) == (Standing.OPEN, None)


def test_a_correction_that_was_quicker(store: Store, clock: Clock) -> None:
    """The held one came in first and is judged last."""
    first = job_of(store, b"1")
    clock.forward(seconds=1)
    valid = put(store, job_of(store, b"2"))
    held = put(store, first, state=INVALID)
    assert now_of(store, held) == (Standing.SETTLED, valid)


def test_a_number_used_again_stays_open(store: Store, clock: Clock) -> None:
    """A valid invoice settles nothing that came in after it, nor what is held because of it."""
    contested = job_of(store, b"0")
    clock.forward(seconds=1)
    put(store, job_of(store, b"1"))
    clock.forward(seconds=1)
    later = put(store, job_of(store, b"2"), state=INVALID)
    assert now_of(store, later) == (Standing.OPEN, None)
    assert now_of(store, put(store, contested, state=INVALID, rules=("UST-12",))) == (
        Standing.OPEN,
        None,
    )


def put_together(
    at: threading.Barrier, ids: dict[str, str], store: Store, job: Job, **fields: Any
) -> None:
    at.wait()
    ids[fields["state"]] = put(store, job, **fields)


def test_two_workers_at_one_moment(house: House) -> None:
    """Whoever commits first, the held one is settled in the end."""
    one, other = house.open(node="a"), house.open(node="b")
    for number in range(12):
        first = job_of(one, b"%d" % number)
        house.clock.forward(seconds=1)
        second = job_of(one, b"%d again" % number)
        barrier = threading.Barrier(2)
        ids: dict[str, str] = {}

        threads = [
            threading.Thread(
                target=put_together,
                args=(barrier, ids, store, job),
                kwargs={"state": state, "number": name},
            )
            for name in (f"RE-{number}",)
            for store, job, state in ((one, first, INVALID), (other, second, DocumentState.VALID))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert now_of(one, ids[INVALID]) == (Standing.SETTLED, ids[DocumentState.VALID])
    assert not list(one.verify())


def test_rows_of_the_first_version_are_settled_by_their_key(house: House) -> None:
    store = house.open()
    held = put(
        store, job_of(store, b"1"), state=INVALID, supplier_ids=(), supplier_key="4012345000001"
    )
    stranger = put(
        store, job_of(store, b"2"), state=INVALID, supplier_ids=(), supplier_key="4099999000009"
    )
    valid = put(store, job_of(store, b"3"))
    assert now_of(store, held) == (Standing.SETTLED, valid)
    assert now_of(store, stranger) == (Standing.OPEN, None)


VAN = "unb:9900000000000"


@pytest.mark.parametrize(
    ("held", "valid", "same"),
    [
        (("vat:DE1", "unb:1"), ("vat:DE1", "unb:2"), True),
        (("vat:DE1", "id:7"), ("vat:DE2", "id:7"), True),  # a wrong VAT id was corrected
        (("vat:DE1", VAN), ("vat:DE2", VAN), False),
        (("id:7", VAN), ("vat:DE2", "tax:12", VAN), False),
        (("unb:7",), ("vat:DE2", "id:7", "unb:7"), True),  # the supplier sends itself
        ((VAN,), ("vat:DE2", "id:7", VAN), False),
        (("unb:1",), ("vat:DE2", "id:7", "unb:2"), False),
    ],
)
def test_who_is_the_same_supplier(
    held: tuple[str, ...], valid: tuple[str, ...], same: bool
) -> None:
    def row(ids: tuple[str, ...], name: str) -> dict[str, str]:
        return {
            "supplier_ids": " ".join(ids),
            "supplier_key": ids[0].split(":")[1],
            "supplier_name": name,
        }

    assert same_supplier(row(held, ""), row(valid, "Farben GmbH")) is same
    assert same_supplier(row(held, "Lacke AG"), row(valid, "Farben GmbH")) is same
    named = same or (VAN in held and VAN in valid and len(held) == 1)
    assert same_supplier(row(held, "FARBEN GmbH"), row(valid, "Farben GmbH")) is named


def test_closing_one(store: Store, clock: Clock) -> None:
    document_id = put(store, job_of(store, b"1"), state=INVALID)
    with pytest.raises(Misconfigured, match="reason"):
        store.close_documents(Closing(document_id), "anna", " ")
    with pytest.raises(Unknown):
        store.close_documents(Closing("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "anna", "paper")
    (before,) = store.closable(Closing(document_id))
    assert store.close_documents(Closing(document_id), "anna", "paper") == (before,)
    found = store.document(document_id)
    assert replace(found, files=()) == replace(
        before,
        standing=Standing.CLOSED,
        standing_at=clock.now,
        standing_by="anna",
        standing_reason="paper",
    )
    (event,) = store.log(kinds=[EventKind.CLOSED])
    assert event.document_id == document_id
    assert dict(event.detail) == {"version": "1", "was": "open", "by": "anna", "reason": "paper"}
    with pytest.raises(Misconfigured, match="is closed, not open"):
        store.close_documents(Closing(document_id), "anna", "again")
    assert len(store.log(kinds=[EventKind.CLOSED])) == 1
    assert not list(store.verify())


@pytest.mark.parametrize(
    ("which", "closed"),
    [
        (Closing(number="RE-1"), {"one", "other"}),
        (Closing(number="RE-1", tenant="other"), {"other"}),
        (Closing(rule="UST-01"), {"one"}),
        (Closing(rule="UST-0"), set()),
        (Closing(rule="UST-01", number="RE-10"), set()),
    ],
)
def test_closing_many(store: Store, which: Closing, closed: set[str]) -> None:
    made = {
        "one": put(store, job_of(store, b"1"), state=INVALID, rules=("UST-01", "UST-04")),
        "other": put(store, job_of(store, b"2", tenant="other"), state=INVALID),
        "longer": put(store, job_of(store, b"3"), state=INVALID, number="RE-10"),
        "done": put(store, job_of(store, b"4"), state=DocumentState.TEST),
    }
    expected = {made[name] for name in closed}
    assert {d.document_id for d in store.closable(which)} == expected
    assert {d.document_id for d in store.close_documents(which, "anna", "paper")} == expected
    assert {d.document_id for d in store.search(Search(standing=Standing.CLOSED))} == expected


def test_closing_everything_needs_more_than_nothing(store: Store) -> None:
    put(store, job_of(store, b"1"), state=INVALID)
    for which in (Closing(), Closing(tenant="buyer")):
        with pytest.raises(Misconfigured, match="a document, a number or a rule"):
            store.close_documents(which, "anna", "paper")


def test_the_record_of_a_row_of_the_first_version_stays_what_it_was() -> None:
    """Columns that came later are under the digest only where they say something."""
    old = {"document_id": "1", "number": "RE-1"}
    later = {"supplier_ids": None, "standing": "open", "standing_reason": None, "settled_by": None}
    assert record_digest(old, []) == record_digest(old | later, [])
    assert record_digest(old, []) != record_digest(old | {"supplier_ids": " vat:DE1 "}, [])
