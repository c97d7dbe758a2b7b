"""The table of docs/evaluation.md, from the result files alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import put_block, table_row
from benchmarks.nlu.cells import STOCK_EPOCHS
from benchmarks.nlu.child import SINGLES
from benchmarks.nlu.figures import Figure, Result, costs, quality
from benchmarks.nlu.measure import GIVEN_UP
from benchmarks.nlu.published import SOURCES, beside
from benchmarks.nlu.sets import FOLDS, OWN, TYPO_SEED

BEGIN, END = "<!-- nlu benchmark: begin -->", "<!-- nlu benchmark: end -->"
SEEDS = 3
COLUMNS = {"stock": "stock Rasa", "frozen": "ours, frozen", "ours": "ours"}
TITLES = {
    "banking77-10shot": "BANKING77 10-shot",
    "banking77": "BANKING77",
    "clinc150-10shot": "CLINC150 10-shot",
    "clinc150": "CLINC150",
    "hwu64-10shot": "HWU64 10-shot",
    "bitext-20shot": "Bitext 20-shot",
    "snips": "SNIPS",
    OWN: "own data",
}
HEAD = f"""\
One thread; means over the runs, ± half the distance from the worst to the best; {SEEDS} seeds (own data:
times {FOLDS} folds) unless the first line of a set says otherwise. Shares in per cent, differences in
points. Typos: seed {TYPO_SEED}, in the test split alone. The threshold for out-of-scope is chosen on the
in-scope dev split alone: it may keep out {GIVEN_UP:.0%} of it that was read rightly. "Its own": the threshold
that a model came with (stock: FallbackClassifier). Memory is the process's peak; "serving": after {SINGLES}
messages, one at a time.
"""
Groups = Mapping[tuple[str, str], Sequence[Result]]


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the tables of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The tables and where they come from, as Markdown."""
    groups = grouped(results)
    if not groups:
        return "No result is there yet.\n"
    parts = [HEAD, _table(quality(), groups, beside_too=True), _table(costs(), groups, beside_too=False)]
    return "\n".join(
        [*parts, f"Published: {SOURCES}\n", _origin([r for rows in groups.values() for r in rows])]
    )


def grouped(results: Iterable[Result]) -> Groups:
    """The results of each (set, system), folds of the own data together; those of a limited run are left out.

    Of stock Rasa those with the most epochs count.
    """
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        cell = result["cell"]
        if cell["limit"] is None:
            name = OWN if cell["set"].startswith(f"{OWN}-") else cell["set"]
            groups[name, cell["system"]].append(result)
    return {key: _longest(rows) for key, rows in groups.items()}


def _longest(rows: Sequence[Result]) -> list[Result]:
    most = max(row["cell"]["stock_epochs"] for row in rows)
    return [row for row in rows if row["cell"]["stock_epochs"] == most]


def _table(figures: Sequence[Figure], groups: Groups, *, beside_too: bool) -> str:
    heads = ["set", "", *COLUMNS.values(), *(["published", "wanted"] if beside_too else ["wanted"])]
    lines = [table_row(heads), table_row(["---"] * len(heads))]
    for name, title in TITLES.items():
        there = {system: groups.get((name, system), ()) for system in COLUMNS}
        runs = [_runs(name, there[system]) for system in COLUMNS]
        lines.append(table_row([f"**{title}**", "", *runs], width=len(heads)))
        lines.extend(table_row(row) for figure in figures if (row := _row(name, figure, there, beside_too)))
    return "\n".join(lines) + "\n"


def _row(name: str, figure: Figure, there: Mapping[str, Sequence[Result]], beside_too: bool) -> list[str]:
    """The figure of every system; empty where no result has it and nothing is wanted of it."""
    values = [_mean(figure, there[system]) for system in COLUMNS]
    known = beside(name, figure.name)
    if not any(values) and not known.wanted:
        return []
    return ["", figure.name, *values, *([known.published] if beside_too else []), known.wanted]


def _mean(figure: Figure, results: Sequence[Result]) -> str:
    values = [value for result in results if (value := figure.take(result)) is not None]
    if not values:
        return ""
    middle = f"{sum(values) / len(values):,.{figure.digits}f}"
    half = (max(values) - min(values)) / 2
    return middle if len(values) == 1 else f"{middle} ± {half:,.{figure.digits}f}"


def _runs(name: str, results: Sequence[Result]) -> str:
    """What a reader has to know of the runs; nothing where they are all there and alike."""
    if not results:
        return "not run"
    seeds = {result["cell"]["seed"] for result in results}
    wanted = SEEDS * (FOLDS if name == OWN else 1)
    notes = (
        [] if len(results) >= wanted else [f"{len(results)} of {wanted} runs, {_count(len(seeds), 'seed')}"]
    )
    epochs = results[0]["cell"]["stock_epochs"]
    if results[0]["cell"]["system"] == "stock" and epochs != STOCK_EPOCHS:
        notes.append(f"{epochs} epochs instead of {STOCK_EPOCHS}")
    versions = len({str(result["training"]["code"]) for result in results})
    return "; ".join([*notes, *([f"{versions} versions of the code"] if versions > 1 else [])])


def _origin(results: Sequence[Result]) -> str:
    commits: dict[str, bool] = {}
    for training in (result["training"] for result in results):
        short = training["commit"][:7]
        commits[short] = commits.get(short, False) or training["dirty"]
    named = ", ".join(
        f"{commit}{' (with changes)' if dirty else ''}" for commit, dirty in sorted(commits.items())
    )
    machines = sorted({_machine(result["training"]["machine"]) for result in results})
    return (
        f"From {_count(len(results), 'result file')} in `results/nlu/`, each with its commit, data digest, "
        f"seed, machine, versions and recipe: commits {named}; {'; '.join(machines)}.\n"
    )


def _machine(machine: Mapping[str, Any]) -> str:
    return f"{machine['cpu']}, {_count(machine['cores'], 'core')}, {machine['memory_gb']:.0f} GB"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
