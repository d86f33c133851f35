"""A PostgreSQL database of the first landed version opens with today's code, and everything in it
is found."""

import lzma
from pathlib import Path

import sqlalchemy as sa

from edigate.store import DeliveryState, DocumentState, JobState, Search, Store
from edigate.store.engine.database import database_url
from tests.store import postgres
from tests.store.samples import ARCHIVE, TENANT, mail, received

DUMP = Path(__file__).parent / "upgrade" / "postgresql.sql.xz"


def test_a_database_of_the_first_version(postgres_server: str, tmp_path: Path) -> None:
    with postgres.database(postgres_server) as url:
        engine = sa.create_engine(
            database_url(url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            connection.connection.cursor().execute(lzma.decompress(DUMP.read_bytes()).decode())
        with Store.open(url, tmp_path, daemon=True, node="new") as store:
            assert not list(store.verify())
            found = store.search(Search(limit=100))
            assert sorted(d.state.value for d in found) == ["invalid", "valid", "valid"]
            held = next(d for d in found if d.state is DocumentState.INVALID)
            assert held.standing.value == "open"
            assert {j.state for j in store.jobs()} == {JobState.DONE, JobState.QUEUED}
            assert {d.state for d in store.deliveries(unfinished=True)} == {DeliveryState.QUEUED}
            archive, main = store.open_maildrop(ARCHIVE), store.open_maildrop(TENANT)
            assert (len(archive.messages), len(main.messages)) == (1, 3)
            assert archive.retrieve(archive.messages[0].uidl)
            assert store.claim_job("w") is not None
            assert store.replay(held.document_id, "op", "again") == 1
            long_id = received(store, mail(b"another").content)
            assert store.mail(long_id).id == long_id
            assert not list(store.verify())
