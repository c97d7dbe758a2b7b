"""An outcome of the shop in words: the facts every sentence may need, and the way on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn
from actions.words import DID, WAYS, bullets, goods, in_list, line_name, listed, method, money, spoken, word
from kefu.shop.identity import may_see, visible_orders
from kefu.shop.money import Money
from kefu.shop.operation import Operation
from kefu.shop.outcome import Outcome
from kefu.shop.photos import wanted_for
from kefu.shop.records import Address, Order, OrderLine, Product, Refund, Transaction
from kefu.shop.selection import Target

PHOTO_CHANNELS = ("chat",)  # kefu/channels: who talks elsewhere (rasa shell) can send none
# ways that a plain "yes" prepares as an operation; any other refusal offers a person
WAY_OPERATIONS = ("cancel", "return", "refund", "stop_renewal", "warranty")


def tell(
    turn: Turn, tx: Transaction, outcome: Outcome, operation: Operation, *, nonce: str | None = None
) -> list[Event]:
    """Say an outcome; returns the events that keep its order, product and clause in focus."""
    order = may_see(tx, turn.identity, operation.order_number)
    facts = outcome_facts(turn, tx, outcome, operation, order)
    custom: dict[str, Any] = {"clause": outcome.clause} if outcome.clause else {}
    buttons: Sequence[tuple[str, str]] = ()
    if nonce is not None:
        custom["confirmation"] = nonce
        buttons = yes_no(turn, nonce)
    elif outcome.kind == "refused":
        custom["offer"] = _offer(outcome, operation)
    elif outcome.kind == "done":
        custom["done"] = operation.kind
    turn.say(outcome.code, buttons=buttons, custom=custom, **facts)
    _ask_for_photo(turn, tx, outcome)
    return focus_events(order, operation, outcome)


def _ask_for_photo(turn: Turn, tx: Transaction, outcome: Outcome) -> None:
    """One sentence behind what is done already: who sends no picture has lost nothing."""
    if turn.tracker.get_latest_input_channel() not in PHOTO_CHANNELS:
        return
    case = wanted_for(tx, outcome)
    if case is not None:
        turn.say("photo_wanted", custom={"photo": case}, case=case)


def yes_no(turn: Turn, nonce: str) -> Sequence[tuple[str, str]]:
    """The two buttons under a confirmation; the nonce ties a press to these very words."""
    yes, no = ("是，办理", "不用了") if turn.language == "zh" else ("Yes, do it", "No, leave it")
    return ((yes, f'/affirm{{"confirmation": "{nonce}"}}'), (no, "/deny"))


def _offer(outcome: Outcome, operation: Operation) -> dict[str, Any]:
    """What a plain "yes" to a refusal means: its way on, else a person."""
    kind = outcome.facts.get("way")
    if kind not in WAY_OPERATIONS:
        return {"kind": "human"}
    items = [{"line": item.line, "quantity": item.quantity} for item in operation.items]
    return {"kind": kind, "operation": {"kind": kind, "order_number": operation.order_number, "items": items}}


def focus_events(order: Order | None, operation: Operation, outcome: Outcome) -> list[Event]:
    """What was just spoken of, for the next "it"."""
    events: list[Event] = []
    if order is not None:
        events.append(SlotSet("focus_order", order.order_number))
        lines = concerned(order, operation)
        if len(lines) == 1:
            events.append(SlotSet("focus_product", lines[0].product.product_id))
    if outcome.clause:
        events.append(SlotSet("last_clause", outcome.clause))
    return events


def concerned(order: Order, operation: Operation) -> list[OrderLine]:
    """The lines that an operation is about."""
    chosen = {item.line for item in operation.items}
    return [line for line in order.lines if not chosen or line.line in chosen]


def outcome_facts(
    turn: Turn, tx: Transaction, outcome: Outcome, operation: Operation, order: Order | None
) -> dict[str, Any]:
    """Every placeholder that a sentence about this outcome may use, already in words."""
    language, given = turn.language, outcome.facts
    facts: dict[str, Any] = {
        **{name: value for name, value in given.items() if _sayable(value)},
        **_clause(turn, tx, outcome),
        "order_number": operation.order_number,
        "items": items_text(order, operation, outcome, language=language),
        "status": word(str(given.get("status") or ""), language=language),
        "method": method(str(given.get("method") or ""), language=language),
        "reason": word(operation.reason or "damaged", language=language),
        "refunds": back_text(turn, tx, order.order_number) if order else "",
        "way_text": WAYS.get(given.get("way") or "", WAYS[""])[language == "zh"],
        "ticket": given.get("ticket_id"),
        "return_id": listed([row.return_id for row in given.get("returns") or ()], language=language),
        "variant": word(str(given.get("new_variant") or operation.variant or ""), language=language),
    }
    facts["late"] = late_text(int(given.get("late_days") or 0), language=language)
    if outcome.code.endswith("_waiting"):
        facts["why"] = why_waiting(given["limit_clause"], language=language)
    if given.get("did"):
        did = DID[str(given["did"])][language == "zh"]
        facts["did"] = did.format(order_number=operation.order_number, items=facts["items"])
    if operation.kind == "invoice":
        facts |= _invoice_facts(operation, language=language)
    return facts


def why_waiting(clause: str | None, *, language: str) -> str:
    """Why a refund waits for a person: a clause, or people who stopped automatic refunds."""
    if clause is None:
        return "自动退款目前暂停" if language == "zh" else "automatic refunds are stopped at the moment"
    return f"条款 {clause}" if language == "zh" else f"clause {clause}"


def late_text(days: int, *, language: str) -> str:
    """An apology for a parcel that is past its date."""
    if days < 1:
        return ""
    return f"已延误 {days} 天，非常抱歉。" if language == "zh" else f" It is {days} days late; I am sorry."


def _sayable(value: Any) -> bool:
    """Whether a fact is a plain one that a sentence may take."""
    return isinstance(value, (str, int, Money, date, Product, Address)) and not isinstance(value, bool)


def _clause(turn: Turn, tx: Transaction, outcome: Outcome) -> dict[str, str]:
    if outcome.clause is None:
        return {"clause": "", "clause_text": ""}
    clause = tx.policy.in_force(turn.now)[outcome.clause]
    return {"clause": outcome.clause, "clause_text": clause.text(turn.language)}


def _invoice_facts(operation: Operation, *, language: str) -> dict[str, str]:
    company = operation.invoice_kind == "company"
    if language == "zh":
        to = f"抬头：{operation.company}，税号：{operation.tax_number}。" if company else ""
    else:
        to = f" It names {operation.company}, tax number {operation.tax_number}." if company else ""
    return {"invoice_kind": word(operation.invoice_kind or "personal", language=language), "invoice_to": to}


def items_text(order: Order | None, operation: Operation, outcome: Outcome, *, language: str) -> str:
    """The concerned lines by name, with the pieces concerned."""
    if order is None:
        return ""
    lines = concerned(order, operation)
    pieces = {portion.line.line: portion.quantity for portion in outcome.facts.get("portions") or ()}
    shown = [line for line in lines if not pieces or line.line in pieces]
    return listed(
        [line_name(line, language=language, pieces=pieces.get(line.line)) for line in shown],
        language=language,
    )


def back_text(turn: Turn, tx: Transaction, order_number: str) -> str:
    """Everything of an order that went or goes back, in sentences."""
    return (returns_text(turn, tx, order_number) + refunds_text(turn, tx, order_number)).strip()


def returns_text(turn: Turn, tx: Transaction, order_number: str) -> str:
    """The order's returns and exchanges in a sentence each."""
    zh, told = turn.language == "zh", ""
    for row in tx.returns.of_order(order_number):
        kind, state = word(row.kind, language=turn.language), word(row.state, language=turn.language)
        told += f"{kind} {row.return_id}：{state}。" if zh else f"The {kind} {row.return_id} is {state}. "
    return told


