"""Units to sub-token ids, the same way in training and in serving."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kefu.errors import ModelError


@dataclass(frozen=True)
class Ids:
    """A text's sub-token ids, special ones included, and the unit that each belongs to (-1: none)."""

    ids: tuple[int, ...]
    owners: tuple[int, ...]


class Subwords:
    """A fast tokenizer over texts that are cut into units already; cuts off at ``longest`` sub-tokens."""

    def __init__(self, tokenizer_json: str, *, longest: int) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer: Any = Tokenizer.from_str(tokenizer_json)
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"The tokenizer cannot be read ({error}). Train again (rasa train).") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)
        self.json = tokenizer_json

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """Every sub-token and its id."""
        vocabulary: Mapping[str, int] = self._tokenizer.get_vocab()
        return vocabulary

    def encode(self, texts: Sequence[Sequence[str]]) -> list[Ids]:
        """The ids of every text, a text being the words of its units."""
        if len(texts) == 1:  # a batch would be handed to threads
            encoded = [self._tokenizer.encode(list(texts[0]), is_pretokenized=True)]
        else:
            encoded = self._tokenizer.encode_batch([list(words) for words in texts], is_pretokenized=True)
        return [
            Ids(tuple(e.ids), tuple(-1 if word is None else word for word in e.word_ids)) for e in encoded
        ]

    def of_texts(self, texts: Sequence[str]) -> list[Any]:
        """The library's encodings (ids, offsets) of texts that are not cut yet."""
        if len(texts) == 1:
            return [self._tokenizer.encode(texts[0])]
        encodings: list[Any] = self._tokenizer.encode_batch(list(texts))
        return encodings


def with_characters(tokenizer_json: str, characters: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The tokenizer with ``characters`` as further entries of its word-piece vocabulary, and the new ones.

    Another kind of tokenizer, as multilingual models have, stays as it is: it knows its characters.
    """
    values = json.loads(tokenizer_json)
    vocabulary = values["model"].get("vocab")
    if values["model"].get("type", "WordPiece") != "WordPiece" or not isinstance(vocabulary, dict):
        return tokenizer_json, ()
    new = tuple(char for char in dict.fromkeys(characters) if char not in vocabulary)
    vocabulary.update({char: len(vocabulary) + place for place, char in enumerate(new)})
    return json.dumps(values, ensure_ascii=False), new


def buckets(lengths: Sequence[int], *, texts: int, tokens: int) -> Iterator[list[int]]:
    """Indexes into ``lengths`` in batches of similar length, of at most ``texts`` and ``tokens`` (padded).

    >>> list(buckets([3, 9, 4], texts=2, tokens=10))
    [[0, 2], [1]]
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == texts or (len(batch) + 1) * lengths[index] > tokens):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def padded(rows: Sequence[Sequence[int]], *, fill: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``rows`` as one array (rows, longest) filled up with ``fill``, and the mask of what was there."""
    length = max(map(len, rows))
    ids = np.full((len(rows), length), fill, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return ids, mask
