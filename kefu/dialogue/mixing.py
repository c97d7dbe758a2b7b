"""More conversations out of few: others before them, other turns in between, and turns inside of forms."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kefu.dialogue.moments import LISTEN, Example, Moment, turns

Turn = tuple[Moment, ...]


def mixed(examples: Sequence[Example], *, copies: int, seed: int) -> list[Example]:
    """``examples`` and up to ``copies`` variants of each, without doubles, shuffled by ``seed``.

    What a customer asked long before leaves the next action as it is, and a rule holds inside a form as
    well; stories show few of the orders in which things are asked.
    """
    rng = random.Random(seed)
    stock = _Stock.of(examples)
    variants = (_variant(example, stock, rng) for example in examples for _ in range(copies))
    found = list(dict.fromkeys([*examples, *variants]))
    rng.shuffle(found)
    return found


@dataclass(frozen=True)
class _Stock:
    """What may be put in: whole conversations that ended outside of any form, single turns without one, and
    conversations up to the question of a form; ``forms`` are their names."""

    conversations: Sequence[Turn]
    interludes: Sequence[Turn]
    asking: Sequence[Turn]
    forms: frozenset[str]

    @staticmethod
    def of(examples: Sequence[Example]) -> _Stock:
        forms = frozenset(m.loop for e in examples for m in e.history if m.loop)
        ended = [e.history for e in examples if e.action == LISTEN and e.history]
        outside = [history for history in ended if not history[-1].loop]
        whole = [turn for turn in (turns(history)[-1] for history in outside) if _is_free(turn, forms)]
        asking = [history for history in ended if history[-1].action == history[-1].loop != ""]
        return _Stock(_once(outside), _once(whole), _once(asking), forms)


def _once(turns: Sequence[Turn]) -> list[Turn]:
    return list(dict.fromkeys(turns))


def _is_free(turn: Turn, forms: frozenset[str]) -> bool:
    return turn[0].action == LISTEN and not any(m.loop or m.action in forms for m in turn)


def _variant(example: Example, stock: _Stock, rng: random.Random) -> Example:
    history = example.history
    last = turns(history)[-1]
    if stock.asking and last[0].action == LISTEN and not last[0].loop and rng.random() < 0.3:
        return _inside(last, example.action, rng.choice(stock.asking), stock.forms)
    if stock.conversations and rng.random() < 0.5:
        history = (*rng.choice(stock.conversations), *history[1:]) if len(history) > 1 else history
    if stock.interludes and rng.random() < 0.7:
        history = tuple(_interrupted(turns(history), stock.interludes, rng))
    return Example(history, example.action)


def _interrupted(parts: Sequence[Turn], interludes: Sequence[Turn], rng: random.Random) -> Iterator[Moment]:
    """One to three interludes, each before a turn that begins outside of any form.

    What was said right before the last turn stays there: a "yes" means that.
    """
    places = [n for n, part in enumerate(parts) if part[0].action == LISTEN and not part[0].loop]
    places = places[:-1] or places
    chosen = [rng.choice(places) for _ in range(rng.randint(1, 3))] if places else []
    for place, part in enumerate(parts):
        for _ in range(chosen.count(place)):
            yield from rng.choice(interludes)
        yield from part


def _inside(turn: Turn, action: str, asking: Turn, forms: frozenset[str]) -> Example:
    """``turn`` while a form asks: what a rule says holds there too, and where it ends the form asks again."""
    form = asking[-1].loop
    placed: list[Moment] = []
    for moment in turn:
        elsewhere = any(one.action in forms for one in (*placed, moment))  # the turn opened a form of its own
        placed.append(moment if elsewhere else replace(moment, loop=form))
    back = action == LISTEN and placed[-1].loop == form and placed[-1].action != form
    return Example((*asking, *placed), form if back else action)
