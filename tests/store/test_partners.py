"""Documents held for want of master data."""

from edigate.store import DocumentState, EventKind, Outcome, Store
from tests.store.conftest import Clock
from tests.store.samples import GLN, TENANT, claimed, document, held, received, valid

OTHER = "4300001000007"


def test_one_unknown_partner_holds_many_documents_until_it_is_known(
    store: Store, clock: Clock
) -> None:
    first_seen = clock.now
    for n in range(3):
        clock.now = first_seen.replace(minute=n)
        received(store, b"%d" % n)
        job = claimed(store)
        store.commit_outcome(
            job, Outcome((valid(job, 10 + n), held(job, n, OTHER if n == 2 else GLN)))
        )
    known, other = store.missing_partners(frozenset({TENANT}))
    assert (known.gln, known.qualifier, known.documents) == (GLN, "SU", 2)
    assert (known.first_seen.minute, known.last_seen.minute) == (0, 1)
    assert (other.gln, other.documents) == (OTHER, 1)
    assert store.missing_partners(frozenset({"nobody"})) == ()
    assert [d.message_reference for d in store.held_for_partner([GLN])] == ["M00000", "M00001"]
    assert store.held_for_partner([GLN], "nobody") == ()

    assert store.requeue_held([GLN, "4300002000006"], TENANT) == 2
    for _ in range(2):
        job = claimed(store)
        assert job.scope is not None
        assert len(job.scope) == 1
        number = next(n for n in range(3) if document(job, n).document_id in job.scope)
        store.commit_outcome(job, Outcome((valid(job, 10 + number), valid(job, number))))
    assert store.claim_job("w") is None
    assert [m.gln for m in store.missing_partners()] == [OTHER]
    assert store.requeue_held([GLN]) == 0
    assert store.mailbox_status(f"{TENANT}.111").messages == 5
    assert not list(store.verify())


def test_an_import_during_the_first_check_is_not_forgotten(store: Store) -> None:
    received(store)
    job = claimed(store)
    assert store.requeue_held([GLN]) == 0
    store.commit_outcome(job, Outcome((held(job),)))
    assert store.requeue_held([GLN]) == 1
    again = claimed(store)
    assert store.requeue_held([GLN]) == 1
    store.commit_outcome(again, Outcome((held(again),)))
    third = claimed(store)
    assert third.next_version(document(third).document_id) == 3
    store.commit_outcome(third, Outcome((valid(third),)))
    assert store.document(document(third).document_id).state is DocumentState.VALID


def test_asking_twice_for_what_waits_already_is_one_event(store: Store) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, 1), held(job, 2, OTHER))))
    for glns in ([GLN], [GLN], [GLN, OTHER], [GLN, OTHER]):
        assert store.requeue_held(glns) == len(glns)
    asked = store.log(kinds=[EventKind.REPROCESSED])
    assert [e.document_id for e in asked] == [document(job, n).document_id for n in (1, 2)]
    again = claimed(store)
    assert again.scope == frozenset(str(e.document_id) for e in asked)
    for _ in range(2):
        assert (
            store.requeue_held([GLN]) == 1
        )  # it runs with the old master data: once more, and that is said once
    assert len(store.log(kinds=[EventKind.REPROCESSED])) == 3
    store.replay(document(job, 1).document_id, "anna", "")  # a person's act is always one
    assert len(store.log(kinds=[EventKind.REPROCESSED])) == 4


def test_thousands_of_glns_can_be_imported_at_once(store: Store) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job),)))
    glns = [f"{n:013}" for n in range(3000)] + [GLN]
    assert len(store.held_for_partner(glns)) == 1
    assert store.requeue_held(glns) == 1
