"""The large index: passages by the hundred thousand, found by both views and judged as pairs.

Files are only read; what changed since they were written stands in a ``Delta``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from kefu.errors import ConfigError, ModelError
from kefu.knowledge.bank import Bank
from kefu.knowledge.delta import Changes, Delta
from kefu.knowledge.fusion import ELSEWHERE, Judge
from kefu.knowledge.language_index import Candidates, LanguageIndex
from kefu.knowledge.manifest import NEXT, Manifest, read_manifest
from kefu.knowledge.ranking import Hit
from kefu.knowledge.segments import Segment
from kefu.knowledge.terms import Cut, Terms
from kefu.knowledge.views import Embed, Vector, embedded, plain

JUDGE = "judge.json"


@dataclass(frozen=True)
class Tools:
    """What an index needs of others: ``embed`` and the ``encoder`` behind it, Chinese words, the time.

    ``bank``: where the vectors are, if a database has them; else they are in files of the index.
    """

    embed: Embed
    encoder: str
    cut: Cut
    now: Callable[[], datetime]
    bank: Bank | None = None


class LargeIndex:
    """A Finder over the files of one folder, and what changed since. Immutable."""

    def __init__(
        self,
        languages: Mapping[str, LanguageIndex],
        *,
        folder: Path,
        manifest: Manifest,
        tools: Tools,
        delta: Delta | None = None,
    ) -> None:
        self._languages = dict(languages)
        self._tools = tools
        self.folder = folder
        self.manifest = manifest
        self.delta = delta or Delta()

    @classmethod
    def open(cls, folder: Path, *, tools: Tools) -> LargeIndex:
        """The index in ``folder``.

        Raises:
            ModelError: there is none, or it is damaged, of another version or of another encoder.
        """
        manifest = read_manifest(folder, encoder=tools.encoder)
        languages = {
            language: open_language(folder / language, language, tools=tools)
            for language in manifest.passages
        }
        return cls(languages, folder=folder, manifest=manifest, tools=tools)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched."""
        return tuple(sorted(self._languages))

    @property
    def count(self) -> int:
        """How many passages there are, in force or not."""
        kept = sum(len(index.segment) for index in self._languages.values())
        hidden = (
            language in self._languages and self._languages[language].segment.number(passage_id) is not None
            for passage_id, language in self.delta.hidden
        )
        return kept - sum(hidden) + len(self.delta.entries)

    @property
    def waste(self) -> float:
        """The share of the files that belongs to passages which are gone."""
        written = sum(len(index.segment.ids) for index in self._languages.values())
        return 1 - sum(len(index.segment) for index in self._languages.values()) / max(written, 1)

    def takes(self, changes: Changes) -> bool:
        """Whether it holds the languages of ``changes``; another one takes an index built anew."""
        return {passage.language for passage in changes.upserts} <= set(self._languages)

    def with_changes(self, changes: Changes) -> LargeIndex:
        """This with ``changes`` that it ``takes``, which are newer than it."""
        terms = {language: index.terms for language, index in self._languages.items()}
        delta = self.delta.with_changes(changes, embed=self._tools.embed, terms=terms)
        return LargeIndex(
            self._languages, folder=self.folder, manifest=self.manifest, tools=self._tools, delta=delta
        )

    def search(self, text: str, language: str, *, k: int = 3, vector: Vector | None = None) -> list[Hit]:
        """The ``k`` best passages, as a Finder promises; those not in force now are left out."""
        if language not in self._languages:
            raise ConfigError(
                f"no passages in {language!r}; there are: {', '.join(self.languages) or 'none'}"
            )
        if not plain(text):
            return []
        given = vector
        vectors = embedded(
            [text], lambda texts: self._tools.embed(texts) if given is None else given()[None, :]
        )
        index = self._languages[language]
        found = index.candidates(
            index.question(text, vectors[0]), moment=self._tools.now(), fresh=self.delta.of_language(language)
        )
        return _hits(found, index.judge, language=language, k=k)


def open_language(folder: Path, language: str, *, tools: Tools) -> LanguageIndex:
    """One language's part of an index; without a judge yet, the one learnt elsewhere."""
    judge = folder / JUDGE
    try:
        own = Judge.from_json(json.loads(judge.read_text("utf-8"))) if judge.is_file() else ELSEWHERE
    except (ValueError, KeyError) as error:
        raise ModelError(f"{judge} holds no weights ({error}); {NEXT}") from error
    segment = Segment.open(folder, bank=tools.bank)
    return LanguageIndex(language, segment, Terms(language, cut=tools.cut), own)


def _hits(found: Candidates, judge: Judge, *, language: str, k: int) -> list[Hit]:
    """The others' scores are smaller than the first by as much as their odds are."""
    if not found.ids:
        return []
    order, scores, certainty = judge.rank(found.table)
    shares = np.exp(np.minimum(scores[order] - scores[order[0]], 0.0))
    return [
        Hit(found.ids[i], language, certainty * float(share))
        for i, share in zip(order[:k], shares[:k], strict=False)
    ]