def refunds_text(turn: Turn, tx: Transaction, order_number: str) -> str:
    """The order's refunds in a sentence each."""
    language = turn.language
    return " ".join(
        refund_line(refund, language=language, zone=turn.zone) for refund in tx.refunds.of_order(order_number)
    )


def refund_line(refund: Refund, *, language: str, zone: str) -> str:
    """One refund: amount, method, state, day."""
    amount = money(Money(refund.amount, refund.currency))
    state = word("unconfirmed" if refund.unconfirmed else refund.state, language=language)
    to = method(refund.method, language=language)
    on = spoken(refund.created_at, language=language, zone=zone)
    if language == "zh":
        return f"{amount} 的退款（退回{to}）{state}，发起于 {on}。"
    return f"The refund of {amount} to {to} is {state} (made on {on})."


def option_name(order: Order, line: int | None, *, language: str) -> str:
    """What the customer would call a target: one line of an order, or all that it holds."""
    chosen = next((row for row in order.lines if row.line == line), None)
    return goods(order, language=language) if chosen is None else line_name(chosen, language=language)


def options(turn: Turn, tx: Transaction, targets: Sequence[Target]) -> tuple[str, Sequence[tuple[str, str]]]:
    """A numbered list of targets and a titled button for each."""
    orders = {order.order_number: order for order in visible_orders(tx, turn.identity)}
    texts, buttons = [], []
    for target in (target for target in targets if target.order_number in orders):
        order = orders[target.order_number]
        name = option_name(order, target.line, language=turn.language)
        texts.append(in_list(name, order, language=turn.language))
        buttons.append((f"{name} · {target.order_number[-4:]}", _pick(orders, target)))
    return bullets(texts), buttons[:8]


def _pick(orders: Mapping[str, Order], target: Target) -> str:
    line = next((row for row in orders[target.order_number].lines if row.line == target.line), None)
    product = f', "product": "{line.product.product_id}"' if line else ""
    return f'/inform{{"order_number": "{target.order_number}"{product}}}'
