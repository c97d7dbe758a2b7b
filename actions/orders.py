"""Orders looked up: status, lists, refunds and returns, access to what is digital."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import KefuAction
from actions.handoff import OFFER
from actions.meanwhile import asked_meanwhile, in_between
from actions.present import concerned, refund_line
from actions.proposing import pending, propose
from actions.status import focus, say_status
from actions.tasks import cleared
from actions.turn import Event, Turn
from actions.words import bullets, goods, line_name, spoken, word
from kefu.shop.identity import visible_among, visible_orders
from kefu.shop.money import Money
from kefu.shop.operation import Item, Operation
from kefu.shop.records import Order, Return, Transaction


def say_between(turn: Turn, tx: Transaction) -> list[Event]:
    """Answer a question about what waits for a yes, or was just done, and show what waits anew."""
    told = asked_meanwhile(turn, tx) or []
    return [*told, *say_waiting(turn, tx)]


def say_waiting(turn: Turn, tx: Transaction) -> list[Event]:
    """Show what waits for a yes anew, if anything does."""
    waiting = pending(turn, tx)
    return propose(turn, tx, Operation.from_dict(waiting.operation)) if waiting else []


def chosen(turn: Turn, tx: Transaction) -> list[Order]:
    """The orders in the ``item`` slot, as far as the speaker may see them."""
    numbers = [order for order, _ in turn.slot("item") or []]
    return visible_among(tx, turn.identity, numbers)


class ActionSubmitOrderStatus(KefuAction):
    """Where an order is, and when it arrives."""

    def name(self) -> str:
        return "action_submit_order_status"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if in_between(turn, tx):
            return [*cleared(turn), *say_between(turn, tx)]
        orders = chosen(turn, tx)
        if not orders:
            turn.say("item_none", custom=OFFER)
            return cleared(turn)
        for order in orders[:3]:
            say_status(turn, tx, order)
        return [*cleared(turn), *focus(orders[0])]


class ActionListOrders(KefuAction):
    """All orders of the signed-in customer; a guest hears how to prove one."""

    def name(self) -> str:
        return "action_list_orders"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        orders = visible_orders(tx, turn.identity)
        if turn.identity.guest and not orders:
            turn.say("orders_guest")
        elif not orders:
            turn.say("orders_none")
        else:
            turn.say(
                "orders_list",
                list=bullets([spoken(o, language=turn.language, zone=turn.zone) for o in orders]),
            )
            return [SlotSet("offered", [[order.order_number, None] for order in orders])]
        return []


class ActionSubmitRefundStatus(KefuAction):
    """Returns and refunds on record."""

    def name(self) -> str:
        return "action_submit_refund_status"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if in_between(turn, tx):
            return [*cleared(turn), *say_between(turn, tx)]
        orders = chosen(turn, tx) or visible_orders(tx, turn.identity)
        lines = [line for order in orders for line in _back_lines(turn, tx, order)]
        if not lines:
            named = bool(chosen(turn, tx))
            what = orders[0].order_number if named else {"zh": "您的订单"}.get(turn.language, "your orders")
            clause = tx.policy.in_force(turn.now)["refund.time"]
            turn.say("refunds_none", what=what, clause_text=clause.text(turn.language), custom=OFFER)
            return [*cleared(turn), SlotSet("last_clause", clause.clause)]
        days = tx.policy.in_force(turn.now)["refund.time"].params
        turn.say("refunds_list", list=bullets(lines), min_days=days["min_days"], max_days=days["max_days"])
        return [
            *cleared(turn),
            SlotSet("last_clause", "refund.time"),
            *(focus(orders[0]) if len(orders) == 1 else []),
        ]


def _back_lines(turn: Turn, tx: Transaction, order: Order) -> list[str]:
    """One line for each return and refund of an order."""
    head = f"{goods(order, language=turn.language)} ({order.order_number}): "
    lines = []
    names = {line.line: line for line in order.lines}
    for row in tx.returns.of_order(order.order_number):
        kind, state = word(row.kind, language=turn.language), word(row.state, language=turn.language)
        name = line_name(names[row.line], language=turn.language, pieces=row.quantity)
        lines.append(
            f"{name} ({order.order_number}): {kind} {row.return_id}, {state}{_promised(turn, row, order)}"
        )
    for refund in tx.refunds.of_order(order.order_number):
        lines.append(head + refund_line(refund, language=turn.language, zone=turn.zone))
    return lines


def _promised(turn: Turn, row: Return, order: Order) -> str:
    """What is paid when a return arrives, while it has not."""
    if row.promised is None or row.state in ("received", "rejected"):
        return ""
    amount = spoken(Money(row.promised, order.currency), language=turn.language, zone=turn.zone)
    return f"，收到后退 {amount}" if turn.language == "zh" else f"; {amount} when it arrives"


class ActionSubmitAccess(KefuAction):
    """How to open what was bought."""

    def name(self) -> str:
        return "action_submit_access"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        number, line_number = next(iter(turn.slot("item") or []), (None, None))
        order = next(iter(visible_among(tx, turn.identity, [number] if number else [])), None)
        if order is None:
            turn.say("access_none", custom=OFFER)
            return cleared(turn)
        items = (Item(line_number),) if line_number else ()
        line = concerned(order, Operation("refund", order.order_number, items))[0]
        if order.paid == 0:
            turn.say("access_unpaid", product=line.product, order_number=order.order_number)
        else:
            turn.say(_access_code(line.product.kind), custom=OFFER, **_access_facts(turn, line))
        return [*cleared(turn), *focus(order)]


def _access_code(kind: str) -> str:
    return "access_ebook" if kind == "ebook" else "access_course"


def _access_facts(turn: Turn, line: Any) -> dict[str, Any]:
    zh = turn.language == "zh"
    done = (" It has been downloaded before.", "之前已下载过。")[zh] if line.downloaded else ""
    return {
        "product": line.product,
        "progress": line.progress_percent or 0,
        "format": line.product.attributes.get("format", ""),
        "downloaded": done,
    }
