"""What a catalogue's products may be called, derived from their names in both languages.

An alias is a sequence of symbols: a Latin word or a single Chinese character. A *plain*
alias stands for its products anywhere; the others ("writing", "理财") only beside a word
for their kind ("the writing course").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kefu.language.catalogue import Catalogue, Item
from kefu.language.lexicon import Lexicon
from kefu.language.text import HAN, fold_case, words_of_han
from kefu.language.words import EDGE_WORDS, KINDS, MODIFIERS, PERIODS, SYNONYMS

_SYMBOL = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['\u2019][^\W\d_{HAN}]+)?")
_WORDS = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_PARENTHESIS = re.compile(r"[(\[]([^)\]]*)[)\]]")

#: A word of a title is heard alone only when it is rarer than this rank of the lexicon.
_RARE_TITLE_WORD = 13_500
#: The first word of a product's name counts as a brand when it is rarer than this.
_RARE_BRAND = 8_000

Symbols = tuple[str, ...]


@dataclass
class Alias:
    """The products that a sequence of symbols may mean, in the catalogue's order."""

    product_ids: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    plain: bool = False


@dataclass(frozen=True)
class Symbol:
    """One symbol of a text, lower case, and where it stands."""

    text: str
    start: int
    end: int


def symbols_of(text: str) -> list[Symbol]:
    """The symbols of a text with their offsets.

    >>> [s.text for s in symbols_of("Vista 4K顯示器")]
    ['vista', '4k', '显', '示', '器']
    """
    return [Symbol(m.group(), m.start(), m.end()) for m in _SYMBOL.finditer(fold_case(text))]


def key_of(phrase: str) -> Symbols:
    """The symbols of ``phrase`` alone."""
    return tuple(symbol.text for symbol in symbols_of(phrase))


def derive(catalogue: Catalogue, lexicon: Lexicon) -> dict[Symbols, Alias]:
    """Every alias of every product; two products that share a name share its alias."""
    aliases: dict[Symbols, Alias] = {}
    for item in catalogue.items:
        for phrase, plain in _phrases(item, lexicon):
            for form in _numbers_of(phrase):
                _add(aliases, key_of(form), item.product_id, item.kind, plain=plain)
    _share_chinese_heads(aliases, catalogue)
    _add_synonyms(aliases)
    return aliases


def _share_chinese_heads(aliases: dict[Symbols, Alias], catalogue: Catalogue) -> None:
    """A name that ends in another product's name for a thing is such a thing too (无线耳机, 耳机)."""
    for item in catalogue.items:
        name = key_of(_PARENTHESIS.sub("", item.name_zh))
        for length in range(2, len(name)):
            key = name[-length:]
            if key in aliases and aliases[key].plain and item.kind in aliases[key].kinds:
                _add(aliases, key, item.product_id, item.kind, plain=True)
    order = {item.product_id: place for place, item in enumerate(catalogue.items)}
    for alias in aliases.values():
        alias.product_ids.sort(key=order.__getitem__)


def _add(aliases: dict[Symbols, Alias], key: Symbols, product_id: str, kind: str, *, plain: bool) -> None:
    if not key or (len(key) == 1 and len(key[0]) == 1):
        return
    alias = aliases.setdefault(key, Alias())
    if product_id not in alias.product_ids:
        alias.product_ids.append(product_id)
    alias.kinds.add(kind)
    alias.plain = alias.plain or plain


def _phrases(item: Item, lexicon: Lexicon) -> Iterator[tuple[str, bool]]:
    if re.search(r"[A-Za-z]", item.product_id) and re.search(r"\d", item.product_id):
        yield item.product_id, True
    for name in (item.name_en, item.name_zh):
        qualifiers = _PARENTHESIS.findall(fold_case(name))
        words = _name_words(_PARENTHESIS.sub(" ", fold_case(name)))
        if not words:
            continue
        yield name, True
        yield from _sub_phrases(words, item, lexicon)
        for period in (p for q in qualifiers for p in PERIODS.get(q.strip(), (q.strip(),))):
            yield _join([period, *_head_of(words, item)]), True


def _name_words(name: str) -> list[str]:
    words: list[str] = []
    for run in _WORDS.findall(name):
        words.extend(words_of_han(run) if re.match(f"[{HAN}]", run) else [run])
    return words


def _sub_phrases(words: Sequence[str], item: Item, lexicon: Lexicon) -> Iterator[tuple[str, bool]]:
    count = len(words)
    for length in range(2, count + 1):
        for start in range(count - length + 1):
            part = words[start : start + length]
            if part[0] in EDGE_WORDS or part[-1] in EDGE_WORDS:
                continue
            anchored = item.kind != "physical" or start == 0 or start + length == count
            if anchored and len(_join(part)) > 2:
                yield _join(part), True
    if count > 2:
        yield _join([words[0], words[-1]]), True
    for place, word in enumerate(words):
        if word not in EDGE_WORDS and not word.isdigit() and len(word) > 1:
            yield word, _stands_alone(word, place, words, item, lexicon)


def _stands_alone(word: str, place: int, words: Sequence[str], item: Item, lexicon: Lexicon) -> bool:
    """Whether one word of a name means the product wherever it is said."""
    first, last = place == 0, place == len(words) - 1
    han = not word.isascii()
    if word in MODIFIERS or any(word in names for names in KINDS.values()):
        return False
    if item.kind == "physical":
        brand = first and len(words) > 2 and (han or not lexicon.is_ordinary(word, commonest=_RARE_BRAND))
        return last or brand
    if han and len(words) == 1 and len(word) > 2:
        return True  # the whole name is one word of the dictionary: 黄金会员
    return not han and (first or last) and not lexicon.is_ordinary(word, commonest=_RARE_TITLE_WORD)


def _head_of(words: Sequence[str], item: Item) -> list[str]:
    said = KINDS.get(item.kind, ())
    return [words[-1]] if words[-1] in said or item.kind == "physical" else list(words[-1:])


def _join(words: Sequence[str]) -> str:
    """Words as they are written: a space between two Latin words only."""
    text = ""
    for word in words:
        text += " " + word if text and text[-1].isascii() and word[0].isascii() else word
    return text


def _numbers_of(phrase: str) -> Iterator[str]:
    """The phrase and its English singular or plural."""
    yield phrase
    last = phrase[-1:].lower()
    if not last.isascii() or not last.isalpha() or len(phrase) < 4:
        return
    if last == "s" and not phrase.lower().endswith("ss"):
        yield phrase[:-1]
    elif last != "s":
        yield phrase + "s"


def _add_synonyms(aliases: dict[Symbols, Alias]) -> None:
    for group in SYNONYMS:
        keys = [key_of(form) for phrase in group for form in _numbers_of(phrase)]
        sold = [aliases[key] for key in keys if key in aliases and aliases[key].plain]
        ids = [(i, kind) for alias in sold for i in alias.product_ids for kind in sorted(alias.kinds)]
        for key in keys:
            if key not in aliases:
                for product_id, kind in dict.fromkeys(ids):
                    _add(aliases, key, product_id, kind, plain=True)


def squeezed(aliases: Mapping[Symbols, Alias]) -> dict[str, Symbols]:
    """Plain Latin aliases of five letters and more without their spaces, for comparing misspellings."""
    latin = {k for k, alias in aliases.items() if alias.plain and all(s.isascii() for s in k)}
    return {"".join(key): key for key in sorted(latin) if len("".join(key)) >= 5}
