"""Facts in words: money, dates, names, states — the fragments that fill the domain's sentences.

Sentences live in domain.yml; here are only the small words that a placeholder needs,
each in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kefu.shop.money import Money
from kefu.shop.records import Address, Order, OrderLine, Product

WORDS: Mapping[str, tuple[str, str]] = {
    # order
    "pending_payment": ("waiting for payment", "待付款"),
    "processing": ("being prepared", "备货中"),
    "shipped": ("on its way", "运输中"),
    "delivered": ("delivered", "已送达"),
    "returned": ("returned", "已退货"),
    "cancelled": ("cancelled", "已取消"),
    "completed": ("completed", "已完成"),
    "active": ("active", "生效中"),
    "ended": ("ended", "已结束"),
    # return and refund
    "requested": ("waiting for a supervisor", "等待主管审核"),
    "approved": ("approved", "已批准"),
    "rejected": ("rejected", "未通过"),
    "in_transit": ("on its way back", "退回途中"),
    "received": ("received", "已收到退货"),
    "submitted": ("sent to your bank or wallet", "已提交给银行或钱包"),
    "unconfirmed": (
        "not confirmed by the payment provider yet and being checked with it",
        "尚未得到支付机构确认，正在核实",
    ),
    "succeeded": ("paid out", "已到账"),
    "failed": ("refused by the payment provider; a person looks at it", "被支付机构拒绝，已转人工处理"),
    # ticket
    "open": ("open", "待处理"),
    "waiting": ("being worked on", "处理中"),
    "closed": ("closed", "已关闭"),
    # reason
    "damaged": ("damaged or faulty", "破损或故障"),
    "wrong": ("the wrong item", "发错货"),
    "missing": ("something missing", "少件"),
    "unwanted": ("no longer wanted", "不想要了"),
    "later_fault": ("a fault that came later", "使用后出现故障"),
    # payment method
    "visa": ("Visa", "Visa 卡"),
    "mastercard": ("Mastercard", "万事达卡"),
    "paypal": ("PayPal", "PayPal"),
    "alipay": ("Alipay", "支付宝"),
    "wechat-pay": ("WeChat Pay", "微信支付"),
    # kind
    "physical": ("goods", "商品"),
    "course": ("course", "课程"),
    "ebook": ("e-book", "电子书"),
    "membership": ("membership", "会员"),
    # kinds, several of them
    "physical_many": ("goods", "实物商品"),
    "course_many": ("courses", "课程"),
    "ebook_many": ("e-books", "电子书"),
    "membership_many": ("memberships", "会员"),
    # shipping
    "standard": ("standard", "标准配送"),
    "express": ("express", "加急配送"),
    # ticket and task
    "human": ("talk to a person", "人工服务"),
    "callback": ("callback", "回电"),
    "complaint": ("complaint", "投诉"),
    "legal": ("legal matter", "法律事务"),
    "safety": ("safety matter", "安全问题"),
    "refund": ("refund", "退款"),
    "return": ("return", "退货"),
    "cancel": ("cancellation", "取消订单"),
    "exchange": ("exchange", "换货"),
    "warranty": ("warranty case", "保修"),
    "lost_parcel": ("parcel search", "查找包裹"),
    "change_address": ("address change", "修改地址"),
    "change_items": ("change of items", "修改商品"),
    "stop_renewal": ("renewal stop", "停止续费"),
    "invoice": ("invoice", "发票"),
    "payment": ("payment question", "支付问题"),
    "personal": ("personal", "个人"),
    "company": ("company", "公司"),
    "customer": ("you", "您"),
    "shop": ("the shop", "商店"),
    # colours, the usual variants
    "white": ("white", "白色"),
    "black": ("black", "黑色"),
    "grey": ("grey", "灰色"),
    "green": ("green", "绿色"),
    "blue": ("blue", "蓝色"),
    "red": ("red", "红色"),
    "brown": ("brown", "棕色"),
    "yellow": ("yellow", "黄色"),
    "pink": ("pink", "粉色"),
    "purple": ("purple", "紫色"),
    "orange": ("orange", "橙色"),
    "silver": ("silver", "银色"),
    "gold": ("gold", "金色"),
    "beige": ("beige", "米色"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    # attributes
    "price": ("price", "价格"),
    "stock": ("stock", "库存"),
    "battery_hours": ("battery life in hours", "续航（小时）"),
    "waterproof": ("water protection", "防水等级"),
    "bluetooth": ("Bluetooth version", "蓝牙版本"),
    "noise_cancelling": ("noise cancelling", "主动降噪"),
    "warranty_months": ("warranty in months", "保修（月）"),
    "switch": ("switches", "轴体"),
    "layout": ("layout", "键位布局"),
    "wireless": ("wireless", "无线"),
    "volume_ml": ("volume in ml", "容量（毫升）"),
    "material": ("material", "材质"),
    "power_w": ("power in watts", "功率（瓦）"),
    "dimmable": ("dimmable", "可调光"),
    "size_inch": ("size in inches", "尺寸（英寸）"),
    "resolution": ("resolution", "分辨率"),
    "ports": ("ports", "接口"),
    "hours": ("length in hours", "时长（小时）"),
    "level": ("level", "难度"),
    "teacher": ("teacher", "讲师"),
    "certificate": ("certificate", "证书"),
    "format": ("format", "格式"),
    "pages": ("pages", "页数"),
    "author": ("author", "作者"),
    "period": ("period", "周期"),
    "benefits": ("benefits", "权益"),
    "weight": ("weight", "重量"),
    "color": ("colours", "颜色"),
    # benefits of a membership
    "all courses free": ("all courses free", "所有课程免费"),
    "free shipping": ("free shipping", "包邮"),
    "priority support": ("priority support", "优先客服"),
    "member Q&A": ("member Q&A", "会员答疑"),
    "beginner": ("beginner", "入门"),
    "intermediate": ("intermediate", "中级"),
    "advanced": ("advanced", "高级"),
    "month": ("month", "月"),
    "year": ("year", "年"),
    "steel": ("steel", "不锈钢"),
}

# What remains after a refusal; said at its end, and prepared by a plain "yes".
WAYS: Mapping[str, tuple[str, str]] = {
    "cancel": (
        "You can cancel it instead, free of charge; shall I prepare that?",
        "可以改为免费取消，需要为您办理吗？",
    ),
    "refuse_parcel": (
        "You may refuse the parcel and are refunded when it is back, or return it after delivery. "
        "For anything else say yes and I will call a person.",
        "您可以拒收包裹，退回后即退款；也可以在送达后申请退货。如需其他帮助，回复“是”即可转人工。",
    ),
    "return": ("You can return it instead; shall I prepare that?", "可以改为退货，需要为您办理吗？"),
    "refund": ("It may be refunded instead; shall I prepare that?", "可以改为退款，需要为您办理吗？"),
    "stop_renewal": (
        "I can stop its renewal instead; shall I prepare that?",
        "可以改为停止续费，需要为您办理吗？",
    ),
    "warranty": (
        "If it is faulty, its warranty may help; shall I open a case?",
        "如果是出现故障，可以走保修，需要为您登记吗？",
    ),
    "": (
        "If you would like a person to look at it, just say yes.",
        "如需人工核实，回复“是”即可。",
    ),
}

# What was done, whatever becomes of the money: how a sentence about a refund that is not sure begins.
DID: Mapping[str, tuple[str, str]] = {
    "done_cancel": ("Order {order_number} is cancelled. ", "订单 {order_number} 已取消。"),
    "done_cancel_line": (
        "{items} in order {order_number} is cancelled. ",
        "订单 {order_number} 中的{items}已取消。",
    ),
    "done_refund_membership": ("{items} has ended. ", "{items}已结束。"),
    "done_refund_digital": ("", ""),
}

COURSES_OFF = re.compile(r"(\d+%) off all courses")
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "HKD": "HK$"}


def word(key: str, *, language: str) -> str:
    """The small word for ``key``; a key without one is shown with its underscores as blanks."""
    pair, off = WORDS.get(key), COURSES_OFF.fullmatch(key)
    if off and language == "zh":
        return f"所有课程优惠 {off.group(1)}"
    return key.replace("_", " ") if pair is None else pair[language == "zh"]


def money(value: Money) -> str:
    """``$79.00``; a currency without a known sign is named behind the figure."""
    figure = f"{value.amount / 100:,.2f}"
    sign = SYMBOLS.get(value.currency)
    return f"{sign}{figure}" if sign else f"{figure} {value.currency}"


def day(value: date, *, language: str, zone: str) -> str:
    """A day (an instant's in shop time): ``20 November 2026`` or ``2026年11月20日``."""
    local = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
    if language == "zh":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local.day} {local:%B %Y}"


