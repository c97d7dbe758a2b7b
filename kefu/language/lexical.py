"""The view of a text's characters, n-grams and a logistic regression, beside the encoder's of its meaning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kefu.errors import ModelError
from kefu.language.ngrams import NgramModel

_NGRAMS, _WEIGHTS = "ngrams.json", "ngrams.npz"
_PENALTY = 10.0  # C of scikit-learn; 64 is no better on BANKING77 and CLINC150 10-shot (dev)


class LexicalHead:
    """Scores of intents from character n-grams; carries Chinese where the encoder knows few characters."""

    def __init__(self, ngrams: NgramModel, weights: np.ndarray, bias: np.ndarray) -> None:
        self._ngrams = ngrams
        self._weights = weights  # (n-grams, intents)
        self._bias = bias

    @classmethod
    def fit(cls, texts: Sequence[str], intents: Sequence[int], *, classes: int) -> LexicalHead:
        """Learn from ``texts`` and the numbers of their intents, which are below ``classes`` (2 or more)."""
        from sklearn.linear_model import LogisticRegression

        least = 2 if len(texts) > 200 else 1
        ngrams = NgramModel.fit(texts, shortest=1, longest=4, least=least)
        # one against the rest by liblinear: as good as multinomial here, at a sixth of the time
        model = LogisticRegression(C=_PENALTY, solver="liblinear").fit(ngrams.transform(texts), intents)
        weights = np.zeros((ngrams.size, classes), dtype=np.float32)
        bias = np.full(classes, -10.0, dtype=np.float32)  # an intent without an example here
        if len(model.classes_) == 2:
            coefficients = np.concatenate([-model.coef_, model.coef_])
            intercepts = np.concatenate([-model.intercept_, model.intercept_])
        else:
            coefficients, intercepts = model.coef_, model.intercept_
        weights[:, model.classes_], bias[model.classes_] = coefficients.T, intercepts
        return cls(ngrams, weights, bias)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Raw scores (len(texts), classes)."""
        scores = np.tile(self._bias, (len(texts), 1))
        for row, text in enumerate(texts):
            columns, values = self._ngrams.row(text)
            scores[row] += values @ self._weights[columns]
        return scores

    def save(self, folder: Path) -> None:
        """Write what ``load`` reads."""
        (folder / _NGRAMS).write_text(
            json.dumps(self._ngrams.as_dict(), ensure_ascii=False), encoding="utf-8"
        )
        np.savez(folder / _WEIGHTS, weights=self._weights.astype(np.float16), bias=self._bias)

    @classmethod
    def load(cls, folder: Path) -> LexicalHead | None:
        """The head saved in ``folder``; None where none was.

        Raises:
            ModelError: half of it is missing.
        """
        files = [folder / _NGRAMS, folder / _WEIGHTS]
        if not any(file.is_file() for file in files):
            return None
        if not all(file.is_file() for file in files):
            raise ModelError(f"{folder} holds half of the n-gram head. Train again (rasa train).")
        ngrams = NgramModel.from_dict(json.loads(files[0].read_text(encoding="utf-8")))
        with np.load(files[1]) as arrays:
            return cls(ngrams, arrays["weights"].astype(np.float32), arrays["bias"])
