"""What is measured, and how much of it: everything that a result depends on, chosen beforehand."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

CUSTOMER = "C1001"  # of the demo shop, with orders in every state
COLD, EXAMPLE, SENTENCE, ANSWER = "cold", "one example changed", "one sentence changed", "one answer changed"
PARTS = ("imports", "train", "start", "parse", "talks", "turns", "throughput", "growth", "limit")


@dataclass(frozen=True)
class Line:
    """What a customer says, and the name under which its turn is counted ("" for none)."""

    text: str
    kind: str = ""


# The measured conversation. Nothing is done in it, so that it can be held again and again; an order that was
# spoken of would be meant by the form, so its status comes behind.
TALK = (
    Line("hello", "greet"),
    Line("i want to return something", "form opens"),
    Line("KF10000003", "form goes on"),
    Line("never mind"),
    Line("how much is shipping", "faq"),
    Line("where is my order KF10000002", "status"),
)
# Conversations that are not timed, of which every answer is compared.
TALKS = (
    ("hello", "help", "are you a robot", "thanks", "bye"),
    ("list my orders", "where is my order KF10000002", "thank you"),
    ("track my parcel", "KF10000002", "where is my refund", "goodbye"),
    ("cancel my order", "no", "cancel my order", "never mind"),
    ("how long does shipping take", "how much is shipping", "are you there"),
    ("i want to return something", "how much is shipping", "KF10000003", "nope"),
    ("where is my order KF10000004", "cancel my order", "stop", "list my orders", "no thanks"),
)
KINDS = tuple(line.kind for line in TALK if line.kind)
GROWN = Line("where is my order KF10000002", "status")
BETWEEN = ("hello", "where is my order KF10000002", "thanks")  # what fills the turns up to a measured one
BARE = ("KF10000017", "kf10000023", "KF10000201", "order KF10000031", "it's KF10000045")  # of `inform`
LOAD = ("hello", "where is my order KF10000002", "how much is shipping")


@dataclass(frozen=True)
class Plan:
    """Sizes of one run; ``examples`` an intent and language, ``questions`` a passage and language."""

    seed: int = 0
    examples: int = 8
    passages: int = 12
    questions: int = 6
    epochs: int = 100  # of each network of stock Rasa, as it comes
    changes: tuple[str, ...] = (COLD, EXAMPLE, SENTENCE, ANSWER)  # each is trained, on top of the one before
    tuning: str = ""  # of our encoder; empty: as config.yml says
    imports: int = 7  # of each command
    starts: int = 3
    parses: int = 200  # messages read by each
    blocks: int = 120  # conversations of TALK, by each in turn
    loads: tuple[tuple[int, int], ...] = ((1, 24), (4, 64), (16, 160), (64, 256))  # conversations, messages
    load_rounds: int = 3
    turns: tuple[int, ...] = (10, 200, 500)
    window: int = 8  # turns up to each of them that count
    grown: int = 1  # conversations that grow
    limits: int = 200  # of each part of the limit

    @property
    def examples_said(self) -> tuple[str, ...]:
        """Examples that are in the slice: words of the conversations, and answers that are a bare number."""
        told = [line.text for line in TALK] + [text for talk in TALKS for text in talk]
        return tuple(dict.fromkeys([*told, *BETWEEN, *LOAD, *BARE]))

    @property
    def passages_asked(self) -> tuple[str, ...]:
        """Passages that the conversations ask for."""
        return ("shipping-cost", "shipping-time")

    def as_dict(self) -> dict[str, Any]:
        """For the result, as JSON gives it back."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found


def quick() -> Plan:
    """Every part once or twice: whether it works, not how fast anything is."""
    return Plan(examples=4, passages=3, questions=3, epochs=1,
        changes=(COLD,),
        tuning="frozen", imports=1,
        starts=1, parses=4, blocks=1,
                loads=((1, 3), (4, 12)), load_rounds=1, turns=(2, 4), window=2, limits=3)  # fmt: skip
