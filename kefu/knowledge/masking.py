"""Personal data taken out of what people wrote."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CARD = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])")
_PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+|00)?\(?\d{1,4}\)?(?:[ .-]?\(?\d{2,4}\)?){2,5}(?![\dA-Za-z])")
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d[A-Za-z0-9-]*\d)"
                   r"[A-Za-z]{1,4}-?[A-Za-z0-9]{5,20}(?![A-Za-z0-9])")  # fmt: skip
_LONG = re.compile(r"(?<![\d.,])\d{6,}(?![\d.,]\d)")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
_LEAST_PHONE, _MOST_PHONE = 7, 15  # digits; the longest of ITU-T E.164


def masked(text: str) -> str:
    """The text with ``[email]``, ``[card]``, ``[order]``, ``[phone]`` and ``[number]`` for what was there.

    >>> masked("KF10000042: write to ann@x.org or call +44 20 7946 0958, card 4111 1111 1111 1111")
    '[order]: write to [email] or call [phone], card [card]'
    """
    text = _EMAIL.sub("[email]", text)
    text = _CARD.sub(lambda found: "[card]" if _is_card(found.group()) else "[number]", text)
    text = _CODE.sub("[order]", text)
    text = _PHONE.sub(lambda found: "[phone]" if _is_phone(found.group()) else found.group(), text)
    return _LONG.sub("[number]", text)


def _is_card(text: str) -> bool:
    """Whether the digits have the check sum of a card (Luhn)."""
    digits = [int(c) for c in text if c.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_phone(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return _LEAST_PHONE <= digits <= _MOST_PHONE and not _DATE.fullmatch(text.strip())
