"""A product's facts in words: stock, single attributes, the card; and which fact is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from actions.cards import product_card
from actions.cues import cue
from actions.handoff import OFFER
from actions.turn import Turn
from actions.wiring import simplified
from actions.words import bullets, listed, money, word
from kefu.shop import catalogue
from kefu.shop.money import Money
from kefu.shop.records import Product

# What people say for the usual keys of a catalogue, where the entity extractor found none.
CUES: Mapping[str, re.Pattern[str]] = {
    "price": cue(
        r"how much (is|are|for)\b|how much (does|do) .{0,30}cost|\bcosts?\b|\bprice",
        r"多少钱|价格|价钱|几块钱|几钱|什么价|贵不贵",
    ),
    "stock": cue(
        r"in stock|available|sold out|any left|restock|back in|(be|come) back|get (it|them) again",
        r"有货|现货|缺货|补货|库存|到货|断货",
    ),
    "battery_hours": cue(r"batter|on (a|one|a single) charge", r"续航|电池|充一次电|充满电"),
    "waterproof": cue(r"water|\brain|swim|sweat|shower", r"防水|淋雨|游泳|出汗|进水|洗澡"),
    "bluetooth": cue(r"bluetooth", r"蓝牙"),
    "noise_cancelling": cue(r"noise|\banc\b", r"降噪|隔音"),
    "warranty_months": cue(r"warrant|guarantee", r"保修|质保|保多久"),
    "switch": cue(r"\bswitch(es)?\b", r"轴"),
    "layout": cue(r"layout", r"配列|键位|布局"),
    "wireless": cue(r"wireless|cable|\bwired\b", r"无线|有线"),
    "volume_ml": cue(r"capacity|volume|\bml\b|how much .{0,20}hold|litre|liter", r"容量|能?装多少|毫升|几升"),
    "material": cue(r"made (of|from)|material", r"材质|材料|什么做的|不锈钢|塑料"),
    "power_w": cue(r"\bwatt|power consumption", r"功率|多少瓦|瓦数|几瓦"),
    "dimmable": cue(r"\bdim|brightness", r"调光|亮度|调暗"),
    "size_inch": cue(r"\binch|how (big|large)|screen size|diagonal", r"尺寸|多大|英寸|几寸|多少寸"),
    "resolution": cue(r"resolution|\b[248]k\b|pixels", r"分辨率|清晰度|像素"),
    "ports": cue(r"\bports?\b|hdmi|\busb|connector|\bplugs?\b", r"接口|插口|接头"),
    "hours": cue(r"how (long|many hours)|duration", r"时长|多长时间|多少(个)?小时|几个?小时|多少课时|多长"),
    "level": cue(r"beginner|\blevel|difficult|\bhard\b|advanced", r"难度|难不难|难吗|入门|零基础|新手|小白"),
    "teacher": cue(r"\bteach|instructor|lecturer|who (gives|runs)", r"老师|讲师|谁讲|谁教|主讲"),
    "certificate": cue(r"certif|diploma", r"证书|结业证"),
    "format": cue(r"format|\bpdf\b|\bepub\b|\bmobi\b", r"格式"),
    "pages": cue(r"\bpages?\b|how (long|thick)", r"页|多厚"),
    "author": cue(r"author|who wrote|written by", r"作者|谁写的"),
    "benefits": cue(
        r"benefit|perk|what do i get|includ|what('s| is) in\b", r"权益|好处|福利|包含|包括|有什么用"
    ),
    "weight": cue(r"heavy|weigh", r"重量|多重|重不重|重吗|几斤|多少克"),
    "color": cue(r"colou?rs?\b", r"颜色|什么色|几种色|哪些色"),
}
# a question for everything, or a bare name: the card is its full answer
GENERAL = cue(
    r"\babout\b|info|detail|describe|spec|do you (have|sell|carry)|show me|looking for|interested"
    r"|^\W*(what('s| is| are)( this| it| that| the| an?)?\W*)?$",
    r"介绍|怎么样|详情|详细|参数|配置|说说|讲讲|看看|了解|是什么|有卖|卖吗|有没有|有吗",
)


def spoken_rest(turn: Turn) -> str:
    """The message without the product names in it ("water" of a water bottle asks for nothing)."""
    text = turn.text
    for entity in turn.entities("product"):
        start, end = entity.get("start"), entity.get("end")
        if isinstance(start, int) and isinstance(end, int):
            text = text[:start] + " " * (end - start) + text[end:]
    return simplified(text)


def asked_keys(turn: Turn, product: Product) -> list[str]:
    """The catalogue keys that the message asks for: those that the product has, else what is not known."""
    rest = spoken_rest(turn)
    named = [str(entity["value"]) for entity in turn.entities("attribute")]
    own = [key for key in product.attributes if key.replace("_", " ") in rest.casefold()]
    heard = [key for key, cue in CUES.items() if cue.search(rest)]
    keys = list(dict.fromkeys([*named, *own, *heard]))
    known = [key for key in keys if catalogue.attribute(product, key).known]
    return known or keys[:1]


def said(value: object, turn: Turn) -> str:
    """A catalogue value in words."""
    if isinstance(value, tuple):
        return listed([word(str(each), language=turn.language) for each in value], language=turn.language)
    if isinstance(value, Money):
        return money(value)
    return word(str(value), language=turn.language)


def stock_words(product: Product, turn: Turn, *, variant: str | None = None) -> str:
    """Whether it can be bought now, by variant where there are several, with the restock date's distance."""
    zh, stock = turn.language == "zh", catalogue.stock_of(product, variant)
    if stock.pieces is None:
        return "随时可用。" if zh else "It is available at once."
    kind = f"（{word(stock.variant, language='zh')}）" if zh and stock.variant else ""
    if not zh and stock.variant:
        kind = f" in {word(stock.variant, language='en')}"
    if stock.pieces == 0:
        later = _restock(stock.restock_days, zh=zh)
        return f"目前{kind}缺货。{later}" if zh else f"Out of stock{kind} at the moment.{later}"
    parts = _by_variant(stock, turn)
    return f"有货{kind}，{stock.pieces} 件{parts}。" if zh else f"In stock{kind}: {stock.pieces}{parts}."


