"""Policy parameters in words: lists, countries, currencies, and the grammar around a number."""

from __future__ import annotations

import re

_COUNTRIES = {
    "AT": ("Austria", "奥地利"),
    "AU": ("Australia", "澳大利亚"),
    "BE": ("Belgium", "比利时"),
    "BR": ("Brazil", "巴西"),
    "CA": ("Canada", "加拿大"),
    "CH": ("Switzerland", "瑞士"),
    "CN": ("mainland China", "中国内地"),
    "CZ": ("Czechia", "捷克"),
    "DE": ("Germany", "德国"),
    "DK": ("Denmark", "丹麦"),
    "ES": ("Spain", "西班牙"),
    "FI": ("Finland", "芬兰"),
    "FR": ("France", "法国"),
    "GB": ("the United Kingdom", "英国"),
    "GR": ("Greece", "希腊"),
    "HK": ("Hong Kong", "香港"),
    "ID": ("Indonesia", "印度尼西亚"),
    "IE": ("Ireland", "爱尔兰"),
    "IN": ("India", "印度"),
    "IT": ("Italy", "意大利"),
    "JP": ("Japan", "日本"),
    "KR": ("South Korea", "韩国"),
    "MO": ("Macao", "澳门"),
    "MX": ("Mexico", "墨西哥"),
    "MY": ("Malaysia", "马来西亚"),
    "NL": ("the Netherlands", "荷兰"),
    "NO": ("Norway", "挪威"),
    "NZ": ("New Zealand", "新西兰"),
    "PH": ("the Philippines", "菲律宾"),
    "PL": ("Poland", "波兰"),
    "PT": ("Portugal", "葡萄牙"),
    "SE": ("Sweden", "瑞典"),
    "SG": ("Singapore", "新加坡"),
    "TH": ("Thailand", "泰国"),
    "TW": ("Taiwan", "台湾"),
    "US": ("the United States", "美国"),
    "VN": ("Vietnam", "越南"),
}
_CURRENCIES_ZH = {
    "USD": "美元",
    "CNY": "元",
    "EUR": "欧元",
    "GBP": "英镑",
    "HKD": "港元",
    "JPY": "日元",
}
_PAYERS = {
    "customer": ("you", "您"),
    "shop": ("the shop", "店里"),
}
_CJK = "\u4e00-\u9fff"
_SPACE_IN_CHINESE = re.compile(f"(?<=[{_CJK}]) (?=[{_CJK}])")
_ONE_TIME = re.compile(r"(?<![\d.–-])\b1 times\b")
_ONE_OF_MANY = re.compile(r"(?<![\d.–-])\b1 ((?:business )?(?:day|hour|minute|month|coupon))s\b")


def in_words(value: str, *, param: str, language: str) -> str:
    """One parameter as a sentence wants it; ``a|b|c`` is a list.

    >>> in_words("Visa|PayPal|Alipay", param="methods", language="en")
    'Visa, PayPal and Alipay'
    >>> in_words("US|GB", param="countries", language="zh")
    '美国和英国'
    """
    items = [_one(item.strip(), param=param, language=language) for item in value.split("|")]
    return _listed(items, language=language)


def country_name(code: str, *, language: str) -> str:
    """The name of an ISO 3166 country; a code that is not in the table stays a code."""
    names = _COUNTRIES.get(code.upper())
    return code if names is None else names[1 if language == "zh" else 0]


def tidy(text: str, *, language: str) -> str:
    """Mend what a filled-in value breaks: "1 days", or a space between two Chinese words.

    >>> tidy("1 times, within 1 days or 21 days", language="en")
    'once, within 1 day or 21 days'
    """
    if language == "zh":
        return _SPACE_IN_CHINESE.sub("", text)
    return _ONE_OF_MANY.sub(r"1 \1", _ONE_TIME.sub("once", text))


def _one(item: str, *, param: str, language: str) -> str:
    if param == "countries":
        return country_name(item, language=language)
    if param.endswith("paid_by") and item in _PAYERS:
        return _PAYERS[item][1 if language == "zh" else 0]
    if param == "currency" and language == "zh":
        return _CURRENCIES_ZH.get(item, item)
    return item


def _listed(items: list[str], *, language: str) -> str:
    if len(items) == 1:
        return items[0]
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return comma.join(items[:-1]) + last + items[-1]
