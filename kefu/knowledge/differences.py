"""What an import would change: passages that come, differ, stay and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from kefu.knowledge.drafts import Draft
from kefu.knowledge.passages import Passage

Key = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """What comes, what differs (before, after), what is the same word for word, what goes."""

    added: tuple[Passage, ...] = ()
    changed: tuple[tuple[Passage, Passage], ...] = ()
    same: tuple[Passage, ...] = ()
    removed: tuple[Passage, ...] = ()

    @property
    def written(self) -> list[Passage]:
        """The passages that have to be written."""
        return [*self.added, *(after for _, after in self.changed)]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def difference(
    drafts: Sequence[Draft], standing: Mapping[Key, Passage], *, gone: Iterable[Passage] = ()
) -> Difference:
    """Hold drafts against those that stand under the same id and language; ``gone`` are to go.

    Where a row tells no day of its own, an unchanged passage keeps the day that it has.
    """
    added, changed, same = [], [], []
    for draft in drafts:
        before = standing.get((draft.passage.passage_id, draft.passage.language))
        if before is None:
            added.append(draft.passage)
            continue
        after = _dated(draft, before)
        if after == before:
            same.append(after)
        else:
            changed.append((before, after))
    return Difference(tuple(added), tuple(changed), tuple(same), tuple(gone))


def lines(before: Passage, after: Passage) -> Iterator[str]:
    """The fields that differ: what stood there, and what will."""
    for one in fields(Passage):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old != new:
            yield f"{one.name}:"
            olds, news = _shown(old), _shown(new)
            yield from (f"- {line}" for line in olds if line not in news)
            yield from (f"+ {line}" for line in news if line not in olds)


def _dated(draft: Draft, before: Passage) -> Passage:
    if "updated" in draft.given:
        return draft.passage
    kept = replace(draft.passage, updated=before.updated)
    return kept if kept == before else draft.passage


def _shown(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, datetime):
        return [value.isoformat()]
    return [] if value is None else str(value).split("\n")
