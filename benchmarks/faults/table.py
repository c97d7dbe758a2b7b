"""The table of docs/reliability.md, from the result files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.faults.breaking import FAULTS
from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
LONGEST = 140  # characters of a problem; the result file has all of it
Result = Mapping[str, Any]
HEADS = (
    "fault",
    "seeds",
    "as promised",
    "recovered after, s",
    "said meanwhile",
    "the task of another customer",
)


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the table of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The table and where it comes from, as Markdown."""
    full = [one for one in results if one["scale"] == 1.0]
    if not full:
        return "No result is there yet.\n"
    lines = [table_row(HEADS), table_row(["---"] * len(HEADS))]
    for name, fault in FAULTS.items():
        of_fault = [one for one in full if one["fault"] == name]
        if of_fault:
            lines.append(table_row([fault.title, *_cells(of_fault)]))
    return "\n".join([*lines, "", *_broken(full), _origin(full)])


def _cells(results: Sequence[Result]) -> list[str]:
    good = sum(not one["problems"] for one in results)
    times = sorted(one["recovered"] for one in results if one["recovered"] is not None)
    span = f"{times[len(times) // 2]:.1f} (at most {times[-1]:.1f})" if times else "never"
    ends = Counter(end.partition(": ")[2] for one in results for end in one["flying"])
    said = ", ".join(f"{number} {end}" for end, number in ends.most_common())
    context = Counter(one["context"] or "not tried" for one in results)
    return [str(len(results)), str(good), span, said, ", ".join(f"{n} {c}" for c, n in context.most_common())]


def _broken(results: Sequence[Result]) -> list[str]:
    lines = [
        f"- {one['fault']}, seed {one['seed']}, load {one['load']}: {problem[:LONGEST]}"
        for one in results
        for problem in one["problems"]
    ]
    return ["What was not as promised:", "", *lines, ""] if lines else []


def _origin(results: Sequence[Result]) -> str:
    commits = ", ".join(sorted({commit_of(one) for one in results}))
    machines = "; ".join(sorted(set(map(machine_of, results))))
    loads = [one["load"] for one in results]
    return (
        f"From `results/faults/`, {len(results)} runs at {commits}; {machines}, load {min(loads)} to "
        f"{max(loads)}.\n"
    )