def method(value: str, *, language: str) -> str:
    """A payment method: ``visa-4242`` is "Visa ending in 4242"."""
    name, _, digits = value.rpartition("-")
    if name and digits.isdigit():
        kind = word(name, language=language)
        return f"尾号 {digits} 的 {kind}" if language == "zh" else f"{kind} ending in {digits}"
    return word(value, language=language)


def listed(items: Sequence[str], *, language: str) -> str:
    """``a, b and c`` or ``a、b和c``."""
    if len(items) < 2:
        return "".join(items)
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return comma.join(items[:-1]) + last + items[-1]


def line_name(line: OrderLine, *, language: str, pieces: int | None = None) -> str:
    """What the customer would call an order line: product, variant, pieces (all of them unless given)."""
    name = line.product.name(language)
    if line.variant:
        variant = word(line.variant, language=language)
        name += f"（{variant}）" if language == "zh" else f" ({variant})"
    count = pieces or line.quantity
    if count == 1:
        return name
    if language == "zh":
        return f"{name}{'' if name.endswith('）') else ' '}{count} 件"
    return f"{name} × {count}"


def goods(order: Order, *, language: str) -> str:
    """An order's lines by name."""
    return listed([line_name(line, language=language) for line in order.lines], language=language)


def in_list(name: str, order: Order, *, language: str) -> str:
    """Goods as one line of a list: their name, the order's number and its state."""
    state = word(order.status, language=language)
    if language == "zh":
        return f"{name}，订单 {order.order_number}，{state}"
    return f"{name} — order {order.order_number}, {state}"


def bullets(lines: Sequence[str]) -> str:
    """A numbered list, one item a line."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def spoken(value: Any, *, language: str, zone: str) -> Any:
    """A fact as it is said in ``language``; strings are taken as they are."""
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, date):
        return day(value, language=language, zone=zone)
    if isinstance(value, Product):
        return value.name(language)
    if isinstance(value, OrderLine):
        return line_name(value, language=language)
    if isinstance(value, Order):
        return in_list(goods(value, language=language), value, language=language)
    if isinstance(value, Address):
        return ", ".join(part for part in (value.name, value.address, value.postcode, value.country) if part)
    if isinstance(value, (list, tuple)):
        return listed([str(spoken(item, language=language, zone=zone)) for item in value], language=language)
    if value is None or isinstance(value, (str, int, float)):
        return "" if value is None else str(value)
    return str(value)
