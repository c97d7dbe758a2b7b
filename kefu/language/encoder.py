"""The encoder: texts in, token and sentence vectors out, on ONNX Runtime alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kefu.errors import ModelError
from kefu.language.export import META_NAME, ONNX_NAME, TOKENIZER_NAME
from kefu.language.text import Piece, fold

#: A batch holds at most this many padded sub-tokens, so that long texts come in small batches.
_BATCH_TOKENS = 1_024
_BATCH_TEXTS = 64
_LONGEST = 256  # sub-tokens; a customer's 2,000 characters are cut there


@dataclass(frozen=True)
class Encoded:
    """A text's vectors: ``tokens`` (n, width), one row a piece, and ``sentence`` (width,), length 1."""

    tokens: np.ndarray
    sentence: np.ndarray


class Encoder:
    """A BERT-family encoder in memory. Needs no file after ``open``; safe to share between threads."""

    def __init__(self, *, session: Any, tokenizer: Any, digest: str, width: int, max_length: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.digest = digest
        self.width = width
        self._max_length = min(max_length, _LONGEST)

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1) -> Encoder:
        """Load an exported encoder; ModelError where a file is missing or damaged."""
        import onnxruntime
        from tokenizers import Tokenizer

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
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_NAME))
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(int(meta["max_length"]), _LONGEST))
        return cls(session=session, tokenizer=tokenizer, digest=meta["digest"], width=int(meta["width"]),
                   max_length=int(meta["max_length"]))

    def encode(self, texts: Sequence[str], pieces: Sequence[Sequence[Piece]]) -> list[Encoded]:
        """Vectors of ``texts`` and of their ``pieces``, in order.

        A piece's vector is the mean of its sub-tokens' vectors; zero beyond the longest input.
        """
        done: dict[int, Encoded] = {}
        for indexes, encodings, vectors in self._runs(texts):
            for row, (index, encoding) in enumerate(zip(indexes, encodings, strict=True)):
                own = vectors[row, : len(encoding.ids)]
                done[index] = Encoded(_by_piece(own, encoding.offsets, pieces[index]), _mean(own))
        return [done[index] for index in range(len(texts))]

    def sentences(self, texts: Sequence[str]) -> np.ndarray:
        """Mean-pooled sentence vectors of ``texts``: (len(texts), width), each of length 1."""
        result = np.zeros((len(texts), self.width), dtype=np.float32)
        for indexes, encodings, vectors in self._runs(texts):
            for row, (index, encoding) in enumerate(zip(indexes, encodings, strict=True)):
                result[index] = _mean(vectors[row, : len(encoding.ids)])
        return result

    def _runs(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Any], np.ndarray]]:
        """Batches of similar length: indexes into ``texts``, encodings, vectors (batch, length, width)."""
        encodings = self._tokenizer.encode_batch([fold(text) for text in texts])
        for indexes in _buckets([len(e.ids) for e in encodings]):
            batch = [encodings[i] for i in indexes]
            ids, mask = _padded([e.ids for e in batch])
            (vectors,) = self._session.run(["tokens"], {"input_ids": ids, "attention_mask": mask})
            yield indexes, batch, vectors


def _buckets(lengths: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[index] > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _padded(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    length = max(map(len, rows))
    ids = np.zeros((len(rows), length), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return ids, mask


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
