"""The table of docs/evaluation.md and its picture, from the result files alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- knowledge benchmark: begin -->", "<!-- knowledge benchmark: end -->"
PICTURE = "retrieval.png"
Result = Mapping[str, Any]
HEAD = """\
Milliseconds of the clock: median / 99 of 100, on one thread; CPU seconds of building count from vectors
that are there. Recall@10 is that of the vector index against an exact search over float vectors,
English / Chinese, and how many of the ten are as near within 0.001. Memory is the resident set of a process
that opened encoder and index and answered the queries. The other recalls: a wording that the index does not
hold finds its passage.
"""


def _rows() -> dict[str, Callable[[Mapping[str, Any]], str]]:
    return {
        "building, CPU s": lambda f: f"{f['build']['cpu_s']:,.0f}",
        "files, MB": lambda f: f"{f['build']['files_mb']:,.0f}",
        "memory, MB": lambda f: f"{f['query']['rss_mb']:,}",
        "a query's vector, ms": lambda f: _pair(f["query"]["embedding_ms"]),
        "a search, ms": lambda f: _pair(f["query"]["search_ms"]),
        "a search, ms of CPU": lambda f: _pair(f["query"]["search_cpu_ms"]),
        "both, ms": lambda f: _pair(f["query"]["both_ms"]),
        "recall@10 of the vectors": lambda f: _both(f["recall"], "recall_10"),
        "as near as those": lambda f: _both(f["recall"], "as_near_10"),
        "passage first / among three": lambda f: _recalls(f["query"]),
        "ranker: fitting, CPU s": lambda f: f"{f['ranker']['fit_cpu_s']:,.0f}" if "ranker" in f else "",
        "ranker: a search, ms": lambda f: _pair(f["ranker"]["search_ms"]) if "ranker" in f else "",
        "ranker: first / among three": lambda f: _recalls(f["ranker"]) if "ranker" in f else "",
    }


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the table of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The table and where it comes from, as Markdown."""
    ordered = sorted(results, key=lambda one: int(one["passages"]))
    if not ordered:
        return "No result is there yet.\n"
    lines = [
        table_row(["passages", *(f"{one['passages']:,}" for one in ordered)]),
        table_row(["---"] * (len(ordered) + 1)),
        *(table_row([name, *(told(one["figures"]) for one in ordered)]) for name, told in _rows().items()),
    ]
    return "\n".join([HEAD, *lines, "", f"![growth]({PICTURE})", "", _origin(ordered)])


def draw(file: Path, results: Sequence[Result]) -> None:
    """Write the picture of how time, memory, building and files grow."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ordered = sorted(results, key=lambda one: int(one["passages"]))
    sizes = [one["passages"] for one in ordered]
    figure = Figure(figsize=(9, 3.2))
    FigureCanvasAgg(figure)
    panels: dict[str, dict[str, Callable[[Mapping[str, Any]], float]]] = {
        "a search, ms": {
            "median": lambda f: f["query"]["search_ms"]["p50"],
            "99 of 100": lambda f: f["query"]["search_ms"]["p99"],
        },
        "MB": {"memory": lambda f: f["query"]["rss_mb"], "files": lambda f: f["build"]["files_mb"]},
        "building, CPU s": {"building": lambda f: f["build"]["cpu_s"]},
    }
    for number, (title, curves) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), number)
        for name, told in curves.items():
            axes.loglog(sizes, [told(one["figures"]) for one in ordered], marker="o", label=name)
        axes.set_xlabel("passages")
        axes.set_title(title)
        axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def _pair(times: Mapping[str, float]) -> str:
    return f"{times['p50']:.1f} / {times['p99']:.1f}"


def _both(recall: Mapping[str, Mapping[str, float]], name: str) -> str:
    return f"{recall['en'][name]:.3f} / {recall['zh'][name]:.3f}"


def _recalls(figures: Mapping[str, float]) -> str:
    return f"{figures['recall_1']:.3f} / {figures['recall_3']:.3f}"


def _origin(results: Sequence[Result]) -> str:
    machines = set(map(machine_of, results))
    return (
        "From `results/knowledge/`, each file with its commit, data digest, seed and machine: "
        f"{'; '.join(map(_told, results))}; {'; '.join(sorted(machines))}.\n"
    )


def _told(result: Result) -> str:
    return f"{result['passages']:,} at {commit_of(result)}, load {result['load']}"
