"""The words of the few mails that the shop room writes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kefu.shop.money import Money
from kefu.store.records import Order

if TYPE_CHECKING:
    from kefu.store import Transaction


@dataclass(frozen=True)
class Letter:
    """Subject and body, ready to send."""

    subject: str
    body: str


def tell(tx: Transaction, order: Order, letter: Callable[[str], Letter], *, now: datetime) -> None:
    """Write ``letter``, made for the customer's language, to the customer of an order."""
    customer = tx.customers.get(order.customer_id)
    if customer is not None:
        mail = letter(customer.language)
        tx.outbox.add(to=customer.email, subject=mail.subject, body=mail.body, now=now)


def code_mail(order_number: str, code: str, minutes: int, language: str) -> Letter:
    """The letter with a one-time code, in the customer's language."""
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的验证码",
            f"您的验证码是 {code}，{minutes} 分钟内有效。只在您正在对话的聊天窗口中输入它；"
            "如果不是您本人操作，请忽略此邮件。",
        )
    return Letter(
        f"Your code for order {order_number}",
        f"Your code is {code}. It works for {minutes} minutes, only in the chat where you asked for it. "
        "If that was not you, ignore this mail.",
    )


def refund_approved_mail(order_number: str, amount: Money, language: str) -> Letter:
    """The letter that a refund was approved by a supervisor."""
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退款已批准",
            f"订单 {order_number} 的退款 {_sum(amount)} 已获批准，将原路退回。"
            "您可以随时在聊天窗口查询退款进度。",
        )
    return Letter(
        f"The refund for order {order_number} is approved",
        f"The refund of {_sum(amount)} for order {order_number} is approved and goes back the way you paid. "
        "You can ask for its state in the chat at any time.",
    )


def refund_rejected_mail(order_number: str, amount: Money, language: str) -> Letter:
    """The letter that a refund was rejected by a supervisor."""
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退款未通过",
            f"很抱歉，订单 {order_number} 的退款 {_sum(amount)} 未获批准。"
            "如有疑问，请在聊天窗口联系人工客服。",
        )
    return Letter(
        f"The refund for order {order_number} was not approved",
        f"We are sorry: the refund of {_sum(amount)} for order {order_number} was not approved. "
        "If you would like to talk about it, ask for a person in the chat.",
    )


def return_approved_mail(order_number: str, language: str) -> Letter:
    """The letter that a return was approved by a supervisor."""
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退货已批准",
            f"订单 {order_number} 的退货已获批准，您现在可以寄回商品。我们收到商品后为您退款。",
        )
    return Letter(
        f"The return for order {order_number} is approved",
        f"The return for order {order_number} is approved: you can send the goods back now. "
        "The refund is made when they arrive.",
    )


def return_rejected_mail(order_number: str, language: str) -> Letter:
    """The letter that a return was rejected by a supervisor."""
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退货未通过",
            f"很抱歉，订单 {order_number} 的退货未获批准，请不要寄回商品。"
            "如有疑问，请在聊天窗口联系人工客服。",
        )
    return Letter(
        f"The return for order {order_number} was not approved",
        f"We are sorry: the return for order {order_number} was not approved; please do not send the goods "
        "back. If you would like to talk about it, ask for a person in the chat.",
    )


def goods_received_mail(order_number: str, amount: Money | None, waits: bool, language: str) -> Letter:
    """The letter that goods arrived, and what follows; without ``amount`` they were exchanged."""
    if language == "zh":
        return Letter(
            f"我们已收到订单 {order_number} 的商品",
            f"您寄回的订单 {order_number} 的商品已收到。" + _next_zh(amount, waits),
        )
    return Letter(
        f"The goods of order {order_number} have arrived",
        f"The goods that you sent back from order {order_number} have arrived. " + _next_en(amount, waits),
    )


def _sum(amount: Money) -> str:
    return f"{amount.currency} {amount.decimal}"


def _next_zh(amount: Money | None, waits: bool) -> str:
    if amount is None:
        return "换货的新商品即将为您寄出。"
    if amount.amount == 0:
        return "这些商品没有需要退还的款项。"
    if waits:
        return f"退款 {_sum(amount)} 正在由工作人员审核，结果会通过邮件通知您。"
    return f"退款 {_sum(amount)} 将原路退回。您可以随时在聊天窗口查询退款进度。"


def _next_en(amount: Money | None, waits: bool) -> str:
    if amount is None:
        return "What you get in exchange will be sent to you now."
    if amount.amount == 0:
        return "Nothing was paid for them, so there is nothing to refund."
    if waits:
        return f"A colleague still looks at the refund of {_sum(amount)}; we will write to you about it."
    return (
        f"The refund of {_sum(amount)} goes back the way you paid. "
        "You can ask for its state in the chat at any time."
    )
