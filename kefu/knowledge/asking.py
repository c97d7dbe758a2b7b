"""What the passages say to a message of several parts, or to one that follows another question.

A cut between two parts holds only where the passages answer the parts differently; a message such as
"and for e-books?" is searched together with the question before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kefu.knowledge import questions
from kefu.knowledge.questions import ENOUGH, NEAR
from kefu.knowledge.ranking import Hit

WIDE = 8  # passages that are looked at where two searches must agree
_SHARE = 0.02  # of its first hit that a passage must have, to be one that a search found
_DOUBT = ENOUGH - 0.01
_LIFTED = 20  # times more likely with the new words than without them
# Behind a sure question its own passage takes nearly all: what the new words bring up stands far below it,
# and still far above all others. Of 22 follow-ups a language those that were missed have 4e-4 or more.
_BROUGHT, _BROUGHT_LIFTED, _BROUGHT_ALONE = 3e-4, 1_000, 10

Search = Callable[[str], Sequence[Hit]]


@dataclass(frozen=True)
class Before:
    """The question that was answered last: its passage, and the words that asked for it."""

    passage_id: str
    question: str


@dataclass(frozen=True)
class PartFound:
    """A part of a message with its passages, best first."""

    text: str
    asks: bool
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Found:
    """What a message's search came to.

    ``hits``: of the whole, best first. ``parts``: two or three, where the message asks so much; else
    none. ``follows``: the question that the message was joined to, if it was.
    """

    hits: tuple[Hit, ...]
    parts: tuple[PartFound, ...] = ()
    follows: str | None = None
    another: bool = False  # the first hit is another passage than the one that was answered last

    @property
    def sure(self) -> float:
        """The probability that a passage answers the whole, or that one answers each of its questions."""
        whole = self.hits[0].score if self.hits else 0.0
        each = [part.hits[0].score if part.asks and part.hits else 0.0 for part in self.parts]
        return max(whole, min(each, default=0.0))


def found(text: str, hits: Sequence[Hit], search: Search, *, before: Before | None = None) -> Found:
    """What ``hits``, found for the whole ``text``, come to; ``search`` gives WIDE hits of other words."""
    search = functools.cache(search)  # one part's words are asked for again beside another's
    new = questions.follow_up(text)
    if new is not None:
        joined = in_context(new, hits, search, before) if before is not None else None
        if joined is None or before is None:
            return Found(tuple(hits))
        return Found(joined, follows=before.question, another=joined[0].passage_id != before.passage_id)
    return Found(tuple(hits), _parts(text, search))


def in_context(new: str, alone: Sequence[Hit], search: Search, before: Before) -> tuple[Hit, ...] | None:
    """Passages for ``new`` words behind a question: of the same matter, but not the one just heard.

    That passage must be found by the new words too, or be one that only they bring up. Where there is none,
    and the words ``alone`` find nothing surely, the last passage may be all that is known.
    None where the question before does not help.
    """
    joint, old = search(_behind(before.question, new)), search(before.question)
    heard = {before.passage_id} | {hit.passage_id for hit in old[:1]}  # a chain of follow-ups heard both
    last = max((hit.score for hit in joint if hit.passage_id in heard), default=0.0)
    others = [hit for hit in _found_in(joint) if hit.passage_id not in heard]
    if others and _of_the_new_words(others[0], alone, search(new), old):
        sure = _without_last(joint[0].score, last, others)
        if sure >= ENOUGH:
            return (replace(others[0], score=sure), *others[1:3])
        if _sure(alone) and others[0].score >= NEAR and alone[0].passage_id not in _found_by(joint):
            return _either(others[0], alone[0])
    brought = _brought_up([hit for hit in joint if hit.passage_id not in heard], old)
    if brought is not None and not _sure(alone):
        return (replace(brought, score=max(brought.score, ENOUGH)), *others[1:3])
    if joint and not _sure(alone) and joint[0].passage_id == before.passage_id and _sure(joint):
        return tuple(joint[:3])
    return None


def _brought_up(others: Sequence[Hit], old: Sequence[Hit]) -> Hit | None:
    """The one passage that the new words bring up behind the old question, however sure that one was."""
    if not others:
        return None
    first, next_ = others[0], others[1].score if len(others) > 1 else 0.0
    least = min((hit.score for hit in old), default=0.0)  # those that were not found have less
    was = next((hit.score for hit in old if hit.passage_id == first.passage_id), least)
    lifted = first.score >= _BROUGHT_LIFTED * was and first.score >= _BROUGHT_ALONE * next_
    return first if first.score >= _BROUGHT and lifted else None


def _without_last(best: float, last: float, others: Sequence[Hit]) -> float:
    """How sure the first of ``others`` is, once the passage that was just heard is ruled out."""
    share = others[0].score / sum(hit.score for hit in others)
    return min(share, max(best * share, others[0].score / max(1.0 - last, others[0].score)))


def _either(one: Hit, other: Hit) -> tuple[Hit, ...]:
    """Two passages of which neither is sure: one of the old question's matter, one of the words alone."""
    return (replace(one, score=_DOUBT), replace(other, score=_DOUBT))


def _of_the_new_words(hit: Hit, alone: Sequence[Hit], new: Sequence[Hit], old: Sequence[Hit]) -> bool:
    """Whether a passage answers to the new words, and not to the old question alone."""
    if hit.passage_id in _found_by(new) | _found_by(alone):
        return True
    was = next((found.score for found in old if found.passage_id == hit.passage_id), 0.0)
    return hit.score >= NEAR and hit.score >= _LIFTED * was


def _parts(text: str, search: Search) -> tuple[PartFound, ...]:
    """The parts of a message with what was found for each; none where the cut does not hold."""
    cut = questions.parts(text)
    if len(cut) < 2:
        return ()
    told: list[PartFound] = []
    for part in cut:
        hits = tuple(search(part.text)[:3])
        last = next((done for done in reversed(told) if done.asks and _sure(done.hits)), None)
        if part.asks and last is not None and not questions.own(part.text):
            hits = _beside(part.text, hits, search, Before(last.hits[0].passage_id, last.text))
        told.append(PartFound(part.text, part.asks, hits))
    return tuple(told) if _holds(told) else ()


def _beside(text: str, hits: tuple[Hit, ...], search: Search, first: Before) -> tuple[Hit, ...]:
    """Passages for a part behind another one, which it may lean on ("and how long does it take?")."""
    leans = questions.leans(text)
    if _sure(hits) and not leans:
        return hits
    joined = in_context(text, () if leans else hits, search, first)
    if joined is None or (not leans and joined[0].passage_id == first.passage_id):
        return () if leans else hits
    return joined


def _holds(told: Sequence[PartFound]) -> bool:
    """Whether the parts are different matters, one of them surely answered."""
    answered = [part.hits[0].passage_id for part in told if part.asks and _sure(part.hits)]
    others = len(told) - len(answered)
    return bool(answered) and (len(set(answered)) > 1 or others > 0)


def _behind(question: str, new: str) -> str:
    return f"{question.rstrip('?？。.!！ ')} {new}"


def _sure(hits: Sequence[Hit]) -> bool:
    return bool(hits) and hits[0].score >= ENOUGH


def _found_by(hits: Sequence[Hit]) -> set[str]:
    return {hit.passage_id for hit in _found_in(hits)}


def _found_in(hits: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in hits if hit.score >= _SHARE * hits[0].score]
