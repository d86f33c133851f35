"""Every certificate the gateway ever sealed with stands in its chain, once, and is known for
ever."""

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edigate.errors import Misconfigured
from edigate.service.conversion.worker import Worker
from edigate.service.sealing import keys
from edigate.service.sealing.certificates import chain_use, ever_used
from edigate.store import EventKind, NewEvent, Store
from tests.pdf.signers import SEALED_AT, certificate, key, pem
from tests.service.test_keys import secret, settings


@pytest.fixture
def open_store(tmp_path: Path) -> Callable[[], Store]:
    """The store, each time with connections of its own."""
    return lambda: Store.open(None, tmp_path / "data")


def own_key(folder: Path, name: str) -> Path:
    """A key with its certificate, that an authority issued."""
    root_key, private = key(), key()
    root = certificate(root_key, "Root", authority=True)
    own = certificate(private, name, (root_key, root))
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in (own, root))
    return secret(folder / f"{name}.pem", pem(private) + chain)


def test_a_worker_chains_the_certificate_before_it_seals(
    tmp_path: Path, open_store: Callable[[], Store]
) -> None:
    given = settings(tmp_path / "data")
    for _ in range(2):  # a worker that comes after it finds it chained
        worker = Worker("w1", given, sys.stderr)
        worker.store.close()
    with open_store() as store:
        (event,) = store.certificates()
        (used,) = ever_used(given, store)
    assert event.kind == EventKind.CERTIFICATE_USED
    assert dict(event.detail)["sha256"] == used.fingerprint == keys.fingerprint(given)
    assert used.first_used == event.at
    assert used.certificate == keys.sealer(given).certificate


def test_workers_that_start_at_once_chain_it_once(
    tmp_path: Path, open_store: Callable[[], Store]
) -> None:
    sealer = keys.sealer(settings(tmp_path / "data"))
    stores = [open_store() for _ in range(6)]
    ready = threading.Barrier(len(stores))

    def start(store: Store) -> None:
        ready.wait()
        chain_use(store, sealer)

    threads = [threading.Thread(target=start, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].certificates()) == 1
    assert not [p for p in stores[0].verify() if p.code == "CHAIN"]
    for store in stores:
        store.close()


def test_a_replaced_key_stays_known(tmp_path: Path, open_store: Callable[[], Store]) -> None:
    data = tmp_path / "data"
    keys_in_turn = [
        settings(data),
        settings(data, key=own_key(tmp_path, "a")),
        settings(data, key=own_key(tmp_path, "b")),
    ]
    with open_store() as store:
        for given in keys_in_turn:
            moment = SEALED_AT if given.seal.key else keys._now()
            assert chain_use(store, keys.sealer(given, lambda moment=moment: moment))  # type: ignore[misc]
        (tmp_path / "a.pem").unlink()
        (data / "keys" / "seal.key").unlink()
        known = ever_used(keys_in_turn[-1], store)
    assert len({u.fingerprint for u in known}) == 3
    assert [len(u.issuers) for u in known] == [0, 1, 1]
    assert known[1].issuers[0].subject.rfc4514_string() == "CN=Root"


def test_what_lies_here_is_known_before_anything_is_chained(
    tmp_path: Path, open_store: Callable[[], Store]
) -> None:
    data = tmp_path / "data"
    first = keys.sealer(settings(data)).fingerprint
    given = settings(data, key=own_key(tmp_path, "a"))
    for store in (None, open_store()):
        known = ever_used(given, store)
        assert known[0].fingerprint == first
        assert [u.first_used for u in known] == [None, None]


def test_an_expired_key_is_known_all_the_same(tmp_path: Path) -> None:
    private = key()
    own = certificate(private, end=SEALED_AT - timedelta(days=1))
    file = secret(tmp_path / "old.pem", pem(private) + own.public_bytes(Encoding.PEM))
    (used,) = ever_used(settings(tmp_path / "data", key=file), None)
    assert used.certificate == own


def test_a_key_that_cannot_be_read_hides_nothing_of_the_chain(
    tmp_path: Path, open_store: Callable[[], Store]
) -> None:
    file = own_key(tmp_path, "a")
    given = settings(tmp_path / "data", key=file)
    with open_store() as store:
        chain_use(store, keys.sealer(given, lambda: SEALED_AT))
        file.unlink()
        assert len(ever_used(given, store)) == 1
    with pytest.raises(Misconfigured):
        ever_used(given, None)


@pytest.mark.parametrize(
    "changed", [("certificate", "AAAA"), ("certificate", "!"), ("sha256", "0" * 64)]
)
def test_an_event_that_is_not_what_its_digest_says_names_nobody(
    tmp_path: Path, open_store: Callable[[], Store], changed: tuple[str, str]
) -> None:
    given = settings(tmp_path / "data", key=own_key(tmp_path, "a"))
    with open_store() as store:
        chain_use(store, keys.sealer(given, lambda: SEALED_AT))
        (event,) = store.certificates()
        detail = tuple((n, changed[1] if n == changed[0] else v) for n, v in event.detail)
        detail = tuple(
            (n, "1" * 64 if n == "sha256" and changed[0] != "sha256" else v) for n, v in detail
        )
        store.record_certificate(NewEvent(EventKind.CERTIFICATE_USED, detail=detail))
        (tmp_path / "a.pem").unlink()
        assert len(store.certificates()) == 2
        assert len(ever_used(given, store)) == 1
