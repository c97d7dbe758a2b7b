"""Training examples before they teach: mended, counted, and split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kefu.errors import ModelError
from kefu.language.examples import Example
from kefu.language.ngrams import seen
from kefu.language.tagging import mended

_MOST_SAID = 20  # problems of one kind that are written out


@dataclass(frozen=True)
class Data:
    """Examples fit to learn from, and in words what was wrong with the others."""

    examples: tuple[Example, ...]
    problems: tuple[str, ...]


def checked(examples: Sequence[Example]) -> Data:
    """Mend entities, drop empty and repeated texts, and report texts with two labels with their lines.

    A text with two labels keeps the commoner one, the first of two equally common.

    Raises:
        ModelError: nothing is left to learn from.
    """
    kept, problems = list[Example](), list[str]()
    for example in examples:
        if not example.text.strip():
            problems.append(f"{_where(example)}an empty text, left out")
            continue
        own, said = mended(replace(example, text=_writable(example.text)))
        kept.append(own)
        problems += said
    kept, doubled = _one_label_each(kept)
    if not kept:
        raise ModelError(
            f"{len(examples)} training examples hold no text to learn from; wanted at least one."
        )
    return Data(tuple(kept), (*problems, *doubled, *_few(kept)))


def split(
    examples: Sequence[Example], *, share: float, most: int, seed: int
) -> tuple[list[Example], list[Example]]:
    """Examples to learn from and a stratified share held out: none of an intent with fewer than three.

    Examples without an intent, and those that only teach other heads, are always learnt.
    """
    from sklearn.model_selection import train_test_split

    counts = Counter(e.intent for e in examples)
    may = [i for i, e in enumerate(examples) if e.intent is not None and counts[e.intent] >= 3]
    classes = len({examples[i].intent for i in may})
    size = min(most, round(share * len(may)))
    if size < classes:
        size = classes if 2 * classes <= len(may) else 0
    if not size:
        return list(examples), []
    strata = [_stratum(examples[i], counts) for i in may]
    if min(Counter(strata).values()) < 2 or len(set(strata)) > size:
        strata = [str(examples[i].intent) for i in may]
    _, held = train_test_split(may, test_size=size, stratify=strata, random_state=seed)
    out = set(held)
    return [e for i, e in enumerate(examples) if i not in out], [examples[i] for i in sorted(out)]


def _stratum(example: Example, counts: Counter[str | None]) -> str:
    """The intent, and for intents with many examples the script as well."""
    return f"{example.intent}{'' if example.text.isascii() else '/other script'}"


def _one_label_each(examples: Sequence[Example]) -> tuple[list[Example], list[str]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        key = seen(example.text) if example.intent is not None else f"{example.text}\0{example.further}"
        groups[key].append(example)
    kept, problems = [], []
    for group in groups.values():
        intents = Counter(example.intent for example in group)
        chosen = intents.most_common(1)[0][0]
        kept.append(next(example for example in group if example.intent == chosen))
        if len(intents) > 1:
            said = "; ".join(f"{_where(e)}{e.intent}" for e in group)
            problems.append(f"{group[0].text[:60]!r} has two labels ({said}): learnt as {chosen}")
    return kept, problems


def _few(examples: Sequence[Example]) -> list[str]:
    counts = Counter(e.intent for e in examples if e.intent is not None)
    said = [f"intent {name} has one example, hardly to be learnt" for name, n in counts.items() if n == 1]
    if len(counts) == 1:
        said.append(f"only one intent ({next(iter(counts))}): every message will be it")
    more = [f"… and {len(said) - _MOST_SAID} more intents with one example"] if len(said) > _MOST_SAID else []
    return said[:_MOST_SAID] + more


def _writable(text: str) -> str:
    """``text`` with a mark for every lone surrogate, which no file can hold; of the same length."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _where(example: Example) -> str:
    return f"{example.source}: " if example.source else ""
