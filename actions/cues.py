"""What is said in either language: patterns, and among them what is uncomfortable and harms nobody."""

from __future__ import annotations

import re


def cue(english: str, chinese: str) -> re.Pattern[str]:
    """A pattern for what is said in either language."""
    return re.compile(f"{english}|{chinese}", re.IGNORECASE)


# parts of the body that a thing presses on when it is worn or looked at
_BODY = r"(?:ears?|head|neck|wrists?|eyes|nose|temples)"
_DISCOMFORT = cue(
    r"\buncomfortabl\w+|n[o']t comfortable|\btoo tight\b|\b(?:head|ear) ?aches?\b"
    r"|\b(?:they|these|those) (?:really |just )?hurt\b(?! (?:me|him|her|us)\b| my (?:son|child|kid)\b)"
    rf"|(?<!\bi )(?<!\bwe )\b(?:hurt|pinch|press|squeez|irritat|strain)\w* (?:on )?(?:my|the|your) {_BODY}\b"
    rf"|\b{_BODY} (?:really )?(?:hurts?|aches?|gets? sore|(?:is|are|feels?) sore)\b"
    r"|\b(?:hurts?|painful|sore) (?:to|when|while|after) (?:\w+ ){0,2}?(?:wear|us)\w*"
    r"|\b(?:is|are|so|too|very) painful\b",
    r"不舒服|不舒适|不适(?![用合])|难受|夹(?:头|耳|脑袋|得)|硌|勒得|压(?:得|耳|头)|太紧|累眼|刺眼|费眼"
    r"|(?:耳朵|耳|头|脑袋|脖子|手腕|眼睛|眼|鼻梁).{0,4}(?:疼|痛|酸|胀|痒|累)|(?:戴|用|看).{0,8}(?:疼|痛)",
)
_DANGER = cue(
    r"burn|fire|flam|smok|spark|shock|electr|explo|swell|swollen|leak|blood|bleed|\bcut|injur|wound|hospital|doctor"
    r"|emergenc|ambulance|chok|poison|toxic|rash|blister|allerg|infect|deaf|\bhear\b|hearing|ringing|tinnitus|glass"
    r"|sharp|smell|fume|nause|danger|unsafe|faint|dizz|unconscious|vomit|scald|\bhot\b|overheat|melt|suicid|kill|\bdie|myself|lawyer",
    r"烧|火|冒|鼻|气味|味道|恶心|烟|焦|糊|触电|漏电|电到|电了|麻|炸|爆|鼓包|漏液|烫|伤|血|割|划|扎|毒|过敏|疹|肿|溃|感染|脓"
    r"|医院|医生|急诊|救护|聋|听不|耳鸣|晕|昏|窒息|玻璃|危险|自杀|死|骨折|律师|起诉",
)


def is_discomfort(text: str) -> bool:
    """Whether words (in Simplified characters) call a thing unpleasant to use, and tell of no danger or harm.

    >>> is_discomfort("they hurt my ears"), is_discomfort("they burnt my ears"), is_discomfort("戴久了耳朵疼")
    (True, False, True)
    """
    return bool(_DISCOMFORT.search(text)) and not _DANGER.search(text)
