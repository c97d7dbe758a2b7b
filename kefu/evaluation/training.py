"""Training on a file from outside, so that it can be measured on another."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kefu.errors import ConfigError, KefuError
from kefu.evaluation.examples import Labelled
from kefu.language.examples import Example

if TYPE_CHECKING:
    from kefu.language.recipe import Recipe
    from kefu.language.training.fit import FitReport
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


def learn(rows: Sequence[Labelled], recipe: Recipe, *, folder: Path) -> tuple[Understanding, FitReport]:
    """Train on ``rows`` into ``folder`` and open what was trained."""
    from kefu.language.training.fit import fit_understanding
    from kefu.language.understanding import Understanding

    within, outside = as_examples(rows)
    known: dict[str, Any] = {"outside": outside} if outside else {}
    report = fit_understanding(within, recipe, folder=folder, **known)
    return Understanding.open(folder), report


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


def conflicts(rows: Sequence[Labelled]) -> list[str]:
    """A sentence for every text that stands under two intents, with its lines."""
    seen: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.intent:
            seen[" ".join(row.text.split())][row.intent].append(row.line)
    return [
        f"{json.dumps(text[:60], ensure_ascii=False)} is " + " and ".join(map(_where, intents.items()))
        for text, intents in seen.items()
        if len(intents) > 1
    ]


def _where(item: tuple[str, list[int]]) -> str:
    intent, lines = item
    return f"{intent} (line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))})"


def _example(row: Labelled) -> Example:
    return Example(row.text, None if row.outside else row.intent, row.spans or (), row.source)
