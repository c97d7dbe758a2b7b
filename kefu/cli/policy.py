"""`kefu policy`: why the shop's rules decide as they do, and what other rules would change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kefu.cli import console
from kefu.cli.shop import open_store
from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop.explanation import Explanation, plain
from kefu.shop.explanation import explain as explained
from kefu.shop.money import Money
from kefu.shop.operation import KINDS, Item, Operation
from kefu.shop.outcome import Outcome
from kefu.shop.policy import Policy
from kefu.shop.policy_replay import Difference, Replayed, offered_amount
from kefu.shop.policy_replay import replay as replayed
from kefu.store import Transaction
from kefu.store.base import utc_now
from kefu.store.policy_file import begun, check_complete, read_policy


@dataclass(frozen=True)
class Wish:
    """What is asked about an order on the command line."""

    order_number: str
    kind: str | None = None
    line: int | None = None
    quantity: int | None = None
    reason: str | None = None
    variant: str | None = None

    def operations(self) -> list[Operation]:
        """The operation, or every kind of one; KefuError for a kind or a reason that there is not."""
        items = (Item(self.line, self.quantity),) if self.line is not None else ()
        if self.quantity is not None and self.line is None:
            raise ConfigError("found --quantity without --line; wanted both; say of which line")
        kinds = KINDS if self.kind is None else (self.kind,)
        number = self.order_number.strip().upper()
        return [Operation(kind, number, items, self.reason, self.variant) for kind in kinds]


def explain(wish: Wish, *, at: str | None, as_json: bool) -> None:
    """Print for each operation the clauses tried, their evidence and the outcome."""
    operations = wish.operations()
    with open_store(Settings.load()) as store, store.read() as tx:
        now = moment(tx, at)
        found = [explained(tx, operation, now=now) for operation in operations]
    if as_json:
        told = [one.as_dict() for one in found]
        console.say(json.dumps({**_order(found[0]), "operations": told}, ensure_ascii=False))
        return
    console.say(", ".join(f"{name} {value}" for name, value in _order(found[0]).items()))
    for one in found:
        for line in explanation_lines(one):
            console.say(line)


def _order(found: Explanation) -> dict[str, Any]:
    order = found.order
    paid = plain(Money(order.paid, order.currency))
    return {"order": order.order_number, "status": order.status, "paid": paid, "at": plain(found.at)}


def explanation_lines(found: Explanation) -> list[str]:
    """An explanation in words, a line a step."""
    told = found.as_dict()
    lines = [f"\n{told['operation']}: {_said(found.outcome)}"]
    for step in told["steps"]:
        kind = "" if step["operation"] == told["operation"] else f" (instead: {step['operation']})"
        evidence = ", ".join(f"{name} {_word(value)}" for name, value in step["evidence"].items())
        verdict = "holds" if step["holds"] else "does not hold"
        lines.append(f"  {step['clause']} {verdict}{kind}: {evidence}")
    if told["way"]:
        lines.append(f"  what remains: {told['way']}")
    return lines


def _said(outcome: Outcome) -> str:
    amount = plain(outcome.facts.get("amount")) if outcome.facts.get("amount") is not None else None
    waits = "a supervisor decides" if outcome.facts.get("waits") else None
    clause = f"by {outcome.clause}" if outcome.clause else None
    return ", ".join(part for part in (f"{outcome.kind} ({outcome.code})", clause, amount, waits) if part)


def _word(value: Any) -> str:
    return "|".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)


def replay(file: Path, *, since: str | None, operation: str | None, at: str | None, as_json: bool) -> None:
    """Print what the policy in ``file`` would decide otherwise than the one in the store."""
    settings = Settings.load()
    if operation is not None and operation not in KINDS:
        raise ConfigError(f"found the operation {operation!r}; wanted one of {', '.join(KINDS)}")
    kinds = (operation,) if operation is not None else KINDS
    with open_store(settings) as store, store.read() as tx:
        now = moment(tx, at)
        begin = moment(tx, since) if since is not None else None
        new = policy_of(file, settings, at=now)
        found = replayed(tx, Policy.load(tx, now=now), new, now=now, since=begin, kinds=kinds)
    console.say(json.dumps(as_dict(found), ensure_ascii=False) if as_json else "\n".join(as_lines(found)))


def policy_of(file: Path, settings: Settings, *, at: datetime) -> Policy:
    """The policy of a file as it would be in force at ``at``; raises SeedError as loading it would."""
    now = utc_now()
    clauses = read_policy(file, now=now)
    check_complete(clauses, read_policy(settings.root / "data" / "shop" / "policy.csv", now=now), file=file)
    return Policy(begun(clauses, at))


def as_dict(found: Replayed) -> dict[str, Any]:
    """Plain JSON data."""
    return {
        "orders": found.orders,
        "tried": found.tried,
        "differences": [_difference(one) for one in found.differences],
        "totals": [
            {"operation": kind, "currency": currency, "old": old, "new": new, "change": new - old}
            for (kind, currency), (old, new) in sorted(found.totals().items())
        ],
    }


def _difference(one: Difference) -> dict[str, Any]:
    items = [[item.line, item.quantity] for item in one.operation.items]
    return {
        "order": one.operation.order_number,
        "operation": one.operation.kind,
        "items": items,
        "reason": one.operation.reason,
        "at": plain(one.at),
        "decided": one.decided,
        "old": _outcome(one.old),
        "new": _outcome(one.new),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    amount = plain(offered_amount(outcome))
    terms = {"waits": bool(outcome.facts.get("waits")), "amount": amount}
    return {"outcome": outcome.kind, "code": outcome.code, "clause": outcome.clause, **terms}


def as_lines(found: Replayed) -> Iterable[str]:
    """A line a difference, then the sums."""
    for one in found.differences:
        wish, when = one.operation, "decided" if one.decided else "now"
        said = f"{wish.kind} ({wish.reason})" if wish.reason else wish.kind
        yield f"{wish.order_number} {said}, {when} {plain(one.at)}: {_said(one.old)} → {_said(one.new)}"
    yield f"{found.orders} orders, {found.tried} decisions: {len(found.differences)} differ"
    for (kind, currency), (old, new) in sorted(found.totals().items()):
        before, after = Money(old, currency), Money(new, currency)
        yield f"{kind}: {plain(before)} → {plain(after)} (change {plain(after - before)})"


def moment(tx: Transaction, text: str | None) -> datetime:
    """An instant from ``2026-11-22`` or ``2026-11-22T10:00``, in shop time where no zone is said; else now.

    Raises ConfigError for anything else.
    """
    now = utc_now()
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise ConfigError(
            f"found the time {text[:40]!r}; wanted one like 2026-11-22 or 2026-11-22T10:00+08:00; write it so"
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=Policy.load(tx, now=now).zone)
