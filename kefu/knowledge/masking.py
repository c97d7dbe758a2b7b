"""Personal data taken out of what people wrote, for whoever else gets to read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@,，。;；:：<>()（）]+@[^\s@,，。;；<>()（）]+\.[^\s@,，。;；<>()（）]+")
_CARD = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])")
_PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+|00)?\(?\d{1,4}\)?(?:[ .-]?\(?\d{2,4}\)?){2,5}(?![\dA-Za-z])")
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d)"
                   r"[A-Za-z]{1,4}-?[A-Za-z0-9]{5,20}(?![A-Za-z0-9])")  # fmt: skip
_LONG = re.compile(r"(?<![\d.,])\d{6,}(?![\d.,]\d)")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
_LEAST_PHONE, _MOST_PHONE = 7, 15  # digits; the longest of ITU-T E.164
_DIGIT_WORDS = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
# what the patterns above do not see: spoken, spaced, named
_SAID: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+\s*(?:\(at\)|\[at\]|艾特|\bat\b)\s*[\w-]+\s*(?:\.|点|\bdot\b)\s*[a-z]{2,}",
                         re.IGNORECASE)),
    # "on 2026-11-22" is a day
    ("order", re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2,3}[-\s]?(?!\d{4}[-/.]\d{1,2}[-/.])\d(?:[\s-]?\d){4,}"
                         r"(?![A-Za-z0-9])")),
    ("number", re.compile(r"[零〇一二三四五六七八九幺两]{5,}")),
    ("number", re.compile(rf"\b{_DIGIT_WORDS}(?:[\s,-]+{_DIGIT_WORDS}){{4,}}\b", re.IGNORECASE)),
    ("code", re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z-]*\d)(?=\d*[A-Za-z])[A-Za-z0-9-]{6,}(?![A-Za-z0-9])")),
    ("name", re.compile(r"(?<=\bmy name is )\S+(?: [A-Z]\S+)*|(?<=\bI am called )\S+", re.IGNORECASE)),
    ("name", re.compile(r"(?<=我叫)[^\s，。,.！!？?]{1,6}|(?<=我的名字是)[^\s，。,.！!？?]{1,6}")),
)  # fmt: skip


def masked(text: str, *, spans: Iterable[tuple[int, int]] = ()) -> str:
    """``text`` with ``[email]``, ``[card]``, ``[order]``, ``[phone]``, ``[number]`` … for what was there.

    ``spans`` are further places [start, end) of the text that are the customer's own.

    >>> masked("KF10000042: write to ann@x.org or call +44 20 7946 0958, card 4111 1111 1111 1111")
    '[order]: write to [email] or call [phone], card [card]'
    """
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}[private]{text[end:]}"
    text = _LINK.sub("[link]", unicodedata.normalize("NFKC", text))
    text = _EMAIL.sub("[email]", text)
    text = _CARD.sub(lambda found: "[card]" if _is_card(found.group()) else "[number]", text)
    text = _CODE.sub("[order]", text)
    text = _PHONE.sub(lambda found: "[phone]" if _is_phone(found.group()) else found.group(), text)
    text = _LONG.sub("[number]", text)
    for kind, pattern in _SAID:
        text = pattern.sub(f"[{kind}]", text)
    return text


def _is_card(text: str) -> bool:
    """Whether the digits have the check sum of a card (Luhn)."""
    digits = [int(c) for c in text if c.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_phone(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return _LEAST_PHONE <= digits <= _MOST_PHONE and not _DATE.fullmatch(text.strip())
