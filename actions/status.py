"""One order's status in words, and keeping it in focus."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.cards import order_card
from actions.present import refunds_text
from actions.turn import Event, Turn
from actions.words import bullets, goods, spoken
from kefu.shop.orders import status_facts
from kefu.shop.policy import Policy
from kefu.shop.records import Order, Shipment, Transaction


def focus(order: Order) -> list[Event]:
    """Keep an order, and its product where it is one, for the next "it"."""
    product = order.lines[0].product.product_id if len(order.lines) == 1 else None
    return [SlotSet("focus_order", order.order_number), SlotSet("focus_product", product)]


def say_status(turn: Turn, tx: Transaction, order: Order) -> None:
    """One order's status in words."""
    facts = status_facts(order, Policy.load(tx, now=turn.now), now=turn.now)
    turn.say(
        status_code(order, late=facts["parcel"] in ("late", "lost")),
        custom={"card": order_card(order, facts, turn)},
        order_number=order.order_number,
        items=goods(order, language=turn.language),
        total=facts["total"],
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        eta=facts["eta"],
        delivered=order.delivered_at,
        placed=order.placed_at,
        ended=order.ended_at,
        next_charge=facts["next_charge_at"],
        closes=facts["closes_at"],
        refunds=refunds_text(turn, tx, order.order_number),
    )
    if len(order.shipments) > 1:
        parcels = [parcel_text(each, language=turn.language, zone=turn.zone) for each in order.shipments]
        turn.say("status_parcels", count=len(parcels), parcels=bullets(parcels))


def parcel_text(parcel: Shipment, *, language: str, zone: str) -> str:
    """One of an order's parcels: who carries it, and whether it left or arrived."""
    zh = language == "zh"
    name = " ".join(part for part in (parcel.carrier, parcel.tracking_number) if part)
    at = parcel.delivered_at or parcel.eta_at
    on = spoken(at, language=language, zone=zone) if at else ""
    if parcel.delivered_at is not None:
        state = f"{on} 已送达" if zh else f"delivered on {on}"
    elif parcel.shipped_at is None:
        state = "尚未发出" if zh else "not sent yet"
    else:
        state = "运输中" if zh else "on its way"
        expected = f"，预计 {on} 前送达" if zh else f", expected by {on}"
        state += expected if on else ""
    return f"{name}：{state}" if zh and name else f"{name}: {state}" if name else state


def status_code(order: Order, *, late: bool) -> str:
    """The response for an order's state."""
    digital = all(line.product.kind != "physical" for line in order.lines)
    if order.status == "shipped" and late:
        return "status_shipped_late"
    if order.status == "processing" and digital:
        return "status_processing_digital"
    if order.status == "active" and not order.renews:
        return "status_active_stopped"
    return f"status_{order.status}"