def _restock(days: int | None, *, zh: bool) -> str:
    if days is None:
        return ""
    return f"预计 {days} 天后补货。" if zh else f" It is expected back in {days} days."


def _by_variant(stock: catalogue.Stock, turn: Turn) -> str:
    if stock.variant or len(stock.variants) < 2:
        return ""
    pieces = [f"{word(name, language=turn.language)} {count}" for name, count in stock.variants.items()]
    return f"（{'，'.join(pieces)}）" if turn.language == "zh" else f" ({', '.join(pieces)})"


def say_variant(turn: Turn, product: Product, variant: str) -> None:
    """The stock of a variant; one that the catalogue does not list is not called sold out."""
    names = [row.name for row in product.variants]
    if not names:
        turn.say("product_unknown", custom=OFFER, product=product)
    elif variant.casefold() in (name.casefold() for name in names):
        turn.say("product_stock", product=product, stock=stock_words(product, turn, variant=variant))
    else:
        turn.say(
            "product_variant_none",
            product=product,
            variant=word(variant, language=turn.language),
            variants=said(tuple(names), turn),
        )


def say_attribute(turn: Turn, product: Product, key: str) -> None:
    """One attribute, or that the catalogue does not say."""
    found, about = catalogue.attribute(product, key), {"product": product.product_id}
    if key == "stock":
        turn.say("product_stock", custom=about, product=product, stock=stock_words(product, turn))
    elif not found.known:
        turn.say("product_unknown", custom={**about, **OFFER}, product=product)
    elif key == "price":
        turn.say("product_price", custom=about, product=product, price=found.value)
    else:
        attribute, value = word(key, language=turn.language), said(found.value, turn)
        turn.say("product_attribute", custom=about, product=product, attribute=attribute, value=value)


def say_card(turn: Turn, product: Product, *, question: bool = False) -> None:
    """Everything that the catalogue says; under a ``question`` also that it says no more than that."""
    card = {"card": product_card(product, turn, stock=stock_words(product, turn))}
    turn.say(
        "product_card_question" if question else "product_card",
        custom={**card, **OFFER} if question else card,
        product=product,
        price=Money(product.price, product.currency),
        stock=stock_words(product, turn),
        details=details(product, turn),
    )


def details(product: Product, turn: Turn) -> str:
    """The attributes of a product in a row."""
    zh = turn.language == "zh"
    keys = [key for key in catalogue.keys_of(product) if key != "restock_days"]
    parts = [
        f"{word(k, language=turn.language)}{'：' if zh else ': '}{said(product.attributes[k], turn)}"
        for k in keys
    ]
    text = "；".join(parts) + "。" if zh else "; ".join(parts) + "."
    return text[0].upper() + text[1:] if parts else ""


def product_buttons(
    products: Sequence[Product], turn: Turn, *, intent: str | None = None
) -> Sequence[tuple[str, str]]:
    """A button for each product, repeating the question about it (or with ``intent``)."""
    asked = turn.intent if turn.intent.startswith(("ask_", "compare")) else "ask_product"
    return [
        (p.name(turn.language), f'/{intent or asked}{{"product": "{p.product_id}"}}') for p in products[:6]
    ]


def priced(products: Sequence[Product], turn: Turn) -> str:
    """Products with their prices in a sentence."""
    opening, closing = ("（", "）") if turn.language == "zh" else (" (", ")")
    return listed(
        [f"{p.name(turn.language)}{opening}{money(Money(p.price, p.currency))}{closing}" for p in products],
        language=turn.language,
    )


def rows(products: Sequence[Product], turn: Turn) -> str:
    """Products as a numbered list with price and stock."""
    dash, stop = ("，", "，") if turn.language == "zh" else (" — ", ". ")
    return bullets(
        [
            f"{p.name(turn.language)}{dash}{money(Money(p.price, p.currency))}{stop}{stock_words(p, turn)}"
            for p in products[:8]
        ]
    )
