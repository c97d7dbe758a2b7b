"""The encoder: texts in, token and sentence vectors out, on ONNX Runtime alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kefu.errors import ModelError
from kefu.language.export import META_NAME, ONNX_NAME, TOKENIZER_NAME
from kefu.language.subwords import Subwords, buckets, padded
from kefu.language.text import Piece, fold

#: A batch holds at most this many padded sub-tokens, so that long texts come in small batches.
_BATCH_TOKENS = 1_024
_BATCH_TEXTS = 64
_LONGEST = 256  # sub-tokens; a customer's 2,000 characters are cut there


@dataclass(frozen=True)
class Encoded:
    """A text's vectors: ``subwords`` (m, width) with their ``offsets``, ``sentence`` (width,) of length 1."""

    subwords: np.ndarray
    sentence: np.ndarray
    offsets: Sequence[tuple[int, int]]
    pieces: Sequence[Piece]

    @cached_property
    def tokens(self) -> np.ndarray:
        """The vectors (n, width) of the ``pieces``: the mean of each one's sub-tokens."""
        return _by_piece(self.subwords, self.offsets, self.pieces)


@dataclass(frozen=True)
class Hidden:
    """A text's vectors: ``subwords`` (n, width), whose words are ``owners`` (-1: none), and ``sentence``."""

    subwords: np.ndarray
    sentence: np.ndarray
    owners: tuple[int, ...]


class Encoder:
    """A BERT-family encoder in memory. Needs no file after ``open``; safe to share between threads."""

    def __init__(self, *, session: Any, subwords: Subwords, digest: str, width: int) -> None:
        self._session = session
        self._subwords = subwords
        self.digest = digest
        self.width = width

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1) -> Encoder:
        """Load an exported encoder; ModelError where a file is missing or damaged."""
        import onnxruntime

        missing = [n for n in (META_NAME, ONNX_NAME, TOKENIZER_NAME) if not (folder / n).is_file()]
        if missing:
            raise ModelError(f"{folder} lacks {', '.join(missing)}. Delete it and train again (rasa train).")
        meta = json.loads((folder / META_NAME).read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            (folder / ONNX_NAME).read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        subwords = Subwords(
            (folder / TOKENIZER_NAME).read_text(encoding="utf-8"),
            longest=min(int(meta["max_length"]), _LONGEST),
        )
        return cls(session=session, subwords=subwords, digest=meta["digest"], width=int(meta["width"]))

    def read(self, texts: Sequence[Sequence[str]]) -> list[Hidden]:
        """The vectors of texts that are cut into words already, in order."""
        read = self._subwords.encode(texts)
        done = {i: Hidden(own, _mean(own), read[i].owners) for i, own in self._run([r.ids for r in read])}
        return [done[index] for index in range(len(texts))]

    def encode(self, texts: Sequence[str], pieces: Sequence[Sequence[Piece]]) -> list[Encoded]:
        """Vectors of ``texts`` and of their ``pieces``, in order.

        A piece's vector is the mean of its sub-tokens' vectors; zero beyond the longest input.
        """
        encodings = self._subwords.of_texts([fold(text) for text in texts])
        done = {
            i: Encoded(own, _mean(own), encodings[i].offsets, pieces[i])
            for i, own in self._run([e.ids for e in encodings])
        }
        return [done[index] for index in range(len(texts))]

    def sentences(self, texts: Sequence[str]) -> np.ndarray:
        """Mean-pooled sentence vectors of ``texts``: (len(texts), width), each of length 1."""
        result = np.zeros((len(texts), self.width), dtype=np.float32)
        encodings = self._subwords.of_texts([fold(text) for text in texts])
        for index, own in self._run([e.ids for e in encodings]):
            result[index] = _mean(own)
        return result

    def _run(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, np.ndarray]]:
        """Each of ``rows`` by its index with its vectors (length, width), in batches of similar length."""
        if len(rows) == 1:  # a message of its own: nothing to sort or to fill up
            ids = np.array(rows, dtype=np.int64)
            yield 0, self._vectors(ids, np.ones_like(ids))[0]
            return
        for indexes in buckets([len(ids) for ids in rows], texts=_BATCH_TEXTS, tokens=_BATCH_TOKENS):
            ids, mask = padded([rows[i] for i in indexes])
            vectors = self._vectors(ids, mask)
            for row, index in enumerate(indexes):
                yield index, vectors[row, : len(rows[index])]

    def _vectors(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The vectors (rows, length, width) of sub-token ids (rows, length)."""
        (vectors,) = self._session.run(["tokens"], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors)


def _mean(vectors: np.ndarray) -> np.ndarray:
    mean = vectors.mean(axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)


def _by_piece(vectors: np.ndarray, offsets: Sequence[tuple[int, int]], pieces: Sequence[Piece]) -> np.ndarray:
    """The mean vector of the sub-tokens that each piece covers; both lists are in text order."""
    result = np.zeros((len(pieces), vectors.shape[1]), dtype=np.float32)
    spans = [(start, end, row) for row, (start, end) in enumerate(offsets) if end > start]
    first = 0
    for place, piece in enumerate(pieces):
        while first < len(spans) and spans[first][1] <= piece.start:
            first += 1
        rows = []
        for start, _end, row in spans[first:]:
            if start >= piece.end:
                break
            rows.append(row)
        if rows:
            result[place] = vectors[rows].mean(axis=0)
    return result
