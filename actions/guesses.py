"""The requests that a message may have been, by the titles that their buttons carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.turn import Turn

# What a guess is called on its button; intents that are no request are not guessed.
TITLES: Mapping[str, tuple[str, str]] = {
    "track_order": ("Where is my order?", "我的订单到哪了？"),
    "list_orders": ("Show my orders", "查看我的订单"),
    "parcel_problem": ("My parcel is late or lost", "包裹延误或丢失"),
    "refund_status": ("Where is my refund?", "我的退款到哪了？"),
    "return_status": ("How is my return?", "我的退货进度"),
    "ticket_status": ("How is my ticket?", "我的工单进度"),
    "digital_access": ("I cannot open what I bought", "课程或电子书打不开"),
    "cancel_order": ("Cancel an order", "取消订单"),
    "change_address": ("Change the delivery address", "修改收货地址"),
    "return_item": ("Return something", "我要退货"),
    "exchange_item": ("Exchange something", "我要换货"),
    "refund_request": ("Get my money back", "我要退款"),
    "report_damage": ("It arrived damaged or wrong", "收到破损或错发的商品"),
    "warranty_claim": ("Something stopped working", "商品出现故障"),
    "stop_renewal": ("Stop a renewal", "停止自动续费"),
    "invoice_request": ("Request an invoice", "申请发票"),
    "check_coupon": ("Check a coupon", "查询优惠券"),
    "ask_product": ("A question about a product", "咨询商品"),
    "search_products": ("See what you sell", "看看有什么商品"),
    "ask_recommendation": ("Recommend something to me", "给我推荐商品"),
    "compare_products": ("Compare two products", "对比两款商品"),
    "request_human": ("Talk to a person", "转人工"),
}


def guesses(turn: Turn) -> list[str]:
    """The two best intents behind the unclear message that are requests."""
    ranking: Sequence[Mapping[str, Any]] = turn.message.get("intent_ranking") or []
    return [str(row["name"]) for row in ranking if row.get("name") in TITLES][:2]
