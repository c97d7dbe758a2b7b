"""What a generated draft may say: what stands in the facts, and all that they depend on.

The guard knows nothing of how a draft was made, and trusts none. It reads facts and draft in the same
way and compares: numbers with their units in their order, names, links, codes, what turns a sentence
round, what a rule depends on, and how much of the wording is new. It is strict on purpose: an honest
draft that is refused costs a plainer sentence, and a wrong one that passes costs the customer's trust.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from kefu.knowledge.guard_words import (
    BOUNDS,
    CONDITIONS,
    DONE,
    GLUE,
    GLUE_ZH,
    LOADED,
    LOADED_ZH,
    NAMES,
    NAMES_ZH,
    PARTIES,
    PAYS,
    SIGNS,
    TURNS,
    UNITS,
)

Spelt = Callable[[str], Iterable[tuple[int, int, int]]]  # numbers in words: [start, end), value

LONGER, SHORTER, SHORT = 1.6, 0.4, 200  # times the facts' length; characters that are always allowed
NEW, COVERED = 1 / 3, 0.5  # share of new words in a clause; share of the facts' words in the draft

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LINK = re.compile(r"(?:https?:|www\.)\S+|\S+@\S+|[A-Za-z][\w-]*(?:\.[A-Za-z0-9][\w-]*)+", re.IGNORECASE)
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z-]*\d)(?=\d*[A-Za-z])[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")
_NUMBER = re.compile(r"(?P<sign>(?:us\$|hk\$|[$€£¥￥]|(?<![a-z])(?:usd|eur|gbp|cny|rmb|hkd))\s?)?"
                     r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)", re.IGNORECASE)  # fmt: skip
_UNIT = re.compile(
    "|".join(rf"[\s-]*(?P<u{place}>(?:{unit})(?![A-Za-z]))" for place, unit in enumerate(UNITS.values())),
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:to|and|or|-|–|—|~|～|到|至|和|或)\s*", re.IGNORECASE)
_HUNDREDTHS = re.compile(r"百分之(?P<n>[零〇一二三四五六七八九十百两\d.]+)")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[!?;])(?=[\u3400-\u9fff])|[。\n]+")
_CLAUSE = re.compile(
    r"[,;:，；：、()（）]\s*|\s(?:and|but|or|plus|while)\s|而且|并且|另外|还会", re.IGNORECASE
)
_MARKUP = set("<>*_#`|[]{}~\\^=")


@dataclass(frozen=True)
class Number:
    """A number with its unit, "" for none; ``start``: where it stands."""

    value: Decimal
    unit: str
    start: int


class _Read:
    """A text as the guard sees it."""

    def __init__(self, text: str, language: str, spelt: Spelt) -> None:
        self.text = unicodedata.normalize("NFKC", text).replace("’", "'")
        self.language = language
        self._spelt = spelt

    @cached_property
    def numbers(self) -> list[Number]:
        return _numbers(_percents(self.text, self._spelt), self._spelt)

    @cached_property
    def facts(self) -> list[tuple[Decimal, str]]:
        """Numbers with their units, in order."""
        return [(number.value, number.unit) for number in self.numbers]

    @cached_property
    def tokens(self) -> set[str]:
        """Links, addresses, dotted names and codes."""
        found = [*_LINK.findall(self.text), *_CODE.findall(self.text), *_TIME.findall(self.text)]
        return {token.strip(".,;!?()，。；").casefold() for token in found}

    @cached_property
    def words(self) -> list[str]:
        return _latin(self.text)

    @cached_property
    def names(self) -> set[str]:
        """Words that are names: written large within a sentence, or known as one."""
        known = {word for word in self.words if word in NAMES}
        known |= {name for name in NAMES_ZH if name in self.text}
        return known | set(_large(self.text, everywhere=self.language == "zh"))

    @cached_property
    def sentences(self) -> list[str]:
        parts = (part.strip() for part in _SENTENCE.split(self.text) if part)
        return [part for part in parts if _content(part, self.language)]

    @cached_property
    def content(self) -> set[str]:
        return _content(self.text, self.language)


class Guard:
    """Says why a draft may not be sent. ``spelt`` finds numbers in words, of both languages."""

    def __init__(self, spelt: Spelt) -> None:
        self._spelt = spelt

    def refused(self, draft: str, facts: str, language: str) -> str | None:
        """Why ``draft`` may not stand for ``facts``, in a word or two; None where it may.

        ``language`` ("en", "zh") is what both have to be written in. The reason never repeats the draft.
        """
        said, known = _Read(draft, language, self._spelt), _Read(facts, language, self._spelt)
        for reason, holds in _CHECKS.items():
            if not holds(said, known):
                return reason
        return None


def _is_bounded(said: _Read, known: _Read) -> bool:
    least, most = SHORTER * len(known.text), max(SHORT, LONGER * len(known.text))
    return least <= len(said.text.strip()) <= most


def _is_plain(said: _Read, known: _Read) -> bool:
    strange = {char for char in said.text if char in _MARKUP or _is_strange(char)}
    return strange <= set(known.text)


def _is_strange(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn", "So", "Sk"}


def _is_in_language(said: _Read, known: _Read) -> bool:
    letters = {char for char in said.text if char.isalpha()}
    han = {char for char in letters if _HAN.match(char)}
    foreign = {c for c in letters - han if "LATIN" not in unicodedata.name(c, "")} | (
        set() if said.language == "zh" else han
    )
    if not foreign <= set(known.text):
        return False
    return said.language != "zh" or {w for w in said.words if len(w) > 1} <= set(known.words)


def _keeps_numbers(said: _Read, known: _Read) -> bool:
    return said.facts == known.facts


def _keeps_tokens(said: _Read, known: _Read) -> bool:
    return said.tokens <= known.tokens


def _keeps_names(said: _Read, known: _Read) -> bool:
    there = set(known.words)
    new = {name for name in said.names if name not in there and name not in known.text.casefold()}
    gone = {name for name in known.names if name not in said.text.casefold()}
    return not new and not gone


def _keeps_turns(said: _Read, known: _Read) -> bool:
    if any(len(turn.findall(said.text)) != len(turn.findall(known.text)) for turn in TURNS.values()):
        return False
    turned = {word[2:] for word in known.words if word.startswith(("un", "in"))} - set(known.words)
    return not turned & set(said.words)  # "unused" must not become "used or unused"


def _keeps_payers(said: _Read, known: _Read) -> bool:
    """Whether who pays is who paid in the facts."""
    for sentence in said.sentences:
        alike = _most_alike(_content(sentence, said.language), known.sentences, said.language)
        if PAYS.search(sentence) and not _parties(sentence) <= {p for held in alike for p in _parties(held)}:
            return False
    return True


def _parties(sentence: str) -> set[str]:
    return {party for party, words in PARTIES.items() if words.search(sentence)}


def _keeps_bounds(said: _Read, known: _Read) -> bool:
    return all(bool(bound.search(said.text)) == bool(bound.search(known.text)) for bound in BOUNDS.values())


def _keeps_conditions(said: _Read, known: _Read) -> bool:
    return len(CONDITIONS.findall(said.text)) >= len(CONDITIONS.findall(known.text))


def _does_nothing(said: _Read, known: _Read) -> bool:
    there = Counter(m.group().casefold() for m in DONE.finditer(known.text))
    return not Counter(m.group().casefold() for m in DONE.finditer(said.text)) - there


def _promises_nothing(said: _Read, known: _Read) -> bool:
    """Whether no word that promises or asks for something is new, or said more often than in the facts."""
    loaded, there = Counter(_loaded(said)), Counter(map(_stem, known.words))
    for stem, count in loaded.items():
        if count > sum(held for word, held in there.items() if _alike(word, stem)):
            return False
    return all(said.text.count(word) <= known.text.count(word) for word in LOADED_ZH)


def _loaded(read: _Read) -> Iterator[str]:
    """The stems of the words that promise or ask for something."""
    return (stem for stem in map(_stem, read.words) if stem in _LOADED_STEMS)


def _says_nothing_new(said: _Read, known: _Read) -> bool:
    for sentence in said.sentences:
        for piece in (sentence, *filter(None, _CLAUSE.split(sentence))):
            found = _content(piece, said.language)
            if len(_strange_to(found, known.content)) > max(1 if len(found) <= 3 else 0, NEW * len(found)):
                return False
    return True


def _says_enough(said: _Read, known: _Read) -> bool:
    lost = _strange_to(known.content, said.content)
    return len(lost) <= (1 - COVERED) * len(known.content)


def _keeps_sides(said: _Read, known: _Read) -> bool:
    """Whether numbers and negations stand with the words that they stood with."""
    if not all(_is_affirmed(sentence, known, said.language) for sentence in said.sentences):
        return False
    return all(
        _fits(sentence, known, said.language)
        or all(_fits(part, known, said.language, alone=True) for part in _CLAUSE.split(sentence) if part)
        for sentence in said.sentences
    )


def _is_affirmed(sentence: str, known: _Read, language: str) -> bool:
    """Whether what a sentence says without a negation is said without one in the facts."""
    if TURNS["negation"].search(sentence):
        return True
    words = _content(sentence, language)
    clauses = [part for held in known.sentences for part in _CLAUSE.split(held) if part]
    return any(
        not TURNS["negation"].search(held)
        for pieces in (known.sentences, clauses)
        for held in _most_alike(words, pieces, language)
    )


def _fits(piece: str, known: _Read, language: str, *, alone: bool = False) -> bool:
    """Whether the sentences of the facts that are most like ``piece`` hold its numbers and its negation.

    A piece ``alone`` that has a number and hardly a word beside it could belong anywhere, and fits nowhere.
    """
    read = _Read(piece, language, known._spelt)
    words = _content(piece, language)
    if not read.facts and not TURNS["negation"].search(read.text):
        return True
    if alone and len(words) < 2 and len(known.sentences) > 1:
        return False
    alike = _most_alike(words, known.sentences, language)
    held = Counter(fact for sentence in alike for fact in _Read(sentence, language, known._spelt).facts)
    turned = any(TURNS["negation"].search(sentence) for sentence in alike)
    return not Counter(read.facts) - held and (turned or not TURNS["negation"].search(read.text))


def _most_alike(words: set[str], pieces: list[str], language: str) -> list[str]:
    """The pieces that share most of the words; several where they share as many."""
    shared = [len(words) - len(_strange_to(words, _content(piece, language))) for piece in pieces]
    best = max(shared, default=0)
    return [piece for piece, count in zip(pieces, shared, strict=True) if count == best]


def _content(text: str, language: str) -> set[str]:
    """The words that carry a fact, by their stems; in Chinese the characters."""
    stems = {_stem(word) for word in _latin(text) if len(word) > 2 and word not in GLUE}
    if language != "zh":
        return stems
    return stems | {char for char in text if _HAN.match(char) and char not in GLUE_ZH}


def _latin(text: str) -> list[str]:
    return [word.group().casefold() for word in _WORD.finditer(text) if not _HAN.search(word.group())]


def _strange_to(words: set[str], known: set[str]) -> set[str]:
    """The stems without one like them in ``known``: the same beginning is alike enough."""
    return {word for word in words if not any(_alike(word, other) for other in known)}


def _alike(one: str, other: str) -> bool:
    short = min(len(one), len(other))
    return one == other or (short >= 4 and one[:5] == other[:5])


def _stem(word: str) -> str:
    """A word without its usual endings.

    >>> _stem("refunds"), _stem("approved"), _stem("days")
    ('refund', 'approv', 'day')
    """
    for ending in ("ments", "ment", "ings", "ing", "ies", "ed", "es", "ly", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _large(text: str, *, everywhere: bool) -> Iterator[str]:
    """Words written large that do not begin a sentence; in Chinese every Latin word."""
    for match in _WORD.finditer(text):
        word = match.group()
        if _HAN.search(word) or len(word) < 2 or word.casefold() in SIGNS:
            continue
        begins = not text[: match.start()].strip() or re.search(r"[.!?:;\n\"'(]\s*$", text[: match.start()])
        inner = any(char.isupper() for char in word[1:])
        if everywhere or inner or (word[0].isupper() and not begins and word.casefold() not in GLUE):
            yield word.casefold()


def _percents(text: str, spelt: Spelt) -> str:
    """百分之二十 as 20%."""

    def written(match: re.Match[str]) -> str:
        value = next((value for _, _, value in spelt(match["n"])), match["n"])
        return f"{value}%"

    return _HUNDREDTHS.sub(written, text)


def _numbers(text: str, spelt: Spelt) -> list[Number]:
    """Every number in digits or words, in order; of a range the first takes the unit of the last."""
    found = [
        (m.start(), m.end(), Decimal(m["value"].replace(",", "")), _sign(m)) for m in _NUMBER.finditer(text)
    ]
    taken = [(start, end) for start, end, _, _ in found]
    found += [
        (start, end, Decimal(value), "")
        for start, end, value in spelt(text)
        if not any(start < last and first < end for first, last in taken)
    ]
    numbers: list[Number] = []
    after: tuple[int, str] | None = None  # where the number behind begins, with its unit
    for start, end, value, sign in sorted(found, reverse=True):
        unit = sign or _unit_behind(text, end)
        if not unit and after is not None and _RANGE.fullmatch(text[end : after[0]]):
            unit = after[1]
        after = (start, unit)
        if unit or value != 1 or text[start].isdigit():  # "one of them", 一般: no number
            numbers.append(Number(value, unit, start))
    return numbers[::-1]


def _sign(match: re.Match[str]) -> str:
    return SIGNS[match["sign"].strip().lower()] if match["sign"] else ""


def _unit_behind(text: str, end: int) -> str:
    found = _UNIT.match(text, end)
    return list(UNITS)[int((found.lastgroup or "u0")[1:])] if found else ""


_LOADED_STEMS = {_stem(word) for word in LOADED}
_CHECKS: dict[str, Callable[[_Read, _Read], bool]] = {
    "language": _is_in_language,
    "length": _is_bounded,
    "markup": _is_plain,
    "number": _keeps_numbers,
    "link or code": _keeps_tokens,
    "name": _keeps_names,
    "negation": _keeps_turns,
    "bound": _keeps_bounds,
    "condition": _keeps_conditions,
    "done": _does_nothing,
    "promise": _promises_nothing,
    "new words": _says_nothing_new,
    "left out": _says_enough,
    "other side": _keeps_sides,
    "payer": _keeps_payers,
}
