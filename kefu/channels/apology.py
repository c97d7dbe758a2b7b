"""The channel's own few sentences, for turns in which the assistant could not speak."""

from __future__ import annotations

import re

from kefu.channels.records import Message

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")

SENTENCES = {
    "failed": {
        "en": (
            "I am sorry, something went wrong on our side and I could not answer you. "
            "Your message has reached us, but nothing was confirmed to you in this answer. "
            "If you had just agreed to a change, ask me how the order stands before you send it again. "
            "A colleague can take over."
        ),
        "zh": (
            "抱歉，我们这边出了点问题，刚才没能回答您。"
            "您的消息已经收到，但这次没有向您确认任何事情。"
            "如果您刚刚同意了某项更改，请先问我订单的状态，再决定是否重发。"
            "也可以转给人工同事处理。"
        ),
    },
    "cut_off": {
        "en": (
            "I am sorry, something went wrong before I was finished. "
            "What I said above stands; the rest has not been answered. "
            "A colleague can take over."
        ),
        "zh": (
            "抱歉，我还没说完就出了问题。上面已经说的仍然有效，其余部分还没有回答。也可以转给人工同事处理。"
        ),
    },
    "begun_anew": {
        "en": (
            "I am sorry, my notes of our conversation so far are damaged, and I have to begin anew. "
            "What was done for your orders stands as it is. "
            "If I had asked you something, tell me again what you would like."
        ),
        "zh": (
            "抱歉，我们之前对话的记录已损坏，我需要重新开始。您的订单已经办理的事项不受影响。"
            "如果我刚才问了您什么，请再告诉我一次您想办理的事情。"
        ),
    },
    "slow": {
        "en": (
            "This is taking longer than usual; I am still working on it. "
            "Nothing has been confirmed to you yet. My answer will appear here by itself: "
            "you need not send your message again. You can ask for a person at any time."
        ),
        "zh": (
            "这次需要的时间比平时长，我还在处理。"
            "目前还没有向您确认任何事情。"
            "结果会自动显示在这里，您不用重发消息。您随时可以转人工客服。"
        ),
    },
    "photo": {
        "en": (
            "Thank you, I have your photo and keep it with this conversation. "
            "I cannot see what is in it: a colleague looks at it, if it comes to that. "
            "Tell me in a few words what is wrong and with which order."
        ),
        "zh": (
            "谢谢，照片已收到，并与本次对话一起保存。"
            "我看不到照片里的内容，需要时会由同事查看。"
            "请用几句话告诉我是哪个订单、出了什么问题。"
        ),
    },
    "stale_button": {
        "en": (
            "That button no longer works: it was used already or belongs to an earlier conversation. "
            "Nothing was done. Just write what you would like."
        ),
        "zh": (
            "这个按钮已经失效：它已被使用过，或属于之前的对话。没有执行任何操作。请直接输入您想办理的事情。"
        ),
    },
}
PERSON = {"en": "Talk to a person", "zh": "转人工客服"}


def language_of(text: str, *, session_language: str | None) -> str:
    """The language to answer ``text`` in: its script where that tells, else the session's, else English.

    >>> language_of("我的订单", session_language="en"), language_of("KF10000002", session_language="zh")
    ('zh', 'zh')
    """
    if _HAN.search(text):
        return "zh"
    if len(_LATIN_WORD.findall(text)) >= 2 or session_language not in SENTENCES["failed"]:
        return "en"
    return str(session_language)


def apology(kind: str, *, language: str, recipient: str) -> Message:
    """One of the SENTENCES with a button that asks for a person."""
    return {
        "recipient_id": recipient,
        "text": SENTENCES[kind][language],
        "buttons": [{"title": PERSON[language], "payload": "/request_human"}],
    }
