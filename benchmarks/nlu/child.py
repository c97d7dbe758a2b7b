"""One phase of one cell in a process of its own, so that its CPU time and memory are its own.

python -m benchmarks.nlu.child train|read '{"cell": …, "places": …}'
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.nlu import systems
from benchmarks.nlu.cells import ROOT, Cell, Places
from benchmarks.nlu.own import own_folder
from benchmarks.nlu.provenance import provenance
from benchmarks.nlu.rows import Row, write_rows
from benchmarks.nlu.sets import BenchSet, Splits, bench_sets, load_splits
from kefu.evaluation.latency import measure_latency

BATCH = 32
SINGLES = 200


def splits_of(cell: Cell, places: Places) -> tuple[BenchSet, Splits]:
    """The set of a cell and its examples."""
    which = bench_sets()[cell.set]
    own = which.own
    folder = own_folder(ROOT / "data" / "nlu", work=places.work) if own else places.data / which.folder
    return which, load_splits(which, folder=folder, limit=cell.limit)


def digests(cell: Cell, which: BenchSet, splits: Splits) -> dict[str, str]:
    """What a training, and what its readings, depend on; the same digest means the same figures."""
    plan = [cell.system, systems.recipe(cell, which), systems.code(cell), splits.digest("train")]
    training = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
    reading = hashlib.sha256((training + splits.digest(*sorted(splits.reads))).encode()).hexdigest()
    return {"train": training, "read": reading}


def train(cell: Cell, places: Places) -> dict[str, Any]:
    """Train the cell's system into its folder; what it cost."""
    which, splits = splits_of(cell, places)
    digest = digests(cell, which, splits)["train"]
    folder = places.folder(cell)
    resumed = systems.has_begun(folder)
    began = _spent()
    report = systems.train(cell, which, splits.train, folder=folder)
    cost = _since(began)
    return {
        "digest": digest,
        "examples": len(splits.train),
        **cost,
        "resumed": resumed,  # then the cost is that of the last part alone
        "model_bytes": systems.size(folder),
        "peak_rss_mb": _peak(),
        "report": report,
        "recipe": systems.recipe(cell, which),
        "code": systems.code(cell),
        "files": splits.files,
        **provenance(),
    }


def read(cell: Cell, places: Places) -> dict[str, Any]:
    """Read the cell's messages with what ``train`` left; what a message cost."""
    which, splits = splits_of(cell, places)
    folder = places.folder(cell)
    began = _spent()
    system = systems.reader(cell, folder=folder)
    opening = _since(began)
    texts = [example.text for example in splits.reads["clean"][:SINGLES]]
    _, latency = measure_latency(lambda text: system.read([text]), texts)
    serving = _peak()
    rows = {name: _batched(system.read, [e.text for e in kept]) for name, kept in splits.reads.items()}
    write_rows(folder / "rows.json.gz", rows)
    return {
        "digest": digests(cell, which, splits)["read"],
        "opening": opening,
        "latency": latency.as_dict(),
        "peak_rss_mb": serving,
        "peak_rss_batches_mb": _peak(),
        **provenance(),
    }


def _batched(read_some: Callable[[list[str]], list[Row]], texts: list[str]) -> list[Row]:
    return [row for at in range(0, len(texts), BATCH) for row in read_some(texts[at : at + BATCH])]


def _spent() -> tuple[float, float]:
    """CPU seconds of this process and its finished children, and the clock."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used), time.monotonic()


def _since(began: tuple[float, float]) -> dict[str, float]:
    cpu, clock = _spent()
    return {"cpu_seconds": round(cpu - began[0], 2), "wall_seconds": round(clock - began[1], 2)}


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> int:
    """Run the phase and leave its report beside the model."""
    phase, given = sys.argv[1], json.loads(sys.argv[2])
    cell, places = Cell(**given["cell"]), Places.from_dict(given["places"])
    report = {"train": train, "read": read}[phase](cell, places)
    file: Path = places.folder(cell) / f"{phase}.json"
    file.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
