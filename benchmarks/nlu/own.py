"""The project's own training data, cut for cross-validation."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.nlu.sets import FOLDS

LANGUAGES = ("en", "zh")
_SEED = 0


def own_folder(nlu: Path, *, work: Path) -> Path:
    """The folder with train-N.jsonl and test-N.jsonl of every fold; written where it is not there yet."""
    files = [file for language in LANGUAGES for file in sorted((nlu / language).glob("*.yml"))]
    sha = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = work / "own" / sha[:16]
    if not (folder / "done").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, [row for language in LANGUAGES for row in _rows(nlu / language, language)])
        (folder / "done").touch()
    return folder


def cut(rows: Sequence[dict[str, Any]]) -> list[int]:
    """The fold (1 to FOLDS) of every row: intents and languages spread evenly over the folds.

    Texts that differ in letter case or white space alone share a fold, else the test split would hold
    what was trained on.
    """
    buckets: dict[tuple[str, str], list[str]] = defaultdict(list)
    homes: dict[str, int] = {}
    for row in rows:
        key = _key(row["text"])
        if key not in homes:
            homes[key] = 0
            buckets[row["language"], row["intent"]].append(key)
    rng, place = random.Random(_SEED), 0
    for bucket in sorted(buckets):
        for key in rng.sample(buckets[bucket], len(buckets[bucket])):
            homes[key] = place % FOLDS + 1
            place += 1
    return [homes[_key(row["text"])] for row in rows]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _rows(folder: Path, language: str) -> list[dict[str, Any]]:
    """The examples of one language as Rasa reads them."""
    from rasa.shared.nlu.training_data.loading import load_data

    return [
        {
            "text": message.get("text"),
            "intent": message.get("intent"),
            "language": language,
            "entities": [
                {name: e[name] for name in ("start", "end", "entity")} for e in message.get("entities", [])
            ],
        }
        for message in load_data(str(folder)).intent_examples
    ]


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    folds = cut(rows)
    for fold in range(1, FOLDS + 1):
        for split, inside in (("train", False), ("test", True)):
            kept = [row for row, home in zip(rows, folds, strict=True) if (home == fold) is inside]
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in kept]
            (folder / f"{split}-{fold}.jsonl").write_text("".join(lines), encoding="utf-8")
