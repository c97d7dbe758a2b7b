"""The words of the few mails that the shop room writes itself."""

from __future__ import annotations

from dataclasses import dataclass

from kefu.shop.money import Money


@dataclass(frozen=True)
class Letter:
    """Subject and body, ready to send."""

    subject: str
    body: str


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
    sum_of_money = f"{amount.currency} {amount.decimal}"
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退款已批准",
            f"订单 {order_number} 的退款 {sum_of_money} 已获批准，将原路退回。"
            "您可以随时在聊天窗口查询退款进度。",
        )
    return Letter(
        f"The refund for order {order_number} is approved",
        f"The refund of {sum_of_money} for order {order_number} is approved and goes back the way you paid. "
        "You can ask for its state in the chat at any time.",
    )


def refund_rejected_mail(order_number: str, amount: Money, language: str) -> Letter:
    """The letter that a refund was rejected by a supervisor."""
    sum_of_money = f"{amount.currency} {amount.decimal}"
    if language == "zh":
        return Letter(
            f"订单 {order_number} 的退款未通过",
            f"很抱歉，订单 {order_number} 的退款 {sum_of_money} 未获批准。"
            "如有疑问，请在聊天窗口联系人工客服。",
        )
    return Letter(
        f"The refund for order {order_number} was not approved",
        f"We are sorry: the refund of {sum_of_money} for order {order_number} was not approved. "
        "If you would like to talk about it, ask for a person in the chat.",
    )
