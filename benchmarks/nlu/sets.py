"""The sets: which files each is made of, and its examples."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kefu.errors import ConfigError
from kefu.evaluation.examples import Labelled, read_labelled
from kefu.language.examples import Example
from kefu.language.typos import noised

TYPO_SEED = 1
FOLDS = 5
OWN = "own"


@dataclass(frozen=True)
class BenchSet:
    """A set: the ``folder`` of its files below the public data and the name of its training file.

    ``outside``: it has messages of no intent, and a dev split to choose a threshold on.
    """

    name: str
    folder: str
    train: str
    test: str = "test"
    entities: bool = False
    outside: bool = False

    @property
    def own(self) -> bool:
        """Whether it is a fold of the project's own data."""
        return self.folder == OWN

    @property
    def tokenizer(self) -> str:
        """Rasa's stock choice for its languages."""
        return "JiebaTokenizer" if self.own else "WhitespaceTokenizer"


@dataclass(frozen=True)
class Splits:
    """Training examples, and the messages to read: ``clean`` and ``typos`` (the test split with seeded
    typing mistakes), where there are such ``dev`` and ``outside``; ``languages`` of the test split."""

    train: tuple[Example, ...]
    reads: dict[str, tuple[Example, ...]]
    languages: tuple[str | None, ...]
    files: dict[str, str]

    def digest(self, *splits: str) -> str:
        """SHA-256 over the examples of ``splits`` (train, or a name in ``reads``)."""
        sha = hashlib.sha256()
        for split in splits:
            rows = self.train if split == "train" else self.reads[split]
            plain = [(e.text, e.intent, [(s.start, s.end, s.entity) for s in e.spans]) for e in rows]
            sha.update(json.dumps([split, plain], ensure_ascii=False).encode())
        return sha.hexdigest()


def bench_sets() -> dict[str, BenchSet]:
    """Every set by its name, in the order of the table."""
    public = (
        BenchSet("banking77-10shot", "banking77", "train_10shot"),
        BenchSet("banking77", "banking77", "train"),
        BenchSet("clinc150-10shot", "clinc150", "train_10shot", outside=True),
        BenchSet("clinc150", "clinc150", "train", outside=True),
        BenchSet("hwu64-10shot", "hwu64", "train_10shot"),
        BenchSet("bitext-20shot", "bitext", "train_20shot", entities=True),
        BenchSet("snips", "snips", "train", entities=True),
    )
    folds = (
        BenchSet(f"{OWN}-{fold}", OWN, f"train-{fold}", test=f"test-{fold}", entities=True)
        for fold in range(1, FOLDS + 1)
    )
    return {one.name: one for one in (*public, *folds)}


def chosen_sets(names: Sequence[str]) -> list[BenchSet]:
    """The sets called ``names`` (all without a name; ``own`` is its five folds); ConfigError otherwise."""
    known = bench_sets()
    unknown = sorted(set(names) - set(known) - {OWN})
    if unknown:
        raise ConfigError(f"found no set {unknown[0]}; there are {', '.join([*known, OWN])}")
    return [one for one in known.values() if not names or one.name in names or (one.own and OWN in names)]


def load_splits(which: BenchSet, *, folder: Path, limit: int | None = None) -> Splits:
    """Read the set's files in ``folder`` (JSONL); ``limit`` keeps the first examples of each class."""
    names = {"train": which.train, "clean": which.test}
    if which.outside:
        names |= {"dev": "dev", "outside": "oos_test"}
    files = {split: folder / f"{name}.jsonl" for split, name in names.items()}
    rows = {
        split: list(_first(read_labelled(file, need=("text", "intent")), limit))
        for split, file in files.items()
    }
    read = {split: tuple(_example(row) for row in kept) for split, kept in rows.items()}
    reads = {"clean": read["clean"], "typos": tuple(noised(read["clean"], seed=TYPO_SEED))}
    reads |= {split: read[split] for split in ("dev", "outside") if split in read}
    sums = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files.values()}
    return Splits(read["train"], reads, tuple(row.language for row in rows["clean"]), sums)


def _first(rows: Sequence[Labelled], limit: int | None) -> Iterator[Labelled]:
    seen: Counter[tuple[str | None, str | None]] = Counter()
    for row in rows:
        seen[row.intent, row.language] += 1
        if limit is None or seen[row.intent, row.language] <= limit:
            yield row


def _example(row: Labelled) -> Example:
    return Example(row.text, row.intent, row.spans or (), row.source)
