"""The table of docs/reliability.md, from the result files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- load: begin -->", "<!-- load: end -->"
Result = Mapping[str, Any]
HEADS = ("phase", "turns", "p50, s", "p95, s", "p99, s", "slowest, s")


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the tables of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, "\n".join(map(block, results)) or "No result is there yet.\n")


def block(result: Result) -> str:
    """One run as Markdown: what it was, its latencies, what was lost, memory, where it comes from."""
    lines = [_what(result), "", table_row(HEADS), table_row(["---"] * len(HEADS))]
    for phase, found in result["latency"].items():
        cells = [str(found.get(name, "")) for name in ("count", "p50", "p95", "p99", "slowest")]
        lines.append(table_row([phase, *cells]))
    return "\n".join([*lines, "", f"Lost: {result['lost']}. Empty: {result['empty']}. {_memory(result)}", "",
                      _origin(result)])  # fmt: skip


def told(result: Result) -> str:
    """One run for people."""
    everything = result["latency"]["all"]
    return (
        f"{result['taken']} turns, {result['lost']} lost, {result['empty']} empty; "
        f"p50 {everything.get('p50')} s, p99 {everything.get('p99')} s; {_memory(result)}"
    )


def _what(result: Result) -> str:
    return (
        f"{result['conversations']} conversations open for {result['minutes']:g} minutes, half over "
        f"socket.io, half over REST; between an answer and the next message {result['think']:g} s on "
        f"average, a quarter of that in the {result['burst_seconds']:g} s of burst; then eight without a "
        "pause up to "
        f"{result['taken']:,} turns. {result['database']}, one process of each server."
    )


def _memory(result: Result) -> str:
    parts = [
        f"{name} {found['begin_mb']:.0f} to {found['end_mb']:.0f} MB ({found['grown']:+.1%})"
        for name, found in result["memory"].items() if found
    ]  # fmt: skip
    return f"Memory: {', '.join(parts)}." if parts else "Memory: not watched for long enough."


def _origin(result: Result) -> str:
    return (
        f"From `results/load/`, seed {result['seed']}, at {commit_of(result)}; {machine_of(result)}, "
        f"load {result['load']}.\n"
    )
