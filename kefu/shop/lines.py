"""Pieces of lines: which are meant, what they are worth, and whether that is the whole order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kefu.shop.case import Case, base_facts
from kefu.shop.money import Money
from kefu.shop.outcome import Outcome, ask
from kefu.shop.refunds import worth
from kefu.store.records import OrderLine


@dataclass(frozen=True)
class Portion:
    """So many pieces of a line, and what is paid back for them."""

    line: OrderLine
    quantity: int
    amount: Money


def chosen(case: Case, lines: Sequence[OrderLine], clause: str) -> tuple[Portion, ...] | Outcome:
    """The pieces meant of ``lines``; asks for the quantity where more than one is left and none was said.

    Where the whole order is meant, every piece that is left counts.
    """
    portions = []
    for line in lines:
        left, item = case.left(line), case.item(line)
        said = left if item is None else item.quantity
        if said is None and left > 1 or said is not None and not 0 < said <= left:
            facts = base_facts(case) | {"product": line.product, "available": left, "said": said}
            return ask("quantity", clause, **facts, line=line.line)
        pieces = left if said is None else said
        portions.append(Portion(line, pieces, case.money(worth(case, line, pieces))))
    return tuple(portions)


def covers_everything(case: Case, portions: Sequence[Portion]) -> bool:
    """Whether ``portions`` are all that is left of the order."""
    pieces = {portion.line.line: portion.quantity for portion in portions}
    return all(pieces.get(line.line, 0) == case.left(line) for line in case.order.lines)


def line_facts(portions: Sequence[Portion]) -> dict[str, Any]:
    """What is told about the pieces: each portion, and product and quantity where there is but one."""
    one = portions[0] if len(portions) == 1 else None
    return {
        "portions": tuple(portions),
        "products": tuple(portion.line.product for portion in portions),
        "product": one.line.product if one else None,
        "variant": one.line.variant if one else None,
        "quantity": sum(portion.quantity for portion in portions),
    }
