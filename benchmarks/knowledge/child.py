"""What is measured in a process of its own: `python -m benchmarks.knowledge.child WHAT FOLDER SIZE SEED`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.knowledge.embeddings import Embeddings
from benchmarks.knowledge.made import Asked, MadePassages
from kefu.knowledge.building import build
from kefu.knowledge.finder import Finder
from kefu.knowledge.index import LargeIndex, Tools
from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Ranker
from kefu.knowledge.segments import Segment
from kefu.language.encoder import Encoder
from kefu.language.text import split

QUERIES = 2_000
WARM_UP = 200
RECALLED = 500  # queries compared with an exact search, a language
NEAREST, AS_NEAR = 10, 0.001  # a cosine so little below the tenth is as good
CHUNK = 50_000  # vectors compared exactly at a time
PLACES = 4  # a question's code is four times its passage's number, and its place there


class Bench:
    """The made passages with their vectors and index, below ``folder``."""

    def __init__(self, folder: Path, size: int, seed: int) -> None:
        meta = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        self.size, self.made = size, MadePassages(seed)
        self.encoder = Encoder.open(Path(meta["encoder"]))
        self.embeddings = Embeddings(folder / "vectors", self.made, self.encoder.sentences)
        self.index = folder / f"index-{size}"
        self.tools = Tools(
            self.encoder.sentences, self.encoder.digest, _cut, lambda: datetime.now(timezone.utc)
        )

    def asked(self, count: int) -> list[Asked]:
        """Passages drawn from all, each with a wording that the index does not hold."""
        chance = np.random.default_rng(self.made.seed)
        return [self.made[int(n)] for n in chance.choice(self.size, min(count, self.size), replace=False)]

    def embedded(self) -> Iterator[tuple[Passage, np.ndarray]]:
        """Each passage with its vectors."""
        for number, vectors in self.embeddings.rows(self.size):
            yield self.made[number].passage, vectors.astype(np.float32)


def build_index(bench: Bench) -> dict[str, Any]:
    """CPU seconds to build from vectors that are there, the peak of memory, and the size of the files."""
    began, clock = time.process_time(), time.perf_counter()
    build(bench.index, bench.embedded(), tools=bench.tools, counter=0)
    return {
        "cpu_s": round(time.process_time() - began, 1),
        "clock_s": round(time.perf_counter() - clock, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "files_mb": round(sum(f.stat().st_size for f in bench.index.rglob("*") if f.is_file()) / 1e6, 1),
    }


def query_index(bench: Bench) -> dict[str, Any]:
    """Times and answers of the large index, and the memory of a process that does nothing else."""
    began = time.process_time()
    finder = LargeIndex.open(bench.index, tools=bench.tools)
    opened = time.process_time() - began
    return {"open_cpu_s": round(opened, 2), **_queried(bench, finder), "rss_mb": _rss_mb()}


def query_ranker(bench: Bench) -> dict[str, Any]:
    """The same of the ranker, which is fitted first; it learns from three questions a passage."""
    taught = [bench.made.asked(number, questions=3).passage for number in range(bench.size)]
    began = time.process_time()
    finder = Ranker.fit(taught, embed=bench.encoder.sentences)
    fitted = time.process_time() - began
    return {"fit_cpu_s": round(fitted, 1), **_queried(bench, finder), "rss_mb": _rss_mb()}


def recall(bench: Bench) -> dict[str, Any]:
    """How many of the ten questions nearest by exact float vectors the index's vectors give."""
    asked = bench.asked(20 * RECALLED)
    return {language: _recall(bench, language, asked) for language in ("en", "zh")}


