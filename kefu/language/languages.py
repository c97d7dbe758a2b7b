"""Which language a message is in.

Scripts decide first. Latin text is English unless function words and letter statistics
both speak against it; too little text leaves the language undetermined.
"""

from __future__ import annotations

import importlib.util
import re
import runpy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kefu.errors import ModelError
from kefu.language.entities import load_spacy
from kefu.language.text import HAN, fold, fold_case
from kefu.language.words import word_set

#: ISO 639-1 codes told apart in Latin script, and lingua's names for them.
LATIN: Mapping[str, str] = {
    "en": "ENGLISH", "es": "SPANISH", "fr": "FRENCH", "de": "GERMAN", "it": "ITALIAN", "pt": "PORTUGUESE",
    "nl": "DUTCH", "pl": "POLISH", "tr": "TURKISH", "vi": "VIETNAMESE", "id": "INDONESIAN", "sv": "SWEDISH",
}  # fmt: skip
_OTHERS = tuple(code for code in LATIN if code != "en")
_SCRIPTS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("ja", re.compile("[\u3040-\u30ff\u31f0-\u31ff]")),
    ("ko", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_SOME_SCRIPT = re.compile("|".join(script.pattern for _, script in _SCRIPTS))
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_NO_WORDS = re.compile(r"\S+@\S+|(?<![A-Za-z0-9])[A-Za-z]{0,4}-?\d{4,}[A-Za-z0-9]*")

#: One or two words that are English beyond doubt, whoever writes them.
_ENGLISH_TALK = word_set(
    "hello hi hey hiya yo thanks thank thx please yes yeah yep nope nah sorry bye goodbye cheers help "
    "cancel return refund exchange order orders track tracking where when what why how who which is are "
    "the my your i you it this that these those not don't dont doesn't stop agent human person someone "
    "anyone there broken damaged wrong missing late lost delivery shipping invoice account password price "
    "cost stock course gift good great nice bad terrible awful morning afternoon evening never mind forget "
    "both all last first other one two another same different colour color size warranty repair replace "
    "status parcel package"
)
#: Greetings and thanks that nobody writes in English.
_FOREIGN_TALK: Mapping[str, str] = {
    "hola": "es", "gracias": "es", "ayuda": "es", "buenos": "es", "buenas": "es", "bonjour": "fr",
    "salut": "fr", "merci": "fr", "bonsoir": "fr", "hallo": "de", "danke": "de", "hilfe": "de",
    "guten": "de", "grazie": "it", "aiuto": "it", "olá": "pt", "obrigado": "pt", "obrigada": "pt",
    "ajuda": "pt", "bedankt": "nl", "dzień": "pl", "cześć": "pl", "dziękuję": "pl", "merhaba": "tr",
    "teşekkürler": "tr", "xin": "vi", "halo": "id", "terima": "id", "hej": "sv", "tack": "sv",
}  # fmt: skip


class LanguageDetector:
    """Finds a message's language; immutable, safe between threads."""

    def __init__(self) -> None:
        self._statistics = _lingua()
        self._function_words = _languages_of(
            {code: _stop_words(code) | (_ENGLISH_TALK if code == "en" else frozenset()) for code in LATIN}
        )

    def detect(self, text: str, *, names: Iterable[tuple[int, int]] = ()) -> str | None:
        """The ISO 639-1 code of ``text``, or None where it cannot be told.

        ``names`` are offsets of product names, order numbers and the like: a name is of no
        language.

        >>> LanguageDetector().detect("我的订单到哪了")
        'zh'
        """
        rest = _NO_WORDS.sub(" ", _without(fold(text), names))
        for code, script in _SCRIPTS if _SOME_SCRIPT.search(rest) else ():
            if len(script.findall(rest)) >= 2:
                return code
        words = _LATIN_WORD.findall(_HAN.sub(" ", fold_case(rest)))
        han = len(_HAN.findall(rest))
        if han:
            return "zh" if han >= len(words) else "en"
        return self._latin(words, numbers=any(c.isdigit() for c in rest))

    def _latin(self, words: Sequence[str], *, numbers: bool) -> str | None:
        if len(words) < 3:
            foreign = [_FOREIGN_TALK[w] for w in words if w in _FOREIGN_TALK]
            return foreign[0] if foreign else ("en" if _ENGLISH_TALK.intersection(words) else None)
        spoken = [codes for codes in map(self._function_words.get, words) if codes]
        hits = {code: _hits(spoken, code, beside="en") for code in _OTHERS}
        if _surely_english(words, spoken, hits):
            return "en"
        shares = self._shares(" ".join(words))
        best = max(hits, key=lambda code: (hits[code], shares[code]))
        english = _hits(spoken, "en", beside=best)
        if not _speaks_against_english(words, hits[best], english, shares["en"]):
            return "en"
        # a street with its number says nothing about the language of who lives there
        return None if numbers else best

    def _shares(self, text: str) -> dict[str, float]:
        values = {v.language.name: v.value for v in self._statistics.compute_language_confidence_values(text)}
        return {code: values.get(name, 0.0) for code, name in LATIN.items()}


def _hits(spoken: Sequence[frozenset[str]], code: str, *, beside: str) -> int:
    """How many words are function words of ``code`` and not of ``beside``; ``spoken``: each one's codes."""
    return len([codes for codes in spoken if code in codes and beside not in codes])


def _surely_english(words: Sequence[str], spoken: Sequence[frozenset[str]], hits: Mapping[str, int]) -> bool:
    """Whether no letter statistics could speak against English, which then need not be asked.

    Whichever of the languages with the most ``hits`` is the likeliest, and however unlikely English is.
    """
    most = max(hits.values())
    rivals = [code for code in hits if hits[code] == most]
    return not any(
        _speaks_against_english(words, most, _hits(spoken, "en", beside=code), 0.0) for code in rivals
    )


def _speaks_against_english(words: Sequence[str], hits: int, english: int, english_share: float) -> bool:
    if hits > english and (hits >= 2 or english_share <= 0.05):
        return True
    return english == 0 and english_share <= 0.01 and not all(map(str.isascii, words))


def _languages_of(words: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The codes of each word, from the words of each code."""
    codes: dict[str, set[str]] = {}
    for code, own in words.items():
        for word in own:
            codes.setdefault(word, set()).add(code)
    return {word: frozenset(found) for word, found in codes.items()}


def _without(text: str, names: Iterable[tuple[int, int]]) -> str:
    for start, end in names:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _lingua() -> Any:
    """lingua with its small models: 21 MB here, against 370 MB for the large ones."""
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in LATIN.values()]
    builder = LanguageDetectorBuilder.from_languages(*languages)
    return builder.with_low_accuracy_mode().with_preloaded_language_models().build()


def _stop_words(code: str) -> frozenset[str]:
    """spaCy's list, read without its package: importing French alone takes seconds."""
    load_spacy()
    package = importlib.util.find_spec(f"spacy.lang.{code}")
    if package is None or package.origin is None:
        raise ModelError(f"spaCy holds no language {code!r}. Install requirements.lock again (make install).")
    words = runpy.run_path(str(Path(package.origin).with_name("stop_words.py")))["STOP_WORDS"]
    return frozenset(w for w in words if len(w) > 1)
