"""Text as everything below reads it: folded to one shape, cut into pieces, offsets kept.

``fold`` never changes the length of a text, so an offset into the folded text is an
offset into what the customer typed.
"""

from __future__ import annotations

import functools
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = rf"[^\W_{HAN}]"
_HAN_RUN = re.compile(rf"[{HAN}]+")
_PIECE = re.compile(
    rf"(?P<email>[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    rf"|(?P<number>\d+(?:[.,]\d+)+)"
    rf"|(?P<han>[{HAN}]+)"
    rf"|(?P<word>{_WORD}+(?:['\u2019-]{_WORD}+)*)"
    rf"|(?P<mark>(?P<same>[^\w\s]|_)(?P=same)*)"
)
_COUNTED = re.compile(
    r"(第?[零一二两三四五六七八九十百几半]+)([个件本副盏瓶台张只条把门节双箱套份单杯支部款次天])"
)

_REMEMBERED = 4  # texts: most components ask for the same message, one after the other


@dataclass(frozen=True)
class Piece:
    """A token: its folded text and where it stands in the original, ``[start, end)``."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Simplified characters, half-width forms, no control or surrogate characters; same length.

    >>> fold("我的訂單ＫＦ１")
    '我的订单KF1'
    """
    return text if text.isascii() and text.isprintable() else _fold(text)


@functools.lru_cache(maxsize=_REMEMBERED)
def _fold(text: str) -> str:
    narrow = "".join(map(_narrow, text))
    return _HAN_RUN.sub(lambda run: _simplify(run.group()), narrow)


def fold_case(text: str) -> str:
    """``fold`` and lower case, still of the same length.

    >>> fold_case("Ｗhere IS it")
    'where is it'
    """
    folded = fold(text)
    lower = folded.lower()
    if len(lower) == len(folded):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)


def split(text: str) -> list[Piece]:
    """Cut a text into words, numbers, marks and (by jieba) Chinese words.

    E-mail addresses, numbers and order numbers typed without spaces stay whole. Every
    character that is not white space belongs to exactly one piece.

    >>> [p.text for p in split("我要退 KF10000003 的耳機!!")]
    ['我', '要', '退', 'KF10000003', '的', '耳机', '!!']
    """
    return list(_split(text))


@functools.lru_cache(maxsize=_REMEMBERED)
def _split(text: str) -> tuple[Piece, ...]:
    folded = fold(text)
    pieces: list[Piece] = []
    for found in _PIECE.finditer(folded):
        if found.lastgroup == "han":
            pieces.extend(_split_han(found.group(), found.start()))
        else:
            pieces.append(Piece(found.group(), found.start(), found.end()))
    return tuple(pieces)


def han_count(text: str) -> int:
    """How many Chinese characters a text holds."""
    return sum(len(run) for run in _HAN_RUN.findall(text))


def words_of_han(run: str) -> list[str]:
    """The words of a run of Simplified Chinese characters, as jieba's dictionary sees them."""
    return list(_words_of_han(run))


@functools.lru_cache(maxsize=_REMEMBERED)
def _words_of_han(run: str) -> tuple[str, ...]:
    return tuple(_jieba().cut(run, HMM=False))


def common_han(most: int) -> list[str]:
    """The commonest Chinese characters by the word counts of jieba's dictionary, the commonest first."""
    counts: Counter[str] = Counter()
    for word, count in _jieba().FREQ.items():
        if count and _HAN_RUN.fullmatch(word):
            for char in word:
                counts[char] += count
    return [char for char, _ in counts.most_common(most)]


def word_count(word: str) -> int:
    """How often jieba's dictionary saw ``word``; 0 for one that it does not hold."""
    return int(_jieba().FREQ.get(word) or 0)


def _split_han(run: str, start: int) -> Iterator[Piece]:
    for word in words_of_han(run):
        counted = _COUNTED.fullmatch(word)
        for part in counted.groups() if counted else (word,):
            yield Piece(part, start, start + len(part))
            start += len(part)


@functools.lru_cache(maxsize=10_000)
def _narrow(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() or char.isspace() else " "
    if unicodedata.category(char) in ("Cc", "Cs", "Cf", "Co", "Cn") and char != "\u200d":
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def _simplify(run: str) -> str:
    simple: str = _opencc().convert(run)
    if len(simple) == len(run):
        return simple
    return "".join(c if len(s := _opencc().convert(c)) != 1 else s for c in run)


@functools.cache
def _opencc() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@functools.cache
def _jieba() -> Any:
    """jieba with its dictionary read straight from the package: no cache file in /tmp."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
