"""A trained understanding: texts in, intents and entities out. ONNX Runtime and NumPy, no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kefu.errors import ModelError
from kefu.language.calibration import Calibration, log_sum_exp, softmax
from kefu.language.decoding import likeliest
from kefu.language.encoder import Encoder, Hidden
from kefu.language.examples import Example
from kefu.language.lexical import LexicalHead
from kefu.language.spelling import Speller
from kefu.language.tagging import Found, joined, spans_of, units
from kefu.language.text import Piece, han_count

_SHARPNESS = 20.0  # of the cosine between a message and an example, as the scale of the intent head
_FAR = 1e-9  # what an intent without any near example counts, and the least share of a tag
META, HEADS, NEIGHBOURS = "understanding.json", "heads.npz", "neighbours.npz"


@dataclass(frozen=True)
class Reading:
    """What a message says.

    ``ranking``: every intent with its calibrated confidence, best first; they sum to 1. ``strangeness``
    0..1: from 0.5 on it is out of scope; ``energy`` and ``distance`` are what it is made of. ``further``: the
    confidences of every further head. ``vector`` (width,): the sentence vector, of length 1.
    """

    ranking: tuple[tuple[str, float], ...]
    spans: tuple[Found, ...]
    strangeness: float
    energy: float
    distance: float
    further: Mapping[str, Mapping[str, float]]
    vector: np.ndarray


@dataclass(frozen=True)
class Heads:
    """Heads on an encoder, as saved by training: weights (classes, width) and bias (classes,).

    Where a head has ``points`` (m, width), the vectors of its examples in the order of their classes, and
    ``starts`` (classes,), where each class begins among them, their nearness counts beside the linear score.
    """

    arrays: Mapping[str, np.ndarray]

    def logits(self, name: str, vectors: np.ndarray) -> np.ndarray:
        """Scores (n, classes) of ``vectors`` (n, width)."""
        scores: np.ndarray = vectors @ self.arrays[f"{name}.weights"].T + self.arrays[f"{name}.bias"]
        if f"{name}.points" not in self.arrays:
            return scores
        near = np.exp(_SHARPNESS * (vectors @ self.arrays[f"{name}.points"].T - 1.0))
        starts = self.arrays[f"{name}.starts"].astype(np.intp)
        return scores + np.log(np.add.reduceat(near, starts, axis=1) + _FAR)

    def signs(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energy and distance (n,) of messages, see ``Strangeness``.

        The energy is that of the cosine head alone where there is one: it tells better what is strange than
        the sum of all views (docs/decisions.md).
        """
        name = "cosine" if "cosine.weights" in self.arrays else "intents"
        energy = -log_sum_exp(self.logits(name, vectors))
        return energy, 1.0 - (vectors @ self.arrays["means"].T).max(axis=1)


