"""The table of docs/evaluation.md, from the result files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- dialogue benchmark: begin -->", "<!-- dialogue benchmark: end -->"
Result = Mapping[str, Any]
SYSTEMS = {"ours": "ours", "ted": "TED", "ted with rules": "TED, with the rules as stories"}
HEAD = """\
Share of right actions, of all and (in brackets) of the first ones behind a message; where there are several
seeds, their mean. Milliseconds of a prediction from the tracker: median / 95 of 100 on the clock, then the
median of the thread's CPU time.
"""


def write_block(page: Path, results: Sequence[Result]) -> None:
    """Put the table of ``results`` between the markers of ``page``; KefuError where it has none."""
    put_block(page, BEGIN, END, block(results))


def block(results: Sequence[Result]) -> str:
    """The table and where it comes from, as Markdown."""
    if not results:
        return "No result is there yet.\n"
    lines = [table_row(["", *SYSTEMS.values()]), table_row(["---"] * (len(SYSTEMS) + 1))]
    for kind, judged in results[0]["accuracy"].items():
        head = f"{kind} ({judged['ours']['cases']:,} choices)"
        lines.append(table_row([head, *(_share(results, kind, name) for name in SYSTEMS)]))
    lines += [
        table_row(["a prediction, ms", *(_time(results[0], name) for name in SYSTEMS)]),
        table_row(["of it features and network, ms", _time(results[0], "ours, network")], width=4),
        table_row(["training, CPU s", *(_cost(results, name) for name in SYSTEMS)]),
    ]
    return "\n".join([HEAD, *lines, "", _surety(results), "", _origin(results)])


def _share(results: Sequence[Result], kind: str, name: str) -> str:
    told = [one["accuracy"][kind][name] for one in results]
    return f"{mean(t['right'] for t in told):.4f} ({mean(t['answers_right'] for t in told):.4f})"


def _time(result: Result, name: str) -> str:
    figures = result["latency_ms"][name]
    return f"{figures['p50']:.2f} / {figures['p95']:.2f}, CPU {figures['cpu_p50']:.2f}"


def _cost(results: Sequence[Result], name: str) -> str:
    return f"{mean(one['train_cpu_s'][name] for one in results):.0f}"


def _surety(results: Sequence[Result]) -> str:
    sets = [
        one for result in results for kind, one in result["accuracy"].items() if kind.startswith("held out")
    ]
    sure, right = (mean(one["ours"][key] for one in sets) for key in ("sure", "sure_right"))
    return f"Ours is sure (0.7 or more) of {sure:.1%} of the held-out choices, and then right in {right:.2%}."


def _origin(results: Sequence[Result]) -> str:
    ted, machines = results[0]["ted"], sorted(set(map(machine_of, results)))
    told = "; ".join(f"seed {one['seed']} at {commit_of(one)}, load {one['load']}" for one in results)
    return (
        f"TED: {ted['epochs']} epochs, `max_history` {ted['max_history']}, the rest as Rasa has it; "
        f"{results[0]['stories']} stories. From `results/dialogue/`: {told}; {'; '.join(machines)}.\n"
    )
