"""What is measured: passages with questions held out, and banks made of public development data.

No split called "test" is read. A stand-in is drawn anew for each seed: some classes with 5 to 30 variants
each, unevenly, a few mistyped; queries of the same classes, four in ten mistyped; and somewhat more that
belong to none: of the classes left out, and of other sets.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kefu.evaluation.examples import read_labelled
from kefu.evaluation.retrieval_files import Bank, Query, Variant
from kefu.knowledge.passages import Passage, load
from kefu.language.examples import Example
from kefu.language.typos import with_typos

OWN = ("own-en", "own-zh")
STANDINS = {"banking77": 26, "hwu64": 24, "clinc150": 28, "bitext": 18}  # classes kept
FEW = {"few-en": 60, "few-zh": 60}  # own passages kept, with 3 to 10 variants
FOLDS = 5
LEAST, MOST = 5, 30
TYPOS_KNOWN, TYPOS_ASKED = 0.15, 0.4
NONE_FOR_ONE, NEAR = 1.2, 0.6  # unanswerable queries for an answerable one; of those, of left-out classes
EACH = 20  # queries of a class

Texts = dict[str, list[str]]


@dataclass(frozen=True)
class Case:
    """Passages to fit on and queries to look up."""

    passages: tuple[Passage, ...]
    queries: tuple[Query, ...]

    def digest(self) -> str:
        """SHA-256 of all texts and ids."""
        known = [(one.passage_id, one.title, one.questions, one.answer) for one in self.passages]
        asked = [(one.text, one.wanted) for one in self.queries]
        return hashlib.sha256(json.dumps([known, asked], ensure_ascii=False).encode()).hexdigest()


def names() -> list[str]:
    """Every set, in the order of the table."""
    return [*OWN, *STANDINS, *FEW]


def cases(name: str, seed: int, *, data: Path, knowledge: Path) -> list[Case]:
    """The cases of a set for a seed: the folds of own passages, or one stand-in."""
    language = name[-2:]
    if name in OWN:
        return _folds(load(knowledge), language, seed)
    rng = random.Random(f"{name}-{seed}")
    if name in FEW:
        return [_few([one for one in load(knowledge) if one.language == language], FEW[name], rng)]
    return [_public(name, rng, data=data)]


def _folds(every: Sequence[Passage], language: str, seed: int) -> list[Case]:
    """Every question of a language held out once, the other parts of its passage's questions known.

    The passages' other languages are known, as they are to the assistant.
    """
    rng = random.Random(seed)
    passages = [one for one in every if one.language == language]
    others = tuple(one for one in every if one.language != language)
    parts = []
    for one in passages:
        questions = list(one.questions)
        rng.shuffle(questions)
        parts.append([questions[fold::FOLDS] for fold in range(FOLDS)])
    return [_without(passages, [part[fold] for part in parts], others) for fold in range(FOLDS)]


def _without(passages: Sequence[Passage], held: Sequence[list[str]], others: tuple[Passage, ...]) -> Case:
    pairs = list(zip(passages, held, strict=True))
    asked = {question for out in held for question in out}  # "paypal" is asked in both languages
    known = [
        replace(one, questions=tuple(q for q in one.questions if q not in asked))
        for one in (*passages, *others)
    ]
    return Case(
        tuple(known), tuple(Query(q, (one.passage_id,), one.language) for one, out in pairs for q in out)
    )


def _public(name: str, rng: random.Random, *, data: Path) -> Case:
    known, asked = (_by_class(data / name / f"{split}.jsonl") for split in ("train", "dev"))
    others = [other for other in STANDINS if other != name and other != "bitext"]
    far = [one.text for one in read_labelled(data / "clinc150" / "oos_dev.jsonl")]
    far += [t for other in others for few in _by_class(data / other / "dev.jsonl").values() for t in few[:2]]
    kept = rng.sample(sorted(known), STANDINS[name])
    near = [text for label in sorted(asked) if label not in kept for text in asked[label]]
    bank = {label: _drawn(known[label], LEAST, MOST, rng) for label in kept}
    return _case(bank, {label: asked.get(label, [])[:EACH] for label in kept}, near, far, "en", rng)


def _few(passages: Sequence[Passage], count: int, rng: random.Random) -> Case:
    """Own passages as a shop would start with: a few variants each, no titles and no answers."""
    shuffled = rng.sample(passages, len(passages))
    bank, asked = {}, {}
    for one in shuffled[:count]:
        bank[one.passage_id] = _drawn(one.questions, 3, 10, rng)
        asked[one.passage_id] = [q for q in one.questions if q not in bank[one.passage_id]][:8]
    near = [question for one in shuffled[count:] for question in one.questions]
    return _case(bank, asked, near, [], passages[0].language, rng)


def _case(
    known: Texts, asked: Texts, near: list[str], far: list[str], language: str, rng: random.Random
) -> Case:
    variants = [
        Variant(label, _mistyped(text, TYPOS_KNOWN, rng), language, label)
        for label, texts in known.items()
        for text in texts
    ]
    queries = [(text, (label,)) for label, texts in asked.items() for text in texts]
    wanted = round(NONE_FOR_ONE * len(queries))
    close = rng.sample(near, min(len(near), round((NEAR if far else 1.0) * wanted)))
    without = close + rng.sample(far, min(len(far), wanted - len(close)))
    every = [*queries, *((text, ()) for text in without)]
    read = tuple(Query(_mistyped(text, TYPOS_ASKED, rng), ids, language) for text, ids in every)
    return Case(tuple(Bank(tuple(variants), ()).passages()), read)


def _drawn(texts: Sequence[str], least: int, most: int, rng: random.Random) -> list[str]:
    """Some of ``texts``; how many is spread evenly over the orders of magnitude, as in real banks."""
    count = round(least * (most / least) ** rng.random())
    return rng.sample(texts, min(count, len(texts)))


def _mistyped(text: str, share: float, rng: random.Random) -> str:
    return with_typos(Example(text), rng=rng).text if rng.random() < share else text


def _by_class(file: Path) -> Texts:
    found: Texts = defaultdict(list)
    for row in read_labelled(file, need=("text", "intent")):
        found[str(row.intent)].append(row.text)
    return found
