"""Reading the plain answers of a form: numbers, reasons, addresses, invoice data."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from actions.turn import Turn
from kefu.shop.records import Address, Order

REASONS = ("damaged", "wrong", "missing", "unwanted", "later_fault")


def _cue(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(f"{english}|{chinese}", re.IGNORECASE)


# What people say where the entity extractor found no reason; the first that matches counts.
CUES = {
    "later_fault": _cue(r"after .{0,20}(month|year|week)s?\b", r"用了.{0,8}(坏|不行|不亮|不响|没反应)"),
    "wrong": _cue(r"wrong (item|one|colou?r|product|size|order)|not what i ordered", r"发错|寄错|错发|送错"),
    "missing": _cue(r"missing|incomplete", r"少件|少了|缺件|漏发|少发"),
    "damaged": _cue(r"broke|damag|defect|fault|crack|scratch|smash", r"坏|破|碎|裂|刮花|瑕疵"),
    "unwanted": _cue(
        r"(do(es)?n.?t|no longer|not|never) (really )?(want|like|need|fit|suit)"
        r"|chang\w+ my mind|too (big|small|loud|heavy)",
        r"不想要|不要了|不喜欢|不需要|不合适|买错|后悔|改主意",
    ),
}
COMPANY = re.compile(r"compan|business|corporate|\bltd\b|\binc\b|公司|企业|单位", re.IGNORECASE)
PERSONAL = re.compile(r"personal|private|individual|myself|个人|私人", re.IGNORECASE)
TAX = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*\d)[A-Za-z0-9-]{6,20}(?![A-Za-z0-9])")
NEW_ADDRESS = re.compile(
    r"(?:\bto\b|改成|改到|改为|改寄到|改寄|寄到|送到|换成)[:：]?\s*(.{8,})$", re.IGNORECASE | re.DOTALL
)
POSTCODE = re.compile(r"\b(\d{5,6}|[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b")


def read_answers(turn: Turn, order: Order | None, requested: str | None) -> dict[str, Any]:
    """The slots that this message fills beside the purchase itself; wrong values are told and emptied."""
    filled: dict[str, Any] = {}
    filled |= _quantity(turn, order, requested)
    filled |= _reason(turn)
    filled |= _address(turn, order, requested)
    filled |= _invoice(turn, requested)
    return filled


def _quantity(turn: Turn, order: Order | None, requested: str | None) -> dict[str, Any]:
    said = turn.value("quantity") or _bare_number(turn.text, requested)
    if said is None or order is None:
        return {}
    most = max(line.quantity for line in order.lines)
    if not said.isdigit() or not 1 <= int(said) <= most:
        turn.say("quantity_invalid", quantity=most)
        return {"quantity": None}
    return {"quantity": int(said)}


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
    return {"reason": said} if said in REASONS else {}


def said_reason(turn: Turn) -> str | None:
    """The reason that a message gives: the entity, else what its words point at."""
    entity = turn.value("reason")
    return entity or next((reason for reason, words in CUES.items() if words.search(turn.text)), None)


def _address(turn: Turn, order: Order | None, requested: str | None) -> dict[str, Any]:
    typed = turn.slot("address")
    text = typed if isinstance(typed, str) else _address_in_sentence(turn)
    if text is None:
        return {}
    if order is None or order.address is None or not looks_like_address(text):
        if requested == "address":
            turn.say("address_invalid")
        return {"address": None}
    return {"address": asdict(parse_address(text, order.address))}


def _address_in_sentence(turn: Turn) -> str | None:
    if turn.intent != "change_address":
        return None
    found = NEW_ADDRESS.search(turn.text)
    return found.group(1) if found and looks_like_address(found.group(1)) else None


def looks_like_address(text: str) -> bool:
    """Whether a text may be a full address: a number and enough words, or enough Chinese characters."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    words = len(re.findall(r"[^\W\d_]{2,}", text))
    return bool(re.search(r"\d", text)) and (chinese >= 5 or words >= 2)


def parse_address(text: str, old: Address) -> Address:
    """The new address; name and phone stay, the country too (another one is a matter of shipping)."""
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
        old.country,
    )


def _invoice(turn: Turn, requested: str | None) -> dict[str, Any]:
    if turn.tracker.active_loop_name != "invoice_form" and turn.intent != "invoice_request":
        return {}
    filled: dict[str, Any] = {}
    if requested != "company":
        filled |= _invoice_kind(turn.text, requested)
    if requested == "tax_number" or turn.intent == "invoice_request":
        filled |= _tax_number(turn, requested)
    return filled


def _invoice_kind(text: str, requested: str | None) -> dict[str, Any]:
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
