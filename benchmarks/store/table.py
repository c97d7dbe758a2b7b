"""The table of docs/evaluation.md, from the result files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- store benchmark: begin -->", "<!-- store benchmark: end -->"
Result = Mapping[str, Any]
NAMES = {
    "lookup": "an order by its number, the owner in the WHERE",
    "recent": "all orders of a customer, newest first",
    "show_cancel": "a cancellation assessed and its confirmation written",
    "cancel": "the yes to a cancellation: assessed again, done, refund and audit committed",
    "show_refund": "the refund of a course or e-book assessed and its confirmation written",
    "refund": "the yes to it, with refund and audit committed",
}
HEAD = """\
Milliseconds on the clock, one thing at a time from one process: median / 99 of 100, then the median of
the CPU time that this process itself spent (a server's is not in it), and how many were timed. Each is the
whole transaction with its commit, on the disk; the pages read are mostly in memory.
"""


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the table of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The table and where it comes from, as Markdown; of each database the result with the most orders."""
    most = {one["database"]: one for one in sorted(results, key=lambda one: int(one["orders"]))}
    if not most:
        return "No result is there yet.\n"
    ordered = [most[name] for name in sorted(most, reverse=True)]
    heads = ["", *(f"{one['version']}, {one['orders']:,} orders" for one in ordered)]
    lines = [table_row(heads), table_row(["---"] * len(heads))]
    for name, words in NAMES.items():
        lines.append(table_row([words, *(_cell(one["figures"].get(name)) for one in ordered)]))
    return "\n".join([HEAD, *lines, "", _origin(ordered)])


def _cell(figures: Mapping[str, Any] | None) -> str:
    if not figures:
        return ""
    clock = f"{figures['p50_ms']:.1f} / {figures['p99_ms']:.1f}"
    return f"{clock}, CPU {figures['cpu_p50_ms']:.1f} ({figures['samples']:,})"


def _origin(results: Sequence[Result]) -> str:
    machines = set(map(machine_of, results))
    return (
        "From `results/store/`, each file with its commit, digest, seed and "
        f"machine: {'; '.join(map(_told, results))}; {'; '.join(sorted(machines))}.\n"
    )


def _told(result: Result) -> str:
    return f"{result['version']} at {commit_of(result)}, load {result['load']}"
