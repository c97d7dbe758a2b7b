"""The passages of one language in files: their ids, questions, words and vectors, written once.

A passage has a number, a question a row. Nothing in a segment is changed after it is
written; what changes afterwards stands in a delta until both are written as a new segment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from kefu.errors import ModelError
from kefu.knowledge.bank import Bank, BankRows
from kefu.knowledge.columns import TextColumn
from kefu.knowledge.filed import VECTORS, FiledVectors
from kefu.knowledge.lexical import LexicalIndex
from kefu.knowledge.manifest import NEXT
from kefu.knowledge.passages import Passage
from kefu.knowledge.terms import Terms
from kefu.knowledge.views import plain

_ANSWER_WORDS = 40  # of an answer lend themselves to its passage; more would bury its questions
LEXICAL, FACTS = "words", "facts.json"
COLUMNS = ("starts", "windows", "order", "hashes")


def wordings(passage: Passage) -> tuple[str, ...]:
    """What stands for the passage: its questions, and its title where it is none of them; as compared."""
    return tuple(dict.fromkeys(filter(None, map(plain, (*passage.questions, passage.title)))))


def words_of(passage: Passage, terms: Terms, *, without: Collection[int] = ()) -> list[str]:
    """The words by which the passage is found; ``without`` the wordings at these places."""
    kept = [text for place, text in enumerate(wordings(passage)) if place not in without]
    own = [word for text in kept for word in terms(text)]
    return own + terms(passage.answer)[:_ANSWER_WORDS]


class NearRows(Protocol):
    """Rows by the vector of their meaning: in files of this machine, or in the passages' own database."""

    def __len__(self) -> int: ...

    def search(self, vector: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows (n,) of the ``k`` nearest wordings and their cosines (n,), nearest first."""

    def cosines(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The cosines (n,) of the unit ``vector`` with these rows."""


@dataclass(frozen=True)
class Segment:
    """An opened segment. ``starts`` (passages + 1,): where the rows of each passage begin.

    ``windows`` (passages, 2): from when to when it is an answer, seconds since 1970. ``order``:
    the numbers of those that are still there, sorted by the ``hashes`` of their ids.
    """

    ids: TextColumn
    texts: TextColumn
    starts: np.ndarray
    windows: np.ndarray
    order: np.ndarray
    hashes: np.ndarray
    vectors: NearRows
    lexical: LexicalIndex
    mean_length: float

    @classmethod
    def open(cls, folder: Path, *, bank: Bank | None = None) -> Segment:
        """The segment in ``folder``, named by its language; ``bank`` has the vectors that no file has.

        ModelError where its indexes are damaged, or nothing has its vectors.
        """
        # as plain arrays: the subclass costs more than what is read
        columns = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in COLUMNS}
        ids = TextColumn.open(folder, "ids")
        near: NearRows
        if (folder / VECTORS).is_file():
            near = FiledVectors.open(folder)
        elif bank is not None:
            near = BankRows(
                bank,
                folder.name,
                number=lambda passage_id: segment.number(passage_id),
                name=ids.__getitem__,
                starts=columns["starts"],
            )
        else:
            raise ModelError(f"{folder} has its vectors in a database that does not keep any now; {NEXT}")
        segment = cls(
            ids=ids,
            texts=TextColumn.open(folder, "texts"),
            vectors=near,
            lexical=LexicalIndex.open(folder / LEXICAL),
            mean_length=json.loads((folder / FACTS).read_text(encoding="utf-8"))["mean_length"],
            **columns,
        )
        return segment

    def __len__(self) -> int:
        return len(self.order)

    def number(self, passage_id: str) -> int | None:
        """The number of this passage; None where it is not here."""
        wanted = np.uint64(hash_of(passage_id))
        at = int(np.searchsorted(self.hashes, wanted))
        while at < len(self.hashes) and self.hashes[at] == wanted:
            if self.ids[int(self.order[at])] == passage_id:
                return int(self.order[at])
            at += 1
        return None

    def owners(self, rows: np.ndarray) -> np.ndarray:
        """The passages (n,) whose rows these (n,) are."""
        return np.asarray(np.searchsorted(self.starts, rows, side="right") - 1)

    def rows(self, number: int) -> range:
        """The rows of a passage."""
        return range(int(self.starts[number]), int(self.starts[number + 1]))

    def in_force(self, numbers: np.ndarray, moment: float) -> np.ndarray:
        """Which (n,) of these passages are answers at ``moment``."""
        windows = self.windows[numbers]
        return np.asarray((windows[:, 0] <= moment) & (moment < windows[:, 1]))


def hash_of(passage_id: str) -> int:
    """A number below 2**64 for an id, the same in every process."""
    return int.from_bytes(hashlib.blake2b(passage_id.encode(), digest_size=8).digest(), "little")
