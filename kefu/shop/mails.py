"""The words of the few mails that the shop room writes itself."""

from __future__ import annotations

from dataclasses import dataclass


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
