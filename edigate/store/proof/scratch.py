"""What the chain says must be there, held against what is there: in a temporary database file, so
memory stays flat.

SQLite makes the file in the temporary folder of the system and removes it by itself, also when the
process dies.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

_MANY = 2000

_TABLES = """
CREATE TABLE said (tab TEXT, key TEXT, digest TEXT, seq INTEGER, old INTEGER,
                   PRIMARY KEY (tab, key)) WITHOUT ROWID;
CREATE TABLE found (key TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE older (what TEXT, id TEXT, value TEXT, seq INTEGER, mail TEXT, document TEXT,
                    PRIMARY KEY (what, id))
 WITHOUT ROWID;
CREATE TABLE again (tab TEXT, key TEXT, first INTEGER, seq INTEGER);
CREATE TRIGGER said_again AFTER UPDATE ON said
 WHEN OLD.digest <> '' AND NEW.digest <> '' AND OLD.digest <> NEW.digest AND NEW.tab IN
      ('claims', 'document_files', 'documents', 'mails', 'objects')
BEGIN INSERT INTO again VALUES (NEW.tab, NEW.key, OLD.seq, NEW.seq); END;
CREATE INDEX older_mail ON older (mail);
CREATE INDEX older_document ON older (document);
"""


class RowDifference(NamedTuple):
    """A row that is not as the chain says. why: `missing`, `altered`, `unknown`, `back`; seq: the
    event, 0 for none."""

    why: str
    key: str
    seq: int


class Older(NamedTuple):
    """What an event of a version that did not chain rows says must be there. what: `mail`,
    `document` or `item`."""

    what: str
    id: str
    value: str
    seq: int
    mail: str | None
    document: str | None


class Scratch:
    """The temporary database of one verification; use it as a context."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        self._base.execute("BEGIN")

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def say(self, rows: Iterable[tuple[str, str, str, int, bool]]) -> None:
        """Table, digest (empty: gone), key, number of the event, and whether it is a BASELINE; the
        last one counts."""
        self._base.executemany(
            "INSERT INTO said (tab, digest, key, seq, old) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (tab, key) DO UPDATE SET digest = excluded.digest, seq = excluded.seq, "
            "old = excluded.old",
            rows,
        )

    def compare(self, table: str, rows: Iterator[tuple[str, str]]) -> Iterator[RowDifference | int]:
        """Hold the rows of a table (key, digest) against what was said; between, how many rows were
        looked at."""
        self._base.execute("DELETE FROM found")
        while some := list(islice(rows, _MANY)):
            self._base.executemany("INSERT OR REPLACE INTO found VALUES (?, ?)", some)
            yield len(some)
        for query in (_MISSING, _OTHER):
            yield from (RowDifference(*row) for row in self._base.execute(query, (table,)))

    def again(self, table: str) -> list[tuple[str, int, int]]:
        """Rows that one event says in one way and a later one in another: key and both numbers;
        for tables of which that is taken down."""
        return self._base.execute(
            "SELECT key, min(first), min(seq) FROM again WHERE tab = ? GROUP BY key ORDER BY key",
            (table,),
        ).fetchall()

    def unproven(self) -> list[tuple[str, int]]:
        """Tables with the number of rows that stand in the chain only since the BASELINE."""
        return self._base.execute(
            "SELECT tab, count(*) FROM said WHERE old AND digest <> '' GROUP BY tab ORDER BY tab"
        ).fetchall()

    def remember(self, fact: Older) -> None:
        """What an older event says."""
        self._base.execute("INSERT OR REPLACE INTO older VALUES (?, ?, ?, ?, ?, ?)", fact)

    def forget(self, column: str, value: str) -> None:
        """Older facts that no longer have to hold. column: `id` of an item, `mail` or
        `document`."""
        self._base.execute(_FORGET[column], (value,))

    def older(self, what: str) -> Iterator[Older]:
        """What the older events say, in the order of ids."""
        for row in self._base.execute("SELECT * FROM older WHERE what = ? ORDER BY id", (what,)):
            yield Older(*row)


_FORGET = {
    "id": "DELETE FROM older WHERE what = 'item' AND id = ?",
    "mail": "DELETE FROM older WHERE mail = ?",
    "document": "DELETE FROM older WHERE document = ?",
}
_MISSING = """
SELECT 'missing', said.key, said.seq FROM said LEFT JOIN found USING (key)
WHERE said.tab = ? AND said.digest <> '' AND found.key IS NULL ORDER BY said.key"""
_OTHER = """
SELECT CASE WHEN said.key IS NULL THEN 'unknown' WHEN said.digest = '' THEN 'back'
            ELSE 'altered' END,
       found.key, COALESCE(said.seq, 0)
FROM found LEFT JOIN said ON said.tab = ? AND said.key = found.key
WHERE said.digest IS NOT found.digest ORDER BY found.key"""
