"""One run: learn, judge every case with every system, time them on the same cases in turn."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.dialogue.systems import System, ours, ted
from benchmarks.dialogue.talks import Case, Talks, interrupted, reordered
from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from kefu.components.dialogue_policy import DialoguePolicy, moments
from kefu.errors import ConfigError
from kefu.settings import Settings

PACKAGES = ("rasa", "tensorflow", "torch", "numpy")
TIMED = 200  # cases
WARM = 20  # of them before the clock counts


def run(*, epochs: int, max_history: int, most: int, seed: int) -> dict[str, Any]:
    """Train and measure; the result, which is also written."""
    talks = Talks.read()
    sets = _sets(talks, most=most, seed=seed).items()
    with tempfile.TemporaryDirectory() as folder:
        systems = _systems(talks, Path(folder), epochs=epochs, max_history=max_history, seed=seed)
    result = {
        "seed": seed, "ted": {"epochs": epochs, "max_history": max_history}, "digest": _digest(),
        "stories": len(talks.own()), "train_cpu_s": {name: one.train_cpu_s for name, one in systems.items()},
        "accuracy": {
            kind: {name: _judged(one, cases, talks) for name, one in systems.items()} for kind, cases in sets
        },
        "latency_ms": _timed(systems, dict(sets)["held out"], talks), **provenance(PACKAGES),
    }  # fmt: skip
    write_json(Settings.load().root / "results" / "dialogue" / f"seed{seed}.json", result)
    return result


def _sets(talks: Talks, *, most: int, seed: int) -> dict[str, list[Case]]:
    told = {
        "own stories": talks.own(),
        "held out": talks.held_out,
        "held out, interrupted": interrupted(talks.held_out, talks.rules(), seed=seed),
        "held out, in another order": reordered(talks.held_out, seed=seed),
    }
    return {kind: talks.cases(some, most=most, seed=seed) for kind, some in told.items()}


def _systems(talks: Talks, folder: Path, *, epochs: int, max_history: int, seed: int) -> dict[str, System]:
    keys: dict[str, Any] = {"epochs": epochs, "max_history": max_history, "seed": seed}
    return {
        "ours": ours(talks, folder / "ours", {**_configured(), "seed": seed}),
        "ted": ted(talks, folder / "ted", with_rules=False, **keys),
        "ted with rules": ted(talks, folder / "rules", with_rules=True, **keys),
    }


def _configured() -> dict[str, Any]:
    """The keys of the policy in config.yml."""
    name = f"{DialoguePolicy.__module__}.{DialoguePolicy.__name__}"
    config = yaml.safe_load((Settings.load().root / "config.yml").read_text(encoding="utf-8"))
    found = [dict(entry) for entry in config["policies"] if entry["name"] == name]
    if not found:
        raise ConfigError(f"config.yml has no policy {name}; the benchmark measures it as it is set there")
    del found[0]["name"]
    return found[0]


def _judged(system: System, cases: Sequence[Case], talks: Talks) -> dict[str, Any]:
    told = [(case, *system.best(case.tracker, talks.domain)) for case in cases]
    right = [action == case.wanted for case, action, _ in told]
    answers = [one for one, (case, _, _) in zip(right, told, strict=True) if case.answers]
    sure = [one for one, (_, _, probability) in zip(right, told, strict=True) if probability >= 0.7]
    return {
        "cases": len(cases), "right": _share(right),
        "answers": len(answers), "answers_right": _share(answers),
        "sure": round(len(sure) / len(right), 4), "sure_right": _share(sure),
    }  # fmt: skip


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / len(right), 4) if right else 0.0


def _timed(systems: Mapping[str, System], cases: Sequence[Case], talks: Talks) -> dict[str, Any]:
    """A prediction each in turn, from the tracker; and of ours what the network takes, features included."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in (*systems, "ours, network")}
    network = systems["ours"].policy._network  # type: ignore[attr-defined]
    for case in (cases * TIMED)[: TIMED + WARM]:
        for name, system in systems.items():
            times[name].append(_clock(system.policy.predict_action_probabilities, case.tracker, talks.domain))
        history = moments(case.tracker.past_states(talks.domain))
        times["ours, network"].append(_clock(network.best, history))
    return {name: _figures(some[WARM:]) for name, some in times.items()}


def _clock(work: Callable[..., Any], *given: Any) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.thread_time()
    work(*given)
    return (time.perf_counter() - clock) * 1000, (time.thread_time() - cpu) * 1000


def _figures(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    clock, cpu = np.array(times).T
    return {
        "p50": round(float(np.percentile(clock, 50)), 3), "p95": round(float(np.percentile(clock, 95)), 3),
        "cpu_p50": round(float(np.percentile(cpu, 50)), 3),
    }  # fmt: skip


def _digest() -> str:
    """Of the stories, rules, conversations and the domain."""
    root = Settings.load().root
    files = [root / "domain.yml", root / "config.yml"]
    files += sorted(
        file
        for part in ("data/rules", "data/stories", "tests/conversations")
        for file in (root / part).glob("*.yml")
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
