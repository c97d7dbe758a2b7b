"""One operation on the table: the order, the policy in force and who asks, with what all topics share."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kefu.errors import KefuError
from kefu.shop.clock import last_day, shop_day, within_days
from kefu.shop.identity import Identity
from kefu.shop.money import Money
from kefu.shop.operation import Item, Operation
from kefu.shop.policy import Policy
from kefu.store.records import Order, OrderLine, Refund, Return

if TYPE_CHECKING:
    from kefu.store import Transaction

GOODS = "physical"


@dataclass(frozen=True)
class Step:
    """A clause that was tried for a wish: whether it holds, and what was looked at."""

    kind: str
    clause: str
    holds: bool
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Everything an assessment reads; ``order`` is one that the speaker may see.

    With a ``trace`` every clause that is tried is written into it, in order.
    """

    tx: Transaction
    identity: Identity
    operation: Operation
    order: Order
    policy: Policy
    now: datetime
    trace: list[Step] | None = None

    def finds(self, clause: str, holds: bool, **evidence: Any) -> bool:
        """``holds``, noted in the trace with the evidence that the clause was held against."""
        if self.trace is not None:
            self.trace.append(Step(self.operation.kind, clause, holds, evidence))
        return holds

    def in_state(self, clause: str) -> bool:
        """Whether the order is in one of the states that a clause names."""
        states = self.policy.values(clause, "states")
        return self.finds(clause, self.order.status in states, status=self.order.status, states=states)

    def in_time(self, clause: str, since: datetime, *, param: str = "days") -> bool:
        """Whether a clause's window of days is still open for something that began at ``since``."""
        days, zone = self.policy.number(clause, param), self.policy.zone
        last = last_day(since, days, zone)
        left = (last - shop_day(self.now, zone)).days
        open_still = within_days(since, days, now=self.now, zone=zone)
        return self.finds(clause, open_still, since=since, days=days, last_day=last, days_left=left)

    def money(self, amount: int) -> Money:
        """An amount in the order's currency."""
        return Money(amount, self.order.currency)

    def line(self, number: int) -> OrderLine:
        """A line by its number; raises KefuError when the order has none of that number."""
        for line in self.order.lines:
            if line.line == number:
                return line
        known = ", ".join(str(line.line) for line in self.order.lines)
        raise KefuError(
            f"found line {number} for order {self.order.order_number}; wanted one of {known}; "
            "choose one of these"
        )

    @cached_property
    def returns(self) -> tuple[Return, ...]:
        """The order's returns and exchanges, oldest first; read once, before anything is done."""
        return tuple(self.tx.returns.of_order(self.order.order_number))

    @cached_property
    def refunds(self) -> tuple[Refund, ...]:
        """The order's refunds, oldest first; read once, before anything is done."""
        return tuple(self.tx.refunds.of_order(self.order.order_number))

    def left(self, line: OrderLine) -> int:
        """Pieces of a line that were neither cancelled nor sent back."""
        sent_back = sum(row.quantity for row in self.returns if row.line == line.line and is_away(row))
        return line.quantity - line.cancelled - sent_back

    def lines(self) -> list[OrderLine]:
        """The lines that the operation is about: those of its items, else all of the order."""
        items = self.operation.items
        return [self.line(item.line) for item in items] if items else list(self.order.lines)

    def item(self, line: OrderLine) -> Item | None:
        """What was said about a line; None where the whole order is meant."""
        return next((item for item in self.operation.items if item.line == line.line), None)


def is_away(row: Return) -> bool:
    """Whether the pieces of a return count as gone: not if rejected, nor once they were exchanged."""
    return row.state != "rejected" and (row.kind, row.state) != ("exchange", "received")


def is_goods(line: OrderLine) -> bool:
    """Whether a line is something that travels in a parcel."""
    return line.product.kind == GOODS


def has_goods(order: Order) -> bool:
    """Whether any line of the order travels in a parcel."""
    return any(is_goods(line) for line in order.lines)


def base_facts(case: Case) -> dict[str, Any]:
    """What every outcome tells: the order, its state, its method of payment, and the product if it is one."""
    lines = case.lines()
    return {
        "order_number": case.order.order_number,
        "status": case.order.status,
        "method": case.order.payment_method,
        "product": lines[0].product if len(lines) == 1 else None,
        "products": tuple(line.product for line in lines),
    }


def clause_days(case: Case, clause: str, param: str = "days") -> int:
    """A window of the policy in days."""
    return case.policy.number(clause, param)


def new_id(prefix: str) -> str:
    """A fresh id that cannot be guessed, short enough to be read out: ``TK-9F3A61C2D0``."""
    return f"{prefix}-{secrets.token_hex(5).upper()}"
