"""Word lists of everyday English and Chinese. They know languages, not a shop.

Everything is written folded (Simplified, half-width, lower case).
"""

from __future__ import annotations

from collections.abc import Mapping


def word_set(words: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(words.split())


#: Colours as people write them; the key is the English name that catalogues use.
COLOURS: Mapping[str, tuple[str, ...]] = {
    "white": ("white", "白色", "白的", "白色的", "纯白"),
    "black": ("black", "黑色", "黑的", "黑色的", "纯黑"),
    "grey": ("grey", "gray", "灰色", "灰的", "灰色的"),
    "green": ("green", "绿色", "绿的", "绿色的"),
    "blue": ("blue", "蓝色", "蓝的", "蓝色的"),
    "red": ("red", "红色", "红的", "红色的"),
    "yellow": ("yellow", "黄色", "黄的", "黄色的"),
    "pink": ("pink", "粉色", "粉的", "粉红色", "粉色的"),
    "purple": ("purple", "紫色", "紫的", "紫色的"),
    "orange": ("orange", "橙色", "橙的", "橘色", "橙色的"),
    "brown": ("brown", "棕色", "棕的", "咖啡色", "褐色"),
    "silver": ("silver", "银色", "银的", "银色的"),
    "gold": ("golden", "gold colour", "gold color", "金色", "金的", "金色的"),
    "beige": ("beige", "米色", "米白"),
}

#: What people call the kinds of a catalogue that are not parcels.
KINDS: Mapping[str, tuple[str, ...]] = {
    "course": (
        "course",
        "courses",
        "online course",
        "video course",
        "课程",
        "网课",
        "课",
        "线上课",
        "视频课",
    ),
    "ebook": (
        "ebook",
        "ebooks",
        "e-book",
        "e-books",
        "e book",
        "digital book",
        "电子书",
        "电子图书",
        "book",
        "books",
        "书",
        "那本书",
        "这本书",
    ),
    "membership": (
        "membership",
        "memberships",
        "subscription",
        "subscriptions",
        "member plan",
        "member",
        "会员",
        "会籍",
        "会员卡",
        "会员资格",
    ),
}

#: How a billing period in a product's name is said otherwise.
PERIODS: Mapping[str, tuple[str, ...]] = {
    "monthly": ("monthly", "month"),
    "yearly": ("yearly", "annual", "year"),
    "月": ("月", "月度", "包月", "月费"),
    "年": ("年", "年度", "包年", "年费"),
}

#: Everyday words for the same thing: heard only where the catalogue sells one of the group.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("earbuds", "earphones", "earpods", "ear buds", "in-ears"),
    ("headphones", "headset", "head phones", "over-ear headphones"),
    ("monitor", "screen", "display"),
    ("lamp", "light", "desk light"),
    ("bottle", "flask", "thermos", "tumbler"),
    ("charging case", "charger case", "charging box"),
    ("keyboard", "key board"),
    ("phone", "cellphone", "smartphone"),
    ("laptop", "notebook computer"),
    ("bag", "backpack"),
    ("耳机", "耳麦", "耳塞"),
    ("头戴式耳机", "头戴耳机", "大耳机", "头戴式"),
    ("无线耳机", "蓝牙耳机", "耳塞式耳机"),
    ("保温杯", "保温瓶", "水杯", "水壶", "杯子"),
    ("台灯", "桌灯", "灯"),
    ("显示器", "显示屏", "屏幕"),
    ("充电盒", "充电仓", "耳机盒", "充电盒子"),
    ("手机", "电话机"),
    ("背包", "双肩包", "书包"),
)

#: Modifiers that open many product names and name none of them.
MODIFIERS = word_set(
    "wireless portable smart mini compact foldable rechargeable waterproof bluetooth electric digital "
    "organic cordless stainless adjustable premium classic deluxe ultra super new original universal "
    "magnetic ceramic wooden bamboo leather cotton charging gaming ergonomic"
)

#: Expressions that hold a product noun and do not mean it.
NOT_PRODUCTS: tuple[str, ...] = (
    "of course",
    "in case",
    "in any case",
    "in that case",
    "in this case",
    "just in case",
    "my case",
    "this case",
    "open a case",
    "case number",
    "crash course",
    "main course",
    "due course",
    "book a",
    "booked a",
    "to book",
    "light on",
    "come to light",
    "in light of",
    "on display",
    "on screen",
    "screen shot",
    "screenshot",
    "on my screen",
    "on the screen",
    "to monitor",
    "home screen",
    "display name",
    "phone number",
    "by the book",
    "make light",
    "a light",
    "light up",
    "网页上",
    "手机号",
    "手机号码",
    "课代表",
    "书面",
    "说明书",
    "证书",
    "会员日",
    "屏幕上",
    "屏幕截图",
    "打电话",
    "灯光",
    "亮灯",
    "指示灯",
    "灯亮",
    "灯不亮",
    "课上",
    "下课",
    "上课时间",
    "图书馆",
    "秘书",
)

#: Words that may open or close no alias.
EDGE_WORDS = word_set(
    "a an the of for in on at to and or with by from that this your my our in is are it its as & "
    "的 和 与 及 了 在 之 版"
)

CODE_WORDS = ("code", "otp", "passcode", "验证码", "校验码", "动态码", "口令", "码是")
PHONE_WORDS = (
    "phone", "tel", "mobile", "cell", "call", "whatsapp", "number is", "电话", "手机", "号码", "联系",
)  # fmt: skip
COUPON_WORDS = ("coupon", "promo", "voucher", "discount", "code", "优惠", "折扣", "券", "促销码", "兑换码")
TRACKING_WORDS = ("tracking", "waybill", "parcel number", "awb", "运单", "快递单", "物流单", "单号")
LIMIT_WORDS = (
    "under",
    "below",
    "less than",
    "up to",
    "at most",
    "max",
    "cheaper than",
    "within",
    "over",
    "above",
    "more than",
    "around",
    "about",
    "budget",
    "不超过",
    "低于",
    "少于",
    "最多",
    "预算",
    "大概",
    "高于",
)
