"""What a message asks: its parts, and whether it only makes sense behind the question before it.

Cutting is generous where a mark or a word says that another question begins. Whether the cut
holds is decided by what the passages say to each part (kefu/knowledge/asking.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH = 0.5  # calibrated probability from which a passage is given as the answer
NEAR = 0.05  # below it a passage is not even near the question
MOST = 3  # parts of a message that are answered
LONGEST = 400  # characters that are looked at; what is longer is a story, and is searched as a whole
FEW = 7  # English words that a follow-up may have

_ASKS = (
    r"do|does|did|can|could|how|what|where|when|which|who|whose|why|is|are|was|were|will|would|should|may|must|am|have|has|"
    r"what's|whats|how's|where's|who's|when's"
)
_ASKS_ZH = (
    r"吗|嗎|呢|多久|多少|几|幾|多长|多長|多快|怎么|怎麼|怎样|如何|什么|什麼|啥|哪|谁|誰|(.)不\1|能否|可不可以|是否|"
    r"有没有|有沒有|支不支持|[不没么麼][?？。]*$"
)
_QUESTION = re.compile(
    rf"[?？]|^\W*(?:(?:and|also|so|but|please|hi|hello|hey)\W+)*(?:{_ASKS})\b"
    rf"|\b(?:how|what|where|when|which|who|why)\b|{_ASKS_ZH}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[?？!！。；;])\s*|(?<=[.])\s+(?=[A-Z])|\n+")
# another question begins: "and how …", "also, can …"; Visa and Mastercard stay together
_JOINT = re.compile(
    rf"\s*[,;]?\s*\b(?:and|also|plus|but|then)\b(?:\s+(?:also|then))?[,:]?\s+(?=(?:{_ASKS})\b)", re.IGNORECASE
)
_JOINT_ZH = re.compile(
    r"[，,、\s]*(?:还有一个问题|还有|還有|另外|以及|顺便(?:问一下|问下|问|想问)?|順便(?:問一下|問)?|再问一下|再问|"
    r"还想(?:问|知道)|還想問|同时|同時|并且|而且)(?:就是|请问)?[，,：:\s]*"
)
_AND_ZH = re.compile(r"(?:和|跟|与|及)(?=多久|多少|怎么|如何|哪|能不能|能否|是否|可不可以|有没有|几)")
_COMMA_ZH = re.compile(r"[，,]\s*")
_OWN = re.compile(
    r"\bmy (?:own )?(?:order|parcel|package|delivery|refund|return|invoice|ticket|money|shipment)s?\b"
    r"|(?<![A-Za-z0-9])[A-Za-z]{2}-?\d{6,}(?![A-Za-z0-9])"
    r"|我(?:的|那个|这个|那笔|这笔|那)?(?:订单|訂單|快递|快遞|包裹|退款|退货|退貨|发票|發票|工单|钱|錢)",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"\b(?:it|they|them|that|those)\b|它|那样|这样|^\W*[a-z]+(?: [a-z]+)?\W*$|^\W*[\u4e00-\u9fff]{1,3}\W*$",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"^\W*(?:(?:and|or|but|so|ok|okay|then)\W+)*"
    r"(?:(?:what|how)(?:'s| is)? about|what if it(?:'s| is)|same (?:for|with)"
    r"|(?:is (?:it|that|this)|does (?:it|that)|do (?:those|they)) "
    r"(?:also |the same |go |apply |true |hold |work )*(?:for|to|with)"
    r"|(?:and )?(?:for|to|from|in|with|on|by|into|via)|and|or)\b\W*(?P<new>[^?？]+?)"
    r"(?: (?:too|as well|then|though|also|the same|instead))*\s*[?？!.]*$",
    re.IGNORECASE,
)
_FOLLOWS_ZH = re.compile(
    r"^(?:(?:对了|那么?|那麼|还有|還有|换成|換成|如果是|要是|若是|对于?|對於?)[，,\s]*)*"
    r"(?P<new>[^，。？?！!]{1,14}?)(?:呢|的呢|也一样吗|也一樣嗎|也是吗|也是嗎|也是这样吗|也是這樣嗎|一样吗|一樣嗎|也行吗|也可以吗|也适用吗)"
    r"\s*[?？。!！]*$"
)
_LEADS_ZH = re.compile(r"^(?:那么?|那麼|还有|還有|换成|換成|如果是|要是|若是|对于?|對於?)[，,\s]*")
_STRUCTURE_ZH = re.compile(r"怎么|怎麼|多久|多少|几|什么|什麼|哪|为什么|能不能|我")
# nothing new: "and you?", 然后呢
_EMPTY = re.compile(
    r"(?:and )?(?:thanks?(?: you)?|then|you|me|us|it|that|this|now|sure|yes|no|all|more|else|so)"
    r"|[你您我他她它]|然后|后来|现在|这个|那个|之后|接下来|人",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WHOLE = re.compile(rf"^(?:{_ASKS}|i|you|we|it|please)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One part of a message; ``asks``: it is a question, not a statement or a request."""

    text: str
    asks: bool


