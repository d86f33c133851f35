"""The data folder of the first landed version, opened by today's gateway: everything is there and
goes on."""

import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edigate.store import DeliveryState, Search
from tests.acceptance.cli import edigate
from tests.acceptance.gateway import ARCHIVE, MAIN, SUPPLIER_ARCHIVE, Gateway, parsed

pytestmark = pytest.mark.acceptance

OLD = Path(__file__).parents[1] / "store" / "upgrade" / "sqlite.tar.xz"


def unpack(folder: Path) -> None:
    """Lay the old data folder down as it was, its folders for the owner alone."""
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(OLD.read_bytes()))) as archive:
        archive.extractall(folder, filter="data")
    for path in (folder / "data", *(folder / "data").rglob("*")):
        if path.is_dir():
            path.chmod(0o700)


def numbers(mails: list[bytes]) -> list[str]:
    """Invoice numbers of fetched packages."""
    return sorted(str(parsed(m)["X-Edigate-Invoice-Number"]) for m in mails)


def test_everything_of_the_first_version_is_found_and_goes_on(
    make: Callable[..., Gateway], tmp_path: Path
) -> None:
    unpack(tmp_path)
    gateway = make()
    config = ("--config", str(gateway.config))
    gateway.start()
    gateway.settled()
    with gateway.store() as store:
        documents = {(d.number, d.tenant): d for d in store.search(Search(limit=100))}
        assert {key[0]: d.state.value for key, d in documents.items() if key[1] == MAIN} == {
            **dict.fromkeys(("RE-2", "RE-3", "RE-5", "RE-6", "RE-7"), "valid"),
            **dict.fromkeys(("RE-4", ""), "invalid"),
        }
        assert {d.standing.value for d in documents.values()} == {"done", "open"}
        assert {len(d.mail_id) for d in documents.values()} == {32}
        assert [d.recipient for d in store.deliveries(state=DeliveryState.QUEUED)] == [
            "edi@far.example"
        ]
    assert [str(parsed(m)["Subject"]) for m in gateway.fetch(MAIN)] == [
        f"RE-{n}" for n in range(1, 8)
    ]
    assert numbers(gateway.fetch(ARCHIVE)) == ["RE-1", "RE-3", "RE-5", "RE-6", "RE-7"]
    assert numbers(gateway.fetch(SUPPLIER_ARCHIVE)) == ["RE-6"]

    fetched, held = documents["RE-2", MAIN], documents["RE-4", MAIN]
    assert edigate("resend", fetched.document_id, "--reason", "lost", *config).returncode == 0
    assert numbers(gateway.fetch(ARCHIVE)) == ["RE-1", "RE-2", "RE-3", "RE-5", "RE-6", "RE-7"]
    assert edigate("replay", held.mail_id, "--reason", "again", *config).returncode == 0
    gateway.settled()
    with gateway.store() as store:
        assert store.document(held.document_id).version == 2
    assert held.document_id in edigate("log", held.mail_id, *config, "--json").stdout
    assert edigate("search", "--number", "RE-1", "--deleted", *config).stdout.count("RE-1") >= 1
    assert edigate("verify", *config).returncode == 0
