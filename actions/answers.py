"""Reading the plain answers of a form: numbers, reasons, addresses, invoice data."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from actions.cues import cue, is_discomfort
from actions.turn import Turn
from kefu.shop.operation import pieces_said
from kefu.shop.records import Address, Order, OrderLine

REASONS = ("damaged", "wrong", "missing", "unwanted", "later_fault")


# What people say where the entity extractor found no reason; the first that matches counts.
CUES = {
    "later_fault": cue(r"after .{0,20}(month|year|week)s?\b", r"用了.{0,8}(坏|不行|不亮|不响|没反应)"),
    "wrong": cue(
        r"(?<!went )(?<!goes )(?<!gone )(?<!is )\bwrong (?!with\b|about\b|and\b)\w+|not what i ordered",
        r"发错|寄错|错发|送错",
    ),
    "missing": cue(r"missing|incomplete", r"少件|少了|缺件|漏发|少发"),
    "damaged": cue(
        r"(?<!not )(?<!n.t )broke|damag|defect|fault|crack|scratch|smash|no sound|not work|n.?t work"
        r"|\bdead\b|on arrival|out of the box",
        r"(?<!没)(?<!不)坏|破|碎|裂|刮花|瑕疵|没声音|没反应|不响|不亮|开不了机|漏水|漏液",
    ),
    "unwanted": cue(
        r"(do(es)?n.?t|no longer|not|never) (really )?(want|like|need|fit|suit)"
        r"|chang\w+ my mind|too (big|small|loud|heavy)",
        r"不想要|不要了|不喜欢|不需要|不合适|买错|后悔|改主意|太[重大小吵长短硬紧松]",
    ),
}
# a fault that was there when the goods came is no later one, whatever the sentence sounds like
ARRIVED_SO = cue(
    r"(?:when|as|since) (?:it|they|i) (?:came|come|arrived|got (?:it|them|here)|opened|unpacked)"
    r"|on arrival|out of the box|from (?:the (?:very )?(?:start|beginning)|day one)|never worked",
    r"(?:收到|到手|到货|拆开|打开|签收|买来|寄来|送来)(?:的?时候?|嗰陣|那天)?(?:已经|已經)?就(?!想|要|退|换|換)"
    r"|一(?:开|開)始就|收到嗰陣|从来没(?:好|响|亮)过",
)
RATHER = cue(r"\b(?:than|instead of|rather than|not) (?:the|my)\b", r"不要|不想要|而不是|别的颜色")
# "just one", "one of them", 只退一个: pieces, whatever else the sentence counts
COUNTED = re.compile(
    r"\b(?:just|only)(?: the)? (one|two|three|four|\d+)\b(?! (?:that|which|from|in)\b)"
    r"|\b(one|two|three|four|\d+) of (?:the|them|these|those|my)\b"
    r"|(?:只|就|其中).{0,3}?([一二两兩三四\d])[个個件只台盏本瓶]",
    re.IGNORECASE,
)
NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4",
           "一": "1", "二": "2", "两": "2", "兩": "2", "三": "3", "四": "4"}  # fmt: skip
MOST = 99  # pieces that a number can mean before the line is known
COMPANY = re.compile(r"compan|business|corporate|\bltd\b|\binc\b|公司|企业|单位", re.IGNORECASE)
PERSONAL = re.compile(r"personal|private|individual|myself|个人|私人", re.IGNORECASE)
TAX = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*\d)[A-Za-z0-9-]{6,20}(?![A-Za-z0-9])")
# what stands before an address in a sentence, what may follow it, and what no address holds
ADDRESS_BEGINS = re.compile(
    r"\b(?:to|is|make it)\b|address:|改成|改到|改为|改寄到|改寄|寄到|送到|换成|换到|地址是|地址[:：]",
    re.IGNORECASE,
)
ADDRESS_ENDS = re.compile(
    r"[\s,，。.!！]*(?:\b(?:please|instead|thanks|thank you)|谢谢|吧|可以吗|行吗)[\s。.!！?？]*$",
    re.IGNORECASE,
)
NO_ADDRESS = re.compile(r"\b(?:address|order|change|parcel|deliver\w*)\b|地址|订单|改", re.IGNORECASE)
POSTCODE = re.compile(r"\b(\d{5,6}|[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b")


def read_answers(
    turn: Turn, order: Order | None, line: OrderLine | None, requested: str | None
) -> dict[str, Any]:
    """The slots that this message fills beside the purchase itself; wrong values are told and emptied."""
    filled: dict[str, Any] = {}
    filled |= _quantity(turn, line, requested)
    filled |= _reason(turn)
    filled |= _address(turn, order, requested)
    filled |= _invoice(turn, requested)
    if requested == "variant" and turn.value("variant"):  # whatever else "green then" may sound like
        filled["variant"] = turn.value("variant")
    return filled


def wanted_variant(turn: Turn, line: OrderLine | None) -> dict[str, Any]:
    """The variant wished for, where the words name what the customer has beside it ("rather than white")."""
    said = {str(entity["value"]).casefold() for entity in turn.entities("variant")}
    own = (line.variant or "").casefold() if line else ""
    if own not in said:
        return {}
    others = said - {own}
    if len(others) == 1:
        return {"variant": others.pop()}
    denied = not others and RATHER.search(turn.plain)
    return {"variant": None} if denied else {}


def _quantity(turn: Turn, line: OrderLine | None, requested: str | None) -> dict[str, Any]:
    said, kept = said_quantity(turn, requested), turn.slot("quantity")
    if said is None or line is None:
        number, most = pieces_said(said or kept), line.quantity if line else MOST
        return {"quantity": number if number is not None and 1 <= number <= most else None}
    if said == "all":
        return {"quantity": line.quantity}
    number = pieces_said(said)
    if number is None or not 1 <= number <= line.quantity:
        turn.say("quantity_invalid", quantity=line.quantity)
        return {"quantity": None}
    return {"quantity": number}


def said_quantity(turn: Turn, requested: str | None = None) -> str | None:
    """How many pieces a message names: digits, ``all``, or None."""
    counted = COUNTED.search(turn.plain)
    word = next((group for group in counted.groups() if group), "").lower() if counted else ""
    said = NUMBERS.get(word, word) or turn.value("quantity") or _bare_number(turn.text, requested)
    return said or ("all" if turn.mention().ordinal == "all" else None)


def _bare_number(text: str, requested: str | None) -> str | None:
    if requested != "quantity":
        return None
    found = re.search(r"\d+", text)
    return found.group() if found else None


def _reason(turn: Turn) -> dict[str, Any]:
    """A reason said anywhere counts, and is never asked again."""
    said = said_reason(turn)
    if said is None and turn.intent == "report_damage" and not turn.slot("reason"):
        said = "damaged"
    if said is None and turn.slot("reason") not in REASONS:
        return {"reason": None}  # the extractor may have filled it with a word that is no reason
    return {"reason": said} if said else {}


def said_reason(turn: Turn) -> str | None:
    """The reason that a message gives: the entity, else what its words point at."""
    entity = turn.value("reason")
    known = entity if entity in REASONS else None
    if known in (None, "later_fault") and ARRIVED_SO.search(turn.plain):
        return "damaged"
    cued = next((reason for reason, words in CUES.items() if words.search(turn.plain)), None)
    return known or cued or ("unwanted" if is_discomfort(turn.plain) else None)


def _address(turn: Turn, order: Order | None, requested: str | None) -> dict[str, Any]:
    typed = turn.slot("address")
    text = bare_address(typed) if isinstance(typed, str) else _address_in_sentence(turn)
    if text is None:
        return {}
    if order is None or order.address is None or not looks_like_address(text):
        if requested == "address":
            turn.say("address_invalid")
        return {"address": None}
    return {"address": asdict(parse_address(text, order.address, country=turn.value("country")))}


def _address_in_sentence(turn: Turn) -> str | None:
    if turn.intent == "change_address":
        return address_within(turn.text)
    begun_by_it = turn.tracker.active_loop_name == "address_form" and turn.slot("requested_slot") is None
    text = bare_address(turn.text)
    return text if begun_by_it and turn.intent in ("inform", "correct") and looks_like_address(text) else None


def bare_address(text: str) -> str:
    """The answer to "which address?" without the words around it ("change it to …", 改成…)."""
    begin = ADDRESS_BEGINS.search(text)
    # behind a number stands the address itself, whatever its words ("Flat 3, next to 5 Elm Street")
    opens = begin is not None and not re.search(r"\d", text[: begin.start()])
    rest = text[begin.end() :] if begin is not None and opens else text
    return ADDRESS_ENDS.sub("", rest.strip(" :：，,"))


def address_within(text: str) -> str | None:
    """The address in a sentence such as "send it to 5 Elm Street, Boston 02108 please"."""
    places = (text[begin.end() :].strip(" :：，,") for begin in ADDRESS_BEGINS.finditer(text))
    found = (ADDRESS_ENDS.sub("", place) for place in places)
    return next((a for a in found if looks_like_address(a) and not NO_ADDRESS.search(a)), None)


def looks_like_address(text: str) -> bool:
    """Whether a text may be a full address: a number and enough words, or enough Chinese characters."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    words = len(re.findall(r"[^\W\d_]{2,}", text))
    return bool(re.search(r"\d", text)) and (chinese >= 5 or words >= 2)


