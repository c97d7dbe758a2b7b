"""The table of docs/performance.md: stock, ours, the ratio, what was wanted, and the limit beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.files import commit_of, machine_of, table_row
from benchmarks.turn.plan import ANSWER, COLD, EXAMPLE
from benchmarks.turn.projects import OURS, STOCK

BEGIN, END = "<!-- turn: begin -->", "<!-- turn: end -->"
HEAD = ("one core", "stock", "ours", "ratio", "wanted", "limit")
WANTED = {"status": "6", "greet": "4"}
WANTED_OF_TRAINING = {COLD: "2", EXAMPLE: "3", ANSWER: "5"}
WANTED_OF_GROWTH = {"200": "≤ 1.3", "500": "≤ 1.5"}
Found = Mapping[str, Any]
Row = tuple[str, ...]


def block(results: Mapping[str, Found]) -> str:
    """The table of the parts that were measured, and under it where each comes from."""
    found = {part: kept["found"] for part, kept in results.items()}
    limit = found.get("limit", {})
    makers = {
        "imports": _imports,"start": _starts, "train": _training, "parse": _parse, "turns": _turns,
              "throughput": _throughput, "growth": _growth}  # fmt: skip
    rows = [row for part, make in makers.items() if part in found for row in make(found[part], limit)]
    lines = [
        table_row(HEAD),
        table_row(["---"] * len(HEAD)),
        *(table_row(row, width=len(HEAD)) for row in rows),
    ]
    return "\n".join([*lines, "", *_below(results), ""])


def _imports(found: Found, limit: Found) -> Iterator[Row]:
    for name in ("import kefu", "kefu --help"):
        beyond = f"{found[name]['beyond']:.2f} s"
        if name == "import kefu":
            yield (f"`{name}`, beyond an empty Python", "", beyond, "", "≤ 0.3 s")
        else:
            stock = f"{found['rasa --help']['beyond']:.2f} s"
            yield ("`rasa --help`, `kefu --help`, likewise", stock, beyond, f"{found['ratio']}×", "≤ 0.3 s")


def _starts(found: Found, limit: Found) -> Iterator[Row]:
    stock, ours, ratios = found[STOCK], found[OURS], found["ratios"]
    yield ("start until the first answer", f"{stock['seconds']:.1f} s", f"{ours['seconds']:.1f} s",
           f"{ratios['seconds']}×", "10×")  # fmt: skip
    yield ("the same, CPU", f"{stock['cpu_seconds']:.1f} s", f"{ours['cpu_seconds']:.1f} s",
           f"{ratios['cpu_seconds']}×")  # fmt: skip
    share = ours["rss_mb"] / stock["rss_mb"]
    yield (
        "memory, started",
        f"{stock['rss_mb']:.0f} MB",
        f"{ours['rss_mb']:.0f} MB",
        f"{share:.2f}",
        "≤ 0.45",
    )


def _training(found: Found, limit: Found) -> Iterator[Row]:
    for change in found["ratios"]:
        stock, ours = found[STOCK][change]["cpu_seconds"], found[OURS][change]["cpu_seconds"]
        times = found["ratios"][change]
        wanted = WANTED_OF_TRAINING.get(change)
        yield (f"`rasa train`, `kefu train`, {change}", f"{stock:.1f} CPU s", f"{ours:.1f} CPU s",
               f"{times}×" if times else "none needed", f"{wanted}×" if wanted else "")  # fmt: skip


def _parse(found: Found, limit: Found) -> Iterator[Row]:
    yield ("parse, p50", *_pair(found, "p50"), f"{found['ratio']}×", "", _ms(limit, "read"))
    yield ("parse, CPU", *_pair(found, "cpu_ms"), "", "", "")


def _turns(found: Found, limit: Found) -> Iterator[Row]:
    for kind, ratios in found["ratios"].items():
        both = {system: found[system]["kinds"][kind] for system in (STOCK, OURS)}
        for name in ("p50", "p95", "p99"):
            wanted = WANTED.get(kind) if name == "p50" or (kind, name) == ("status", "p99") else None
            yield (f"{_TURNS[kind]}, {name}", *_pair(both, name), f"{ratios[name]}×",
                   f"{wanted}×" if wanted else "", _ms(limit, "turn"))  # fmt: skip
    yield ("a turn of this talk, CPU of both servers", *_pair(found, "cpu_ms"), f"{found['cpu_ratio']}×")
    share = found["rss_mb"][OURS] / found["rss_mb"][STOCK]
    yield (
        "memory after these turns",
        *(f"{found['rss_mb'][s]:.0f} MB" for s in (STOCK, OURS)),
        f"{share:.2f}",
        "≤ 0.45",
    )


_TURNS = {
    "greet": "greet",
    "status": "order status through an action",
    "faq": "an answer from the knowledge",
    "form opens": "a form opens",
    "form goes on": "a form goes on",
}


def _throughput(found: Found, limit: Found) -> Iterator[Row]:
    for count, level in found.items():
        rates = [f"{level[system]['messages_a_second']:.1f}" for system in (STOCK, OURS)]
        yield (f"messages/s, {count} at once", *rates, f"{level['ratio']}×", "6×" if count == "16" else "",
               _rate(limit))  # fmt: skip


def _growth(found: Found, limit: Found) -> Iterator[Row]:
    for turn in found[STOCK]["p50"]:
        both = [found[system]["p50"][turn] for system in (STOCK, OURS)]
        yield (f"order status at turn {turn}, p50", *(f"{value} ms" for value in both),
               f"{both[0] / both[1]:.1f}×", "", _ms(limit, "turn"))  # fmt: skip
        if (
            against := [found[system]["against_first"][turn] for system in (STOCK, OURS)]
        ) and turn in WANTED_OF_GROWTH:
            first = next(iter(found[STOCK]["p50"]))
            yield (
                f"turn {turn} against turn {first}",
                *(f"{value}" for value in against),
                "",
                WANTED_OF_GROWTH[turn],
            )


def _pair(found: Found, name: str) -> tuple[str, str]:
    return f"{found[STOCK][name]} ms", f"{found[OURS][name]} ms"


def _ms(limit: Found, name: str) -> str:
    return f"{limit[name]} ms" if limit else ""


def _rate(limit: Found) -> str:
    return f"{1000 / limit['turn']:.0f}" if limit else ""


def _below(results: Mapping[str, Found]) -> Iterator[str]:
    if "turns" in results:
        answers = results["turns"]["found"]["answers"]
        yield f"Answers of the timed talk that were the same: {answers['same']} of {answers['of']}."
    if "talks" in results:
        talks = results["talks"]["found"]
        yield f"Answers of further talks that were the same: {talks['same']} of {talks['of']}."
    for part, kept in results.items():
        of, made = kept["of"], kept["from"]
        yield (
            f"{part}: {of['examples']} examples (digest {of['data']}, seed {of['plan']['seed']}), "
            f"commit {commit_of(made)}, {made['at'][:10]}, {machine_of(made)}, load {made['load']}."
        )
