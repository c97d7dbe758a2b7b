"""Slices put together, and their figures as a table of docs/security.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- fuzz: begin -->", "<!-- fuzz: end -->"
SLOWEST = 2.0  # seconds of the servers' processors that one input may take


def summary(slices: Mapping[str, Any], wanted: int) -> dict[str, Any]:
    """The figures of all slices; an input that took too long is among the wrong ones."""
    rows = list(slices.values())
    counts = {name: _summed(rows, name) for name in ("came", "by_way", "by_kind")}
    whole: dict[str, Any] = {name: count for name, count in counts.items() if count}
    whole["wrong"] = [one for row in rows for one in row["wrong"]]
    whole["exits"] = max((row["exits"] for row in rows), default=0)
    for name, seconds in (("most_cpu", "cpu_seconds"), ("longest", "wall_seconds")):
        if found := [row[name] for row in rows if name in row]:
            whole[name] = max(found, key=lambda one: one[seconds])
    slow = whole.get("most_cpu")
    if slow and slow["cpu_seconds"] > SLOWEST:
        whole["wrong"].append({**slow, "came": "too slow"})
    return {"count": wanted, **whole}


def _summed(rows: list[Any], name: str) -> dict[str, int]:
    whole: Counter[str] = Counter()
    for row in rows:
        whole.update(row.get(name, {}))
    return dict(sorted(whole.items()))


def write_block(page: Path, result: Mapping[str, Any]) -> None:
    """Put the figures of a result into ``page``."""
    put_block(page, BEGIN, END, block(result))


def block(result: Mapping[str, Any]) -> str:
    """A row for the interface and one for messages, and the slowest input."""
    lines = [table_row(["", "thrown", "wrong", "server exits"]), table_row(["---"] * 4)]
    named = {"cases": "requests from the document (schemathesis)", "messages": "messages (Hypothesis)"}
    for what, words in named.items():
        part = result[what]
        lines.append(table_row([words, f"{part['count']:,}", str(len(part["wrong"])), str(part["exits"])]))
    said = result["messages"]
    told = [_statuses(result["cases"].get("came", {})), _kinds(said), _slowest(said)]
    made = result["from"]
    told.append(f"Seed {result['seed']}, commit {commit_of(made)}, {machine_of(made)}.")
    return "\n".join([*lines, "", *(one for one in told if one), ""])


def _statuses(came: Mapping[str, int]) -> str:
    statuses: Counter[str] = Counter()
    for label, count in came.items():
        statuses[label.rpartition(" ")[2]] += count
    told = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    return f"Answers to requests: {told}." if told else ""


def _kinds(said: Mapping[str, Any]) -> str:
    came = ", ".join(f"{what} {count:,}" for what, count in said.get("came", {}).items())
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in said.get("by_kind", {}).items())
    return f"Messages: {came}; by class: {kinds}." if came else ""


def _slowest(said: Mapping[str, Any]) -> str:
    if "most_cpu" not in said:
        return ""
    cpu, wall = said["most_cpu"], said["longest"]
    return (
        f"The input that took most of the servers' processors: {cpu['cpu_seconds']} s "
        f"({cpu['kind']}, {cpu['way']}); "
        f"the longest by the clock: {wall['wall_seconds']} s ({wall['kind']}, {wall['way']})."
    )