def _recall(bench: Bench, language: str, asked: list[Asked]) -> dict[str, Any]:
    texts = [one.query for one in asked if one.passage.language == language][:RECALLED]
    queries = bench.encoder.sentences(texts)
    exact, last = _exact(bench, language, queries)
    segment = Segment.open(bench.index / language)
    same = near = 0
    for query, codes, least in zip(queries, exact, last, strict=True):
        rows, _ = segment.vectors.search(query, k=NEAREST)
        found = [_code(segment, row) for row in rows.tolist()]
        same += len(set(codes.tolist()) & set(found))
        vectors = bench.embeddings.of([(code // PLACES, code % PLACES) for code in found])
        near += int((vectors @ query >= least - AS_NEAR).sum())
    asked_for = NEAREST * len(texts)
    return {
        "vectors": len(segment.vectors), "queries": len(texts),
        "recall_10": round(same / asked_for, 4), "as_near_10": round(near / asked_for, 4),
    }  # fmt: skip


def _exact(bench: Bench, language: str, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes (n, 10) of the questions nearest to each query, and the cosine (n,) of the tenth."""
    codes = np.zeros((len(queries), 0), dtype=np.int64)
    cosines = np.zeros((len(queries), 0), dtype=np.float32)
    for some, vectors in _chunks(bench, language):
        new = np.concatenate([cosines, queries @ vectors.T], axis=1)
        names = np.concatenate([codes, np.tile(some, (len(queries), 1))], axis=1)
        best = np.argpartition(-new, NEAREST - 1, axis=1)[:, :NEAREST]
        cosines, codes = np.take_along_axis(new, best, 1), np.take_along_axis(names, best, 1)
    return codes, cosines.min(axis=1)


def _chunks(bench: Bench, language: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Codes (n,) and vectors (n, d) of a language's questions, some ten thousand at a time."""
    codes: list[int] = []
    vectors: list[np.ndarray] = []
    for number, own in bench.embeddings.rows(bench.size):
        if bench.made.language(number) == language:
            codes.extend(number * PLACES + place for place in range(len(own)))
            vectors.append(own)
        if len(codes) > CHUNK:
            yield np.array(codes), np.concatenate(vectors).astype(np.float32)
            codes, vectors = [], []
    if codes:
        yield np.array(codes), np.concatenate(vectors).astype(np.float32)


def _code(segment: Segment, row: int) -> int:
    owner = int(segment.owners(np.array([row]))[0])
    number = int(segment.ids[owner].removeprefix("made-"))
    return number * PLACES + row - int(segment.starts[owner])


def _queried(bench: Bench, finder: Finder) -> dict[str, Any]:
    embedding, search, cpu, ranks = [], [], [], []
    for one in bench.asked(QUERIES):
        start = time.perf_counter()
        vector = bench.encoder.sentences([one.query])[0]
        middle, busy = time.perf_counter(), time.process_time()
        hits = finder.search(one.query, one.passage.language, k=3, vector=partial(np.asarray, vector))
        search.append((time.perf_counter() - middle) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
        embedding.append((middle - start) * 1000)
        ids = [hit.passage_id for hit in hits]
        ranks.append(ids.index(one.passage.passage_id) if one.passage.passage_id in ids else 3)
    both = np.array(embedding) + np.array(search)
    return {
        "queries": len(ranks) - WARM_UP,
        "embedding_ms": _times(embedding), "search_ms": _times(search), "search_cpu_ms": _times(cpu),
        "both_ms": _times(both), "recall_1": _below(ranks, 1), "recall_3": _below(ranks, 3),
    }  # fmt: skip


def _times(values: Any) -> dict[str, float]:
    p50, p99 = np.percentile(values[WARM_UP:], (50, 99))
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


def _below(ranks: list[int], rank: int) -> float:
    return round(float(np.mean(np.array(ranks) < rank)), 4)


def _rss_mb() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return round(int(line.split()[1]) / 1024)


def _cut(text: str) -> list[str]:
    return [piece.text for piece in split(text)]


MEASURES: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "build": build_index, "query": query_index, "ranker": query_ranker, "recall": recall,
}  # fmt: skip


def main(what: str, folder: str, size: str, seed: str) -> None:
    """Measure one thing, and print it as JSON."""
    print(json.dumps(MEASURES[what](Bench(Path(folder), int(size), int(seed)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