def parse_address(text: str, old: Address, *, country: str | None = None) -> Address:
    """The new address; name and phone stay, and so does the country where no other ISO code is given."""
    postcode = POSTCODE.search(text.upper())
    street = text
    if postcode:
        start, end = postcode.span()
        street = (text[:start] + text[end:]).strip(" ,，.。;；")
    return Address(
        old.name,
        old.phone,
        re.sub(r"\s+", " ", street).strip(),
        postcode.group() if postcode else "",
        country if country and re.fullmatch("[A-Z]{2}", country) else old.country,
    )


def _invoice(turn: Turn, requested: str | None) -> dict[str, Any]:
    if turn.tracker.active_loop_name != "invoice_form" and turn.intent != "invoice_request":
        return {}
    filled: dict[str, Any] = {}
    if requested != "company":
        filled |= invoice_kind(turn.plain, requested)
    if requested == "tax_number" or turn.intent == "invoice_request":
        filled |= _tax_number(turn, requested)
    return filled


def invoice_kind(text: str, requested: str | None = None) -> dict[str, Any]:
    """The kind of invoice that a text asks for; an answer that names none empties the slot."""
    if COMPANY.search(text):
        return {"invoice_kind": "company"}
    if PERSONAL.search(text):
        return {"invoice_kind": "personal"}
    return {"invoice_kind": None} if requested == "invoice_kind" else {}


def _tax_number(turn: Turn, requested: str | None) -> dict[str, Any]:
    numbers = {str(entity["value"]) for entity in turn.entities("order_number")}
    found = next((m.group() for m in TAX.finditer(turn.text) if m.group().upper() not in numbers), None)
    if found is None and requested == "tax_number":
        turn.say("tax_invalid")
    return {"tax_number": found} if found or requested == "tax_number" else {}