def parts(text: str) -> list[Part]:
    """The parts of a message, three at most; one, where it is one question.

    What is no question belongs to the question behind it, unless a word says that something else begins.

    >>> [part.text for part in parts("How long do refunds take and do you ship to Spain?")]
    ['How long do refunds take', 'do you ship to Spain?']
    >>> [part.text for part in parts("退款多久到账，还有能寄到西班牙吗")]
    ['退款多久到账', '能寄到西班牙吗']
    >>> len(parts("Do you take Visa and Mastercard?")), len(parts("Can I return and get my money back"))
    (1, 1)
    """
    whole = text.strip()
    if not whole or len(whole) > LONGEST:
        return [Part(whole, asks(whole))]
    found = list(_gathered(whole))
    return found if 1 < len(found) <= MOST else [Part(whole, asks(whole))]


def asks(text: str) -> bool:
    """Whether a piece of text is put as a question."""
    return bool(_QUESTION.search(text))


def own(text: str) -> bool:
    """Whether a text speaks of the customer's own order, parcel or refund: a task, not a rule."""
    return bool(_OWN.search(text))


def leans(text: str) -> bool:
    """Whether a question speaks of a thing that was named before it ("how long does it take?")."""
    return bool(_LEANS.search(text))


def follow_up(text: str) -> str | None:
    """What is new in a message that needs the question before it; None for one that stands alone.

    >>> follow_up("and for e-books?"), follow_up("那电子书呢"), follow_up("and how much is shipping?")
    ('e-books', '电子书', None)
    """
    line = text.strip()
    if own(line) or "\n" in line:
        return None
    han = _FOLLOWS_ZH.match(line)
    if han and _HAN.search(line):
        new = _LEADS_ZH.sub("", han["new"]).strip()
        return new if new and not _STRUCTURE_ZH.search(new) and not _EMPTY.fullmatch(new) else None
    latin = _FOLLOWS.match(line)
    new = latin["new"].strip(" ,'\"") if latin else ""
    if not new or len(new.split()) > FEW or _WHOLE.match(new) or _EMPTY.fullmatch(new):
        return None
    return new


def _gathered(text: str) -> Iterator[Part]:
    """Pieces put together again where one is no question of its own."""
    waiting: list[str] = []
    for sentence in (piece for piece in _SENTENCE.split(text) if piece and piece.strip()):
        for place, piece in enumerate(_pieces(sentence)):
            begins_anew = place > 0 and piece.apart
            if waiting and begins_anew:
                yield Part(_joined(waiting), asks=False)
                waiting = []
            waiting.append(piece.text)
            if asks(piece.text):
                yield Part(_joined(waiting), asks=True)
                waiting = []
    if waiting:
        yield Part(_joined(waiting), asks=False)


@dataclass(frozen=True)
class _Piece:
    text: str
    apart: bool  # a word such as "and how", 另外 says that something else begins here


def _pieces(sentence: str) -> Iterator[_Piece]:
    """A sentence cut at its joints; commas cut Chinese where both sides ask."""
    apart = False
    for joined in _JOINT.split(sentence):
        for place, clause in enumerate(_JOINT_ZH.split(joined)):
            apart = apart or place > 0
            for said in _halves(clause):
                if said.strip(" ,，。.!！?？;；"):
                    yield _Piece(said.strip(), apart)
                    apart = False
        apart = True


def _halves(clause: str) -> list[str]:
    """Chinese clauses between commas, where more than one asks; else the whole."""
    for cut in (_COMMA_ZH, _AND_ZH):
        pieces = [piece for piece in cut.split(clause) if piece.strip()]
        if _HAN.search(clause) and sum(map(asks, pieces)) > 1:
            return pieces
    return [clause]


def _joined(pieces: list[str]) -> str:
    """Pieces as one text again."""
    text = pieces[0]
    for piece in pieces[1:]:
        mark = "" if text[-1] in ",，.。!！;；?？" else "，" if _HAN.search(text) else ","
        text += mark + ("" if _HAN.search(text[-2:]) else " ") + piece
    return text
