"""Training on a file from outside, so that it can be measured on another."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kefu.errors import ConfigError, KefuError
from kefu.evaluation.examples import NONE, Labelled
from kefu.evaluation.predictions import reader_of
from kefu.language.examples import Example

if TYPE_CHECKING:
    from kefu.language.recipe import Recipe
    from kefu.language.understanding import Understanding


def recipe_of(options: Sequence[str], *, seed: int | None = None) -> Recipe:
    """The default recipe with ``key=value`` options changed; ConfigError where one cannot be read."""
    from kefu.language.recipe import Recipe

    chosen: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"found --recipe {option}; wanted key=value, such as epochs=3")
        chosen[key.strip()] = _typed(value.strip())
    return Recipe.from_dict({**chosen, **({} if seed is None else {"seed": seed})})


def _typed(value: str) -> Any:
    """A number, true, false or null as JSON has them; else the words themselves.

    >>> _typed("3"), _typed("1e-4"), _typed("lora")
    (3, 0.0001, 'lora')
    """
    try:
        return json.loads(value)
    except ValueError:
        return value


def learn(rows: Sequence[Labelled], recipe: Recipe, *, folder: Path) -> tuple[Understanding, dict[str, Any]]:
    """Train on ``rows`` into ``folder`` and open what was trained, with the account of it.

    What is known to be out of scope is no class: it moves the threshold of strangeness, and the account says
    how much of it would be kept out.
    """
    from kefu.language.training.fit import fit_understanding
    from kefu.language.understanding import Understanding

    within, outside = as_examples(rows)
    report = fit_understanding(within, recipe, folder=folder, outside=outside).as_dict()
    understanding = Understanding.open(folder)
    report["problems"] = [*report["problems"], *contradictions(rows)]
    return understanding, {**report, "known_out_of_scope": _kept_out(understanding, outside)}


def as_examples(rows: Sequence[Labelled]) -> tuple[list[Example], list[Example]]:
    """What to learn from, and apart from it what is known to be out of scope.

    Raises KefuError where nothing is left to learn.
    """
    within = [_example(row) for row in rows if not row.outside]
    if not within:
        raise KefuError(
            f"{rows[0].source}: this row and all others are out of scope; give one with an intent"
        )
    return within, [_example(row) for row in rows if row.outside]


def contradictions(rows: Sequence[Labelled]) -> list[str]:
    """A sentence for every text that stands under an intent and is called out of scope, with its lines.

    Texts under two intents are reported by the training itself.
    """
    places: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.intent:
            places[" ".join(row.text.split())].setdefault(row.intent, row.line)
    return [
        f"{rows[0].source.rpartition(',')[0]}: {text[:60]!r} is out of scope (line {intents[NONE]}) and "
        + ", ".join(f"{name} (line {line})" for name, line in intents.items() if name != NONE)
        for text, intents in places.items()
        if NONE in intents and len(intents) > 1
    ]


def _kept_out(understanding: Understanding, outside: Sequence[Example]) -> dict[str, Any]:
    read = reader_of(understanding, gated=True)
    kept = [read(example.text).intent == NONE for example in outside]
    return {"examples": len(kept), "kept_out": sum(kept) / len(kept) if kept else None}


def _example(row: Labelled) -> Example:
    return Example(row.text, None if row.outside else row.intent, row.spans or (), row.source)
