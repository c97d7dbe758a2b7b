"""What a customer typed, without what is theirs alone: for whoever outside gets to read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_DIGIT_WORDS = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
# in this order: what is surer of its kind takes its place first
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("link", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("email", re.compile(r"[^\s@,，。;；:：<>()（）]+@[^\s@,，。;；<>()（）]+\.[^\s@,，。;；<>()（）]+")),
    ("email", re.compile(r"[\w.+-]+\s*(?:\(at\)|\[at\]|艾特|\bat\b)\s*[\w-]+\s*(?:\.|点|\bdot\b)\s*[a-z]{2,}",
                         re.IGNORECASE)),
    ("order", re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2,3}[-\s]?\d(?:[\s-]?\d){4,}(?![A-Za-z0-9])")),
    ("number", re.compile(r"\+?\(?\d(?:[\s().-]{0,2}\d){4,}")),
    ("number", re.compile(r"[零〇一二三四五六七八九幺两]{5,}")),
    ("number", re.compile(rf"\b{_DIGIT_WORDS}(?:[\s,-]+{_DIGIT_WORDS}){{4,}}\b", re.IGNORECASE)),
    ("code", re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z-]*\d)(?=\d*[A-Za-z])[A-Za-z0-9-]{6,}(?![A-Za-z0-9])")),
    ("name", re.compile(r"(?<=\bmy name is )\S+(?: [A-Z]\S+)*|(?<=\bI am called )\S+", re.IGNORECASE)),
    ("name", re.compile(r"(?<=我叫)[^\s，。,.！!？?]{1,6}|(?<=我的名字是)[^\s，。,.！!？?]{1,6}")),
)  # fmt: skip


def masked(text: str, *, spans: Iterable[tuple[int, int]] = ()) -> str:
    """``text`` with e-mails, phones, cards, order numbers, codes, links and names as ``[kind]``.

    ``spans`` are further places [start, end) of the text that are the customer's own.

    >>> masked("I am ann@example.com, order KF10000001, card 4242 4242 4242 4242")
    'I am [email], order [order], card [number]'
    """
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}[private]{text[end:]}"
    plain = unicodedata.normalize("NFKC", text)
    for kind, pattern in _KINDS:
        plain = pattern.sub(f"[{kind}]", plain)
    return plain
