"""The table of docs/evaluation.md, from the result files alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row
from benchmarks.retrieval.cases import FOLDS, NONE_FOR_ONE, TYPOS_ASKED, names
from benchmarks.retrieval.systems import SYSTEMS

BEGIN, END = "<!-- retrieval benchmark: begin -->", "<!-- retrieval benchmark: end -->"
Result = Mapping[str, Any]
TITLES = {
    "own-en": "own passages, English",
    "own-zh": "own passages, Chinese",
    "few-en": "stand-in: few variants, English",
    "few-zh": "stand-in: few variants, Chinese",
}
COLUMNS = {
    "characters": "character TF-IDF, nearest",
    "vectors": "MiniLM, nearest",
    "both": "logistic regression over both",
    "ours": "ours",
}
ROWS = {
    "recall_1": ("recall@1", 100.0, 1),
    "recall_3": ("recall@3", 100.0, 1),
    "mean_reciprocal_rank": ("mean reciprocal rank", 100.0, 1),
    "auroc": ("AUROC of abstention", 100.0, 1),
    "wrong_at_90": ("wrong at 90 % coverage", 100.0, 1),
    "handled": ("handled rightly, of all", 100.0, 1),
    "coverage": ("given an answer, of the answerable", 100.0, 1),
    "wrong": ("wrong, of the answers given", 100.0, 1),
    "median_ms": ("a query, CPU ms, encoding included", 1.0, 1),
    "fit_seconds": ("fitting, CPU s", 1.0, 1),
}
THRESHOLDED = ("handled", "coverage", "wrong", "median_ms", "fit_seconds")  # ours alone has these
HEAD = f"""\
Means over the seeds, ± half the distance from the worst to the best; shares in per cent. "Own passages":
all of `data/knowledge`, each question variant held out once in {FOLDS} parts, a fifth of every passage at a
time; the other language is known but for those very words. The others are stand-ins for a
shop's own bank, drawn from development splits (BANKING77, CLINC150, HWU64, Bitext) or from own passages:
18 to 60 ids with few variants, {TYPOS_ASKED:.0%} of the queries mistyped, {NONE_FOR_ONE} unanswerable for one
answerable. They were looked at while retrieval was built, so they say how the rows compare, not how
another shop will fare. "Wrong at 90 % coverage": of the answerable queries with the highest scores. The
threshold is 0.5 for all.
"""


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the table of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The table and where it comes from, as Markdown."""
    if not results:
        return "No result is there yet.\n"
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for one in results:
        groups[one["set"], one["system"]].append(one)
    heads = ["set", "", *COLUMNS.values()]
    lines = [table_row(heads), table_row(["---"] * len(heads))]
    for name in names():
        there = {system: groups[name, system] for system in SYSTEMS}
        if any(there.values()):
            title = TITLES.get(name, f"stand-in: {name}")
            lines.append(table_row([f"**{title}**", _size(there)], width=len(heads)))
            lines += [table_row(row) for key in ROWS if any((row := _row(key, there))[2:])]
    return "\n".join([HEAD, *lines, "", _origin(results)])


def _size(there: Mapping[str, Sequence[Result]]) -> str:
    """How many passages, queries and seeds the set's results have."""
    results = [one for some in there.values() for one in some]
    first, seeds = results[0]["figures"], len({one["seed"] for one in results})
    asked = first["answerable"] + first["unanswerable"]
    return (
        f"{results[0]['passages']} passages, {asked:,} queries, {seeds} {'seed' if seeds == 1 else 'seeds'}"
    )


def _row(key: str, there: Mapping[str, Sequence[Result]]) -> list[str]:
    name = ROWS[key][0]
    return ["", name, *(_cell(key, there[system], ours=system == "ours") for system in SYSTEMS)]


def _cell(key: str, results: Sequence[Result], *, ours: bool) -> str:
    _, factor, digits = ROWS[key]
    values = [one["figures"][key] * factor for one in results if one["figures"][key] is not None]
    if not values or (key in THRESHOLDED and not ours):
        return ""
    middle = f"{sum(values) / len(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ± {(max(values) - min(values)) / 2:.{digits}f}"


def _origin(results: Sequence[Result]) -> str:
    commits = sorted(set(map(commit_of, results)))
    machines = sorted(set(map(machine_of, results)))
    return (
        f"From {len(results)} files in `results/retrieval/`, each with its commit, data digests, seed and "
        f"machine: {', '.join(commits)}; {'; '.join(machines)}.\n"
    )
