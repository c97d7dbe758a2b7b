"""Two tasks in one message: where each is said, and what is no second task although it sounds like one.

A clause counts where it begins with what is to be done ("…, and change the address"), or in Chinese where it
says so of a thing (鼠标换成白色); questions, conditions, what is denied and what is over do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

LONGEST = 300  # characters: what is longer is a story
# where a clause ends and another may begin
_JOINT = re.compile(
    r"\s*[,;.!，。；！、\n]+\s*(?:(?:and|then|also|plus|after that|afterwards|next)\b[\s,]*)*"
    r"|\s+(?:(?:and|then|also|plus|after that|afterwards)\b[\s,]*)+"
    r"|(?:然后|接着|顺便|同时|另外|并且|还有|以及|再(?!次)|并(?!非))(?=\S)",
    re.IGNORECASE,
)
# a choice, a condition, a question, a doubt: nobody asked for two things
_OPEN = re.compile(
    r"[?？]|\b(?:or|if|unless|otherwise|else|instead|rather|whether|but|when|how|why|what|because|since|so)\b"
    r"|或者|还是|否则|不然|如果|要是|万一|不行|怎么|如何|为什么|什么|多久|多少|吗|呢|但|而是|能不能|可不可以|可以|能否|是否|因为|所以",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:don'?t|do not|not|never|no|cannot|can'?t|won'?t)\b|不|别(?!的)|没|算了", re.IGNORECASE
)
_LEAD = (
    r"(?:(?:please|pls|plz|kindly|can|could|would|you|i|we|i'?d|id|like|want|wanna|need|have|let'?s|just|help|me"
    r"|to|go|ahead|first(?:ly)?|second(?:ly)?|next|now|also|then|and|hi|hello|hey|us|it)\W+)*"
)
_GOODS = r"(?:the|my|that|this|those|these|both|one of the|one of my|a|an|order|item|\d+|[A-Z]{2}\d+)\b"
# what is asked for, the more particular first
_EN: Mapping[str, str] = {
    "renewal_form": r"(?:stop|turn off|switch off|disable|cancel|end)\b.{0,30}?\b(?:renew\w*|auto-?renew\w*)",
    "address_form": r"(?:change|update|correct|edit|fix|modify)\b.{0,40}?\baddress"
    rf"|(?:send|ship|deliver|redirect) {_GOODS}.{{0,30}}? to (?:a|another|my|the) (?:new|different|other)",
    "invoice_form": r"(?:send|give|get|mail|issue|need|want|request|make|an?|the)\b.{0,20}?\binvoice|invoice",
    "cancel_form": rf"(?:cancel|call off) {_GOODS}",
    "exchange_form": rf"(?:exchange|swap|replace) {_GOODS}|change {_GOODS}.{{0,30}}? (?:to|for|into) ",
    "warranty_form": rf"(?:repair|mend) {_GOODS}",
    "return_form": rf"(?:return|refund) {_GOODS}|(?:send|give) {_GOODS}.{{0,30}}? back|send back {_GOODS}",
}
_ZH: Mapping[str, str] = {
    "renewal_form": r"(?:停|关|取消).{0,10}?(?:续费|续订)",
    "address_form": r"(?:改|换|变更).{0,24}?地址|(?<!寄回)(?<!退货)地址.{0,12}?(?:改|换|变更)|改寄",
    "invoice_form": r"(?:开|要|补|申请).{0,14}?发票|发票.{0,6}?(?:开|补)",
    "cancel_form": r"取消",
    "exchange_form": r"换(?:成|货|一|个|为|掉)|换(?=\S)",
    "warranty_form": r"(?:送|报|维)修|修一",
    "return_form": r"退(?:货|款|掉|回|钱|一)|退(?=\S)|退$",
}
_BEGINS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {form: re.compile(rf"{_LEAD}(?P<verb>{words})", re.IGNORECASE) for form, words in _EN.items()}
)
_HOLDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {form: re.compile(rf"(?P<verb>{words})") for form, words in _ZH.items()}
)
# these may be one wish said twice ("cancel it and refund me"), unless each names a thing of its own
_RELATED = frozenset({"cancel_form", "return_form", "exchange_form", "warranty_form", "renewal_form"})
_PAID = re.compile(r"refund|money|退款|钱", re.IGNORECASE)
# words of a clause that name no thing
_FILLING = re.compile(
    r"\b(?:the|my|a|an|that|this|those|these|it|them|one|ones|of|for|to|with|in|on|from|me|please|order|orders|item|items"
    r"|money|back|refund|new|another|different|and|then|also|first|i|want|would|like|need|can|could|you|number"
    r"|cancel|return|send|give|exchange|swap|replace|change|repair|mend|stop|turn|off|renewal|because|too|now"
    r"|purchase|product|thing|things|stuff|full|amount|card|account|asap)\b"
    r"|取消|退货|退款|退掉|退钱|退回|退|换货|换成|换掉|换|维修|送修|报修|停止|续费|订单|商品|东西|货|钱|款|帮|我|要|想|请|麻烦"
    r"|先|再|把|将|给|的|了|掉|一下|个|件|那|这|它|吧|也|都|还|成|为|旧|去|来|全部|全|重新|新|另|一|号|买|谢谢|您|你|好|单",
    re.IGNORECASE,
)
# told of the past ("换公司了"), not wished for ("退了吧", "把耳机退了")
_DATA = re.compile(r"\s*(?:抬头|公司|名称|税号|地址是)|\s*(?:company|tax)\b", re.IGNORECASE)  # of an invoice
_OVER = re.compile(r"^.{1,2}过|^(?!.*吧).{2,}了$")


@dataclass(frozen=True)
class Clause:
    """A part of a message, ``[start, end)``, that asks for the task of one form."""

    form: str
    start: int
    end: int
    text: str
    verb: str


def two_tasks(text: str) -> tuple[Clause, Clause] | None:
    """The two parts of a message that ask for two different tasks; None for one task, or more than two.

    ``text`` has Simplified characters.

    >>> [clause.text for clause in two_tasks("cancel KF10000001 and change the address of KF10000002")]
    ['cancel KF10000001', 'change the address of KF10000002']
    >>> two_tasks("cancel KF10000001 and refund the money") is None
    True
    """
    if len(text) > LONGEST or _OPEN.search(text):
        return None
    found = list(_merged(text))
    if len(found) != 2 or any(_DENIED.search(clause.text) for clause in found):
        return None
    first, second = found
    return (first, second) if _apart(first, second) else None


def _merged(text: str) -> Iterator[Clause]:
    """The clauses that ask for something, with what follows each and asks for nothing."""
    open_: Clause | None = None
    for start, end in _pieces(text):
        form, verb = _asked(text[start:end])
        if form is None or (open_ is not None and form == open_.form):
            if open_ is not None:
                open_ = Clause(open_.form, open_.start, end, text[open_.start : end], open_.verb)
            continue
        if open_ is not None:
            yield open_
        open_ = Clause(form, start, end, text[start:end], verb)
    if open_ is not None:
        yield open_


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for joint in _JOINT.finditer(text):
        if text[at : joint.start()].strip():
            yield at, joint.start()
        at = joint.end()
    if text[at:].strip():
        yield at, len(text)


def _asked(piece: str) -> tuple[str | None, str]:
    """The form whose task a piece asks for, and the words by which it does."""
    if _DATA.match(piece):
        return None, ""
    for form, words in _BEGINS.items():
        if found := words.match(piece):
            return form, found["verb"]
    for form, words in _HOLDS.items():
        found = words.search(piece)
        if found and not _OVER.search(piece[found.start() :]):
            return form, found["verb"]
    return None, ""


def _apart(first: Clause, second: Clause) -> bool:
    """Whether two clauses are two wishes: of different kinds, or about things that differ."""
    if first.form not in _RELATED or second.form not in _RELATED:
        return True
    if _PAID.search(second.text) and not re.search(r"\d{4}", second.text):
        return False  # the money of the first
    here, there = _things(first.text), _things(second.text)
    return bool(here and there and not here & there)


def _things(text: str) -> set[str]:
    return set(re.findall(r"\w+", _FILLING.sub(" ", text.lower())))
