"""More conversations out of few: others before them, other turns in between."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kefu.dialogue.moments import LISTEN, Example, Moment, turns

Turn = tuple[Moment, ...]


def mixed(examples: Sequence[Example], *, copies: int, seed: int) -> list[Example]:
    """``examples`` and up to ``copies`` variants of each, without doubles, in an order that depends on the seed.

    What a customer asked before, or in between, leaves the next action as it is; stories show few of the
    orders in which things are asked.
    """
    rng = random.Random(seed)
    stock = _Stock.of(examples)
    variants = (_variant(example, stock, rng) for example in examples for _ in range(copies))
    found = list(dict.fromkeys([*examples, *variants]))
    rng.shuffle(found)
    return found


@dataclass(frozen=True)
class _Stock:
    """What may be put in: whole conversations that ended outside of any form, and single turns without one."""

    conversations: Sequence[Turn]
    interludes: Sequence[Turn]

    @staticmethod
    def of(examples: Sequence[Example]) -> _Stock:
        loops = {moment.loop for example in examples for moment in example.history}
        ended = [e.history for e in examples if e.action == LISTEN and e.history and not e.history[-1].loop]
        interludes = (turns(history)[-1] for history in ended)
        whole = [turn for turn in interludes if turn[0].action == LISTEN and _is_free(turn, loops)]
        return _Stock(list(dict.fromkeys(ended)), list(dict.fromkeys(whole)))


def _is_free(turn: Turn, loops: set[str]) -> bool:
    return not any(moment.loop or moment.action in loops for moment in turn)


def _variant(example: Example, stock: _Stock, rng: random.Random) -> Example:
    history = example.history
    if stock.conversations and rng.random() < 0.5:
        history = (*rng.choice(stock.conversations), *history[1:]) if len(history) > 1 else history
    if stock.interludes and rng.random() < 0.7:
        history = tuple(_interrupted(turns(history), stock.interludes, rng))
    return Example(history, example.action)


def _interrupted(parts: Sequence[Turn], interludes: Sequence[Turn], rng: random.Random) -> Iterator[Moment]:
    """One to three interludes, each before a turn that begins outside of any form."""
    places = [n for n, part in enumerate(parts) if part[0].action == LISTEN and not part[0].loop]
    chosen = [rng.choice(places) for _ in range(rng.randint(1, 3))] if places else []
    for place, part in enumerate(parts):
        for _ in range(chosen.count(place)):
            yield from rng.choice(interludes)
        yield from part
