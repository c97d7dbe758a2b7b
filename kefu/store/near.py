"""Vectors of passages in PostgreSQL, found by pgvector (halfvec, HNSW); there is nothing of it elsewhere.

The table stands outside of the migrations: a server has the extension or not, and may get it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from kefu.store.store import Store

TABLE = "passage_vectors"
_EF_SEARCH = 200  # candidates of the graph; the default of 40 is few beside the filter by language
_AT_ONCE = 1_000  # rows a statement
_MAKE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    passage_id text NOT NULL, language text NOT NULL, encoder text NOT NULL, place integer NOT NULL,
    digest text NOT NULL, vector halfvec NOT NULL,
    PRIMARY KEY (passage_id, language, encoder, place),
    FOREIGN KEY (passage_id, language) REFERENCES passages ON DELETE CASCADE
)"""


class Vectors(NamedTuple):
    """The unit ``vectors`` (wordings, d) of a passage, and the ``digest`` of the wordings they are of."""

    digest: str
    vectors: np.ndarray


def make(connection: Connection) -> None:
    """Make the table where the server has, or may be given, the extension; else leave everything as it is."""
    if connection.dialect.name != "postgresql":
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
            connection.execute(sa.text(_MAKE))
    except sa.exc.DBAPIError:
        return  # not installed, or not ours to create: `there` says so to whoever asks


def drop(connection: Connection) -> None:
    """Forget the table; the extension stays, which others may use."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {TABLE}"))


def there(store: Store) -> bool:
    """Whether the store keeps vectors."""
    if store.dialect != "postgresql":
        return False
    with store.read() as tx:
        return tx.values(f"SELECT to_regclass('{TABLE}')::text", {})[0][0] is not None


class NearVectors:
    """The vectors of one ``encoder`` in a store that is ``there``. StoreError where it cannot be asked."""

    def __init__(self, store: Store, encoder: str) -> None:
        self._store, self._encoder = store, encoder

    def kept(self, language: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those of these passages that have some."""
        found: dict[str, list[Any]] = {}
        statement = (
            f"SELECT passage_id, digest, vector::text FROM {TABLE} WHERE language = :language"
            " AND encoder = :encoder AND passage_id = ANY(:ids) ORDER BY passage_id, place"
        )
        with self._store.read() as tx:
            for row in tx.values(statement, self._of(language, ids=list(ids))):
                found.setdefault(row[0], []).append(row)
        return {
            one: Vectors(rows[0][1], np.array([_numbers(row[2]) for row in rows], dtype=np.float32))
            for one, rows in found.items()
        }

    def keep(self, language: str, new: Mapping[str, Any]) -> None:
        """Keep the ``digest`` and ``vectors`` of these passages, in place of what they had.

        Those that are no passages of the store any more are left out.
        """
        rows = [
            self._of(language, passage_id=one, digest=its.digest, place=place, vector=_text(row))
            for one, its in new.items()
            for place, row in enumerate(its.vectors)
        ]
        gone = (
            f"DELETE FROM {TABLE} WHERE language = :language AND encoder = :encoder"
            " AND passage_id = ANY(:ids)"
        )
        put = (
            f"INSERT INTO {TABLE} SELECT :passage_id, :language, :encoder, :place, :digest,"
            " CAST(:vector AS halfvec) WHERE EXISTS (SELECT FROM passages"
            " WHERE passage_id = :passage_id AND language = :language) ON CONFLICT DO NOTHING"
        )
        with self._store.write() as tx:
            tx.values(gone, self._of(language, ids=list(new)))
            for some in _chunks(rows):
                tx.run_each(put, some)

    def index(self, language: str, *, width: int) -> None:
        """Make the graph of a language's vectors, where it is not there yet."""
        name = f"near_{language}_{self._encoder[:12]}_{width}".replace("-", "_")
        where = f"language = '{_word(language)}' AND encoder = '{_word(self._encoder)}'"
        with self._store.write() as tx:
            tx.execute(
                f"CREATE INDEX IF NOT EXISTS {_word(name)} ON {TABLE} USING hnsw"
                f" ((vector::halfvec({width})) halfvec_cosine_ops) WHERE {where}"
            )

    def nearest(self, language: str, vector: np.ndarray, *, k: int) -> list[tuple[str, int, float]]:
        """The ``k`` wordings nearest to the unit ``vector`` (d,): id, place and cosine, nearest first."""
        order = f"vector::halfvec({len(vector)}) <=> CAST(:vector AS halfvec({len(vector)}))"
        return self._found(order, "", self._of(language, vector=_text(vector), k=k), limit=" LIMIT :k")

    def cosines(self, language: str, ids: Sequence[str], vector: np.ndarray) -> list[tuple[str, int, float]]:
        """The cosines of every wording of these passages."""
        order = "vector <=> CAST(:vector AS halfvec)"
        return self._found(
            order, " AND passage_id = ANY(:ids)", self._of(language, vector=_text(vector), ids=list(ids))
        )

    def _found(
        self, order: str, further: str, values: Mapping[str, Any], *, limit: str = ""
    ) -> list[tuple[str, int, float]]:
        statement = (
            f"SELECT passage_id, place, 1 - ({order}) FROM {TABLE} WHERE language = :language"
            f" AND encoder = :encoder{further} ORDER BY {order}{limit}"
        )
        with self._store.read() as tx:
            tx.execute(f"SET LOCAL hnsw.ef_search = {_EF_SEARCH}")
            return [(row[0], row[1], float(row[2])) for row in tx.values(statement, values)]

    def _of(self, language: str, **others: Any) -> dict[str, Any]:
        return {"language": language, "encoder": self._encoder, **others}


def _text(vector: np.ndarray) -> str:
    return "[" + ",".join(f"{number:.5g}" for number in vector.tolist()) + "]"


def _numbers(text: str) -> np.ndarray:
    return np.fromstring(text[1:-1], sep=",", dtype=np.float32)


def _word(text: str) -> str:
    """``text`` where SQL takes no parameters; it is made of digests and language codes alone."""
    if not text.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"{text!r} is no plain name")
    return text


def _chunks(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))