class Understanding:
    """Reads messages. Needs no file after ``open``; safe to share between threads."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        heads: Heads,
        lexical: LexicalHead | None,
        speller: Speller | None,
        meta: Mapping[str, Any],
        neighbours: np.ndarray,
    ) -> None:
        self._encoder = encoder
        self._heads = heads
        self._lexical = lexical
        self._speller = speller
        self._tags: tuple[str, ...] = tuple(meta["tags"])
        self._further = {name: tuple(values) for name, values in meta["further"].items()}
        self._calibration = Calibration.from_dict(meta["calibration"])
        self._examples = [Example(text, intent) for text, intent in meta["examples"]]
        self._neighbours = neighbours
        self.intents: tuple[str, ...] = tuple(meta["intents"])
        self.entities = tuple(dict.fromkeys(tag[2:] for tag in self._tags[1:]))

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1) -> Understanding:
        """What ``fit_understanding`` wrote into ``folder``.

        Raises:
            ModelError: a file is missing or damaged.
        """
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
            with np.load(folder / HEADS) as arrays:
                heads = Heads({name: arrays[name].astype(np.float32) for name in arrays.files})
            with np.load(folder / NEIGHBOURS) as arrays:
                neighbours = arrays["vectors"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder} holds no whole understanding ({error}). Train again (rasa train)."
            ) from error
        speller = Speller.from_dict(meta["speller"]) if meta["speller"] else None
        return cls(
            encoder=Encoder.open(folder, threads=threads), heads=heads, lexical=LexicalHead.load(folder),
            speller=speller, meta=meta, neighbours=neighbours,
        )  # fmt: skip

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """What every text says, in order."""
        return self._read([units(text) for text in texts]) if texts else []

    def nearest(self, text: str, *, most: int = 5) -> list[tuple[Example, float]]:
        """The training examples whose meaning is nearest, with the cosine (-1..1), nearest first."""
        return self.nearest_to(self.read([text])[0].vector, most=most) if len(self._neighbours) else []

    def nearest_to(self, vector: np.ndarray, *, most: int = 5) -> list[tuple[Example, float]]:
        """As ``nearest``, of a message that was read: ``vector`` is its Reading's. One matrix product."""
        if not len(self._neighbours):
            return []
        likeness = self._neighbours @ vector
        best = np.argpartition(-likeness, min(most, len(likeness)) - 1)[:most]
        order = best[np.argsort(-likeness[best], kind="stable")]
        return [(self._examples[i], float(likeness[i])) for i in order]

    def carried(self, text: str, *, intent: str | None = None) -> list[tuple[str, float]]:
        """The words of ``text``, and how far the probability of ``intent`` (the top one) falls without it."""
        return [(piece.text, fall) for piece, fall in self.weighed(text, intent=intent)]

    def weighed(self, text: str, *, intent: str | None = None) -> list[tuple[Piece, float]]:
        """As ``carried``, with the places of the words; each costs a reading of the whole."""
        whole = units(text)
        without = [[*whole[:i], *whole[i + 1 :]] for i in range(len(whole))]
        if not whole or not self.intents:
            return []
        first, *others = self._read([whole, *without])
        name = intent or first.ranking[0][0]
        base = dict(first.ranking)[name]
        falls = [base - dict(other.ranking)[name] for other in others]
        return list(zip(whole, falls, strict=True))

    def scores(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Sentence vectors (n, width), the encoder's and the n-grams' raw scores (n, intents)."""
        vectors, encoder, ngrams, _ = self._scores([units(text) for text in texts])
        return vectors, encoder, ngrams

    def _read(self, cut: Sequence[Sequence[Piece]]) -> list[Reading]:
        vectors, encoder, ngrams, hidden = self._scores(cut)
        han = [any(han_count(unit.text) for unit in own) for own in cut]
        shares = softmax(self._calibration.logits(encoder, ngrams, han)) if self.intents else encoder
        energy, distance = self._heads.signs(vectors) if self.intents else np.zeros((2, len(vectors)))
        strange = self._calibration.strangeness.scores(energy, distance)
        return [
            Reading(
                ranking=self._ranking(shares[i]) if own else self._undecided(),
                spans=self._spans(own, hidden[i]),
                strangeness=float(strange[i]) if own else 1.0,
                energy=float(energy[i]),
                distance=float(distance[i]),
                further=self._others(vectors[i]),
                vector=vectors[i],
            )
            for i, own in enumerate(cut)
        ]

    def _scores(
        self, cut: Sequence[Sequence[Piece]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, list[Hidden]]:
        words = [[unit.text for unit in own] for own in cut]
        if self._speller is not None:
            words = [self._speller.correct(own) for own in words]
        hidden = self._encoder.read(words)
        vectors = np.stack([one.sentence for one in hidden])
        ngrams = (
            None
            if self._lexical is None
            else self._lexical.logits([joined(own, said) for own, said in zip(cut, words, strict=True)])
        )
        return vectors, self._heads.logits("intents", vectors), ngrams, hidden

    def _ranking(self, shares: np.ndarray) -> tuple[tuple[str, float], ...]:
        order = np.argsort(-shares, kind="stable") if self.intents else ()
        return tuple((self.intents[i], float(shares[i])) for i in order)

    def _undecided(self) -> tuple[tuple[str, float], ...]:
        """A text without a word speaks for no intent."""
        return tuple((name, 1.0 / len(self.intents)) for name in self.intents)

    def _spans(self, own: Sequence[Piece], hidden: Hidden) -> tuple[Found, ...]:
        """The entities; what a unit says is read off its first sub-token."""
        owners = list(hidden.owners)
        first = {owner: row for row, owner in reversed(list(enumerate(owners))) if owner >= 0}
        if len(self._tags) == 1 or not first:
            return ()
        known = sorted(first)
        shares = softmax(self._heads.logits("tags", hidden.subwords[[first[unit] for unit in known]]))
        path = likeliest(np.log(shares + _FAR), self._heads.arrays["tags.transitions"])
        tags, sure = [self._tags[0]] * len(own), [0.0] * len(own)
        for unit, tag, row in zip(known, path, shares, strict=True):
            tags[unit], sure[unit] = self._tags[tag], float(row[tag])
        return tuple(spans_of(own, tags, sure))

    def _others(self, vector: np.ndarray) -> dict[str, dict[str, float]]:
        found = {}
        for name, values in self._further.items():
            shares = softmax(self._heads.logits(name, vector[None, :]))[0]
            found[name] = {value: float(share) for value, share in zip(values, shares, strict=True)}
        return found
