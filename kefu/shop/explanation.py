"""Why an operation comes to what it does: the clauses tried, what each was held against, the outcome.

The decision is the one that serves customers; here it is only watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kefu.errors import KefuError
from kefu.shop.case import Case, Step
from kefu.shop.identity import Identity
from kefu.shop.money import Money
from kefu.shop.operation import Operation
from kefu.shop.operations import assess_case
from kefu.shop.outcome import Outcome
from kefu.shop.policy import Policy
from kefu.store.records import Order

if TYPE_CHECKING:
    from kefu.store import Transaction

IDS = ("product_id", "return_id", "refund_id", "ticket_id", "invoice_id", "name")


@dataclass(frozen=True)
class Explanation:
    """An outcome with the steps that led to it; steps of another kind looked for a way that remains."""

    operation: Operation
    order: Order
    at: datetime
    outcome: Outcome
    steps: tuple[Step, ...]
    policy: Policy

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        outcome = self.outcome
        items = [[item.line, item.quantity] for item in self.operation.items]
        return {
            "operation": self.operation.kind,
            "items": items,
            "reason": self.operation.reason,
            "outcome": outcome.kind,
            "code": outcome.code,
            "clause": outcome.clause,
            "amount": plain(outcome.facts.get("amount")),
            "waits": bool(outcome.facts.get("waits")),
            "way": outcome.facts.get("way"),
            "steps": [self._step(step) for step in self.steps],
        }

    def _step(self, step: Step) -> dict[str, Any]:
        clause = self.policy.clauses.get(step.clause)
        return {
            "operation": step.kind,
            "clause": step.clause,
            "version": clause.version if clause else None,
            "holds": step.holds,
            "evidence": {name: plain(value) for name, value in step.evidence.items()},
        }


def explain(
    tx: Transaction, operation: Operation, *, now: datetime, policy: Policy | None = None
) -> Explanation:
    """What the operation would come to for the order's owner at ``now``, and why; changes nothing.

    The policy is the one in force at ``now`` unless another is given; the order is taken as it stands.
    Raises KefuError for an order or a line that is not there.
    """
    order = tx.orders.get(operation.order_number.strip().upper())
    if order is None:
        raise KefuError(f"found no order {operation.order_number}; wanted one of the store; see `kefu seed`")
    rules = policy or Policy.load(tx, now=now)
    steps: list[Step] = []
    owner = Identity("explanation", customer_id=order.customer_id)
    outcome = assess_case(Case(tx, owner, operation, order, rules, now, trace=steps))
    return Explanation(operation, order, now, outcome, tuple(steps), rules)


def plain(value: Any) -> Any:
    """A fact as JSON data: money as ``79.00 USD``, times in ISO 8601, records by their id."""
    if isinstance(value, Money):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if is_dataclass(value):
        return next(getattr(value, name) for name in IDS if hasattr(value, name))
    return value
