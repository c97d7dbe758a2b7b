"""The parts of the benchmark: each runs by itself, and its result is kept in a file of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.files import read_json, write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.turn import asked, imports, limits, load, machine, training, turns
from benchmarks.turn.clients import Talk, begin
from benchmarks.turn.figures import middle, ratio
from benchmarks.turn.plan import PARTS, TALK, Plan
from benchmarks.turn.projects import OURS, STOCK, SYSTEMS, Project
from benchmarks.turn.servers import Serving
from benchmarks.turn.slices import draw
from benchmarks.turn.training import Say
from benchmarks.turn.turns import Pair
from kefu.cli.shop import ensure_shop

PACKAGES = ("rasa", "tensorflow", "onnxruntime", "numpy", "sanic", "sqlalchemy")
# code that a result depends on; the data stand in it by their own digest
_CODE = ("kefu", "actions", "benchmarks/turn", "config.yml", "requirements.lock")
# these need both assistants running, so they share one start
_SERVED = ("talks", "turns", "throughput", "growth", "limit")


@dataclass(frozen=True)
class Places:
    """The project, where models and homes are kept, and where results go."""

    root: Path
    work: Path
    results: Path

    def project(self, system: str) -> Project:
        """Where a system trains and serves."""
        return Project(system, self.work / system)


def run(places: Places, plan: Plan, *, parts: Sequence[str], again: bool, say: Say) -> dict[str, Any]:
    """Run what is not there yet of ``parts`` (``again``: all of them); every part's result, by name.

    Raises KefuError where a training or a server ends before its time.
    """
    data = draw(places.root, plan)
    of = {
        "plan": plan.as_dict(),
        "data": data.digest,
        "examples": data.size,
        "code": code_digest(places.root),
    }
    waiting = [part for part in PARTS if part in parts and (again or not is_current(places, part, of))]
    say(f"to run: {', '.join(waiting) or 'nothing, all is there'} ({data.size} examples, {data.digest})")

    def keep(part: str, found: Mapping[str, Any]) -> None:
        write_json(_file(places, part), {"of": of, "found": found, "from": provenance(PACKAGES)})

    if "imports" in waiting:
        waiting.remove("imports")
        keep("imports", imports.measure(places.root, plan))
    if waiting:
        found = {s: training.train(places.root, places.project(s), data, plan, say=say) for s in SYSTEMS}
        if "train" in waiting:
            keep("train", {**found, "ratios": _training_ratios(found)})
        with machine.on_other_cores():
            _measure(places, plan, [part for part in waiting if part != "train"], keep=keep, say=say)
    return {part: kept for part in PARTS if (kept := read_json(_file(places, part)))}


def is_current(places: Places, part: str, of: Mapping[str, Any]) -> bool:
    """Whether a part's result is of these data, sizes and code."""
    return bool(read_json(_file(places, part)).get("of") == of)


def code_digest(root: Path) -> str:
    """The digest of all code that a turn of ours runs, and of this benchmark."""
    sha = hashlib.sha256()
    for name in _CODE:
        place = root / name
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            sha.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()[:16]


def _file(places: Places, part: str) -> Path:
    return places.results / f"{part}.json"


def _measure(
    places: Places,
    plan: Plan,
    parts: Sequence[str],
    *,
    keep: Callable[[str, Mapping[str, Any]], None],
    say: Say,
) -> None:
    if not parts:
        return
    for system in SYSTEMS:
        ensure_shop(Serving(places.project(system), places.root).settings)
    if "start" in parts:
        say("starts")
        keep("start", starts(places, plan))
    if "parse" in parts:
        say("parse")
        keep("parse", asked.parse(places.root, places.work, plan))
    served = [part for part in parts if part in _SERVED]
    if not served:
        return
    with both(places) as pair:
        for part in served:
            say(part)
            keep(part, _served(places, plan, part, pair))


def _served(places: Places, plan: Plan, part: str, pair: Pair) -> Mapping[str, Any]:
    if part == "limit":
        return limits.measure(places.root, places.work, pair[OURS], plan)
    return {
        "talks": turns.talks,
        "turns": turns.measure,
        "throughput": load.throughput,
        "growth": turns.growth,
    }[part](pair, plan)


@contextmanager
def both(places: Places) -> Iterator[Pair]:
    """Both assistants, started one after the other; ended behind."""
    pair = {system: Serving(places.project(system), places.root) for system in SYSTEMS}
    try:
        for serving in pair.values():
            first_answer(serving)
        yield pair
    finally:
        for serving in pair.values():
            serving.stop()


def first_answer(serving: Serving) -> float:
    """Start the servers; seconds from the start of the Rasa server until it has answered a greeting."""
    serving.begin_actions()
    seconds = serving.begin()
    talk = Talk(begin(serving))
    seconds += talk.say(TALK[0].text).seconds
    talk.close()
    return seconds


def starts(places: Places, plan: Plan) -> dict[str, Any]:
    """Medians of starts in turn, each after one that is not counted: seconds, CPU seconds, megabytes."""
    rows: dict[str, list[dict[str, float]]] = {system: [] for system in SYSTEMS}
    for number in range(plan.starts + 1):
        for system in SYSTEMS:
            row = _start(Serving(places.project(system), places.root))
            if number:
                rows[system].append(row)
    found = {s: {name: middle([row[name] for row in rows[s]]) for name in rows[s][0]} for s in SYSTEMS}
    return {**found, "ratios": {name: ratio(found[STOCK][name], found[OURS][name]) for name in found[STOCK]}}


def _start(serving: Serving) -> dict[str, float]:
    try:
        seconds = first_answer(serving)
        spent = machine.cpu_seconds(serving.groups[0])
        return {"seconds": seconds, "cpu_seconds": spent, "rss_mb": serving.rss_mb()}
    finally:
        serving.stop()


def _training_ratios(found: Mapping[str, Any]) -> dict[str, float | None]:
    stock, ours = found[STOCK], found[OURS]
    return {change: ratio(stock[change]["cpu_seconds"], ours[change]["cpu_seconds"]) for change in stock}
