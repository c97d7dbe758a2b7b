"""One measurement: a set, a seed, a system; and its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.retrieval.cases import cases
from benchmarks.retrieval.systems import run
from kefu.evaluation.retrieval_figures import Answer, retrieval_figures
from kefu.knowledge.views import Embed, Rewriting

PACKAGES = ("scikit-learn", "numpy", "onnxruntime")


@dataclass(frozen=True)
class Places:
    """The public data, the passages, and where results go (in git)."""

    data: Path
    knowledge: Path
    results: Path

    def result(self, name: str, seed: int, system: str) -> Path:
        """The file of a measurement."""
        return self.results / f"{name}-seed{seed}-{system}.json"


def measure(
    name: str, seed: int, system: str, places: Places, *, embed: Embed, rewriting: Rewriting
) -> dict[str, Any]:
    """Fit ``system`` on each case of the set, look up its queries, count; the result, also written."""
    every: list[Answer] = []
    seconds = []
    own = cases(name, seed, data=places.data, knowledge=places.knowledge)
    for case in own:
        answers, fitting = run(system, case.passages, case.queries, embed=embed, rewriting=rewriting)
        every += answers
        seconds.append(fitting)
    result = {
        "set": name,
        "seed": seed,
        "system": system,
        "digests": [case.digest() for case in own],
        "passages": len({one.passage_id for one in own[0].passages}),
        "figures": retrieval_figures(every, fit_seconds=sum(seconds) / len(seconds)).as_dict(),
        **provenance(PACKAGES),
    }
    write_json(places.result(name, seed, system), result)
    return result
