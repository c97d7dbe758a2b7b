"""One size: embed what is missing, build, measure in fresh processes, write the result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.files import read_json, write_json
from benchmarks.knowledge.embeddings import Embeddings
from benchmarks.knowledge.made import MadePassages
from benchmarks.nlu.provenance import provenance
from kefu.errors import KefuError
from kefu.language.encoder import Encoder
from kefu.language.export import export_encoder
from kefu.language.weights import PACKAGED

PACKAGES = ("usearch", "tantivy", "onnxruntime", "scikit-learn", "numpy")
RANKER_COMPARED = 1_000  # passages: the ranker is measured up to here
MEASURED = ("build", "query", "recall", "ranker")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Places:
    """Where results go (in git), where vectors and indexes are kept (not in git), and the encoders."""

    results: Path
    work: Path
    encoders: Path

    def result(self, size: int) -> Path:
        """The file of a measurement."""
        return self.results / f"{size}.json"


def run(size: int, places: Places, *, seed: int, keep: Collection[str], say: Say) -> dict[str, Any]:
    """Measure one size; the result, which is also written. Of what was measured before, ``keep`` is kept.

    Vectors are kept in any case. KefuError where a process fails.
    """
    made = MadePassages(seed)
    if size > len(made):
        raise KefuError(f"{size:,} passages; there are {len(made):,} at most")
    exported = export_encoder(PACKAGED, cache=places.encoders)
    encoder = Encoder.open(exported)
    folder = places.work / f"{encoder.digest[:12]}-{made.digest()}"
    write_json(folder / "encoder.json", {"encoder": str(exported)})
    Embeddings(folder / "vectors", made, encoder.sentences).prepare(size, say=say)
    part = folder / f"measured-{size}.json"
    write_json(part, {what: found for what, found in read_json(part).items() if what in keep})
    figures = _measured(folder, size, seed=seed, part=part, say=say)
    result = {
        "passages": size, "seed": seed, "data": made.digest(), "encoder": encoder.digest,
        "figures": figures, **provenance(PACKAGES),
    }  # fmt: skip
    write_json(places.result(size), result)
    return result


def _measured(folder: Path, size: int, *, seed: int, part: Path, say: Say) -> dict[str, Any]:
    figures = read_json(part)
    for what in MEASURED if size <= RANKER_COMPARED else MEASURED[:-1]:
        if what not in figures:
            if what == "build":
                shutil.rmtree(folder / f"index-{size}", ignore_errors=True)
            figures[what] = _child(what, folder, size, seed)
            write_json(part, figures)
            say(f"{size:,} passages, {what}: {json.dumps(figures[what])}")
    return figures


def _child(what: str, folder: Path, size: int, seed: int) -> dict[str, Any]:
    """What a process of its own, on one thread, measures."""
    command = [sys.executable, "-m", "benchmarks.knowledge.child", what, str(folder), str(size), str(seed)]
    one = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **one})
    if done.returncode:
        raise KefuError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
