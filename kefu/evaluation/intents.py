"""How well intents are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_CONFUSIONS = 10


@dataclass(frozen=True)
class IntentRow:
    """One intent: precision, recall and F1 (0..1) and its number of examples."""

    intent: str
    precision: float
    recall: float
    f1: float
    examples: int


@dataclass(frozen=True)
class Confusion:
    """How often ``found`` was given where ``wanted`` was right."""

    wanted: str
    found: str
    times: int


@dataclass(frozen=True)
class LanguageRow:
    """The figures of the rows of one language."""

    language: str
    examples: int
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class IntentReport:
    """The figures of one file; macro figures are means over the intents that the file names.

    ``majority`` is what always saying the file's most frequent intent would reach.
    """

    examples: int
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    majority_intent: str
    majority_accuracy: float
    intents: tuple[IntentRow, ...]
    confusions: tuple[Confusion, ...]
    languages: tuple[LanguageRow, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people: the worst intents first, the figures of the whole last."""
        return "\n".join([*self._intent_lines(), *self._language_lines(), *self._whole()])

    def _intent_lines(self) -> list[str]:
        width = max([len(row.intent) for row in self.intents] + [len("intent")])
        lines = [f"{'intent':<{width}}  precision  recall     F1  examples"]
        for row in sorted(self.intents, key=lambda row: (row.f1, row.intent)):
            figures = f"{row.precision:9.3f}  {row.recall:6.3f}  {row.f1:5.3f}  {row.examples:8d}"
            lines.append(f"{row.intent:<{width}}  {figures}")
        lines.extend(f"{c.times} × {c.wanted} taken for {c.found}" for c in self.confusions)
        return lines

    def _language_lines(self) -> list[str]:
        return [
            f"language {row.language}: accuracy {row.accuracy:.4f}, macro-F1 {row.macro_f1:.4f}, "
            f"{row.examples} examples"
            for row in self.languages
        ]

    def _whole(self) -> list[str]:
        return [
            f"always {self.majority_intent}: accuracy {self.majority_accuracy:.4f}",
            f"accuracy {self.accuracy:.4f}, macro precision {self.macro_precision:.4f}, "
            f"macro recall {self.macro_recall:.4f}, macro-F1 {self.macro_f1:.4f}, {self.examples} examples",
        ]


def measure_intents(
    *,
    wanted: Sequence[str],
    found: Sequence[str],
    accept: Sequence[Collection[str]] = (),
    languages: Sequence[str | None] = (),
) -> IntentReport:
    """Compare the intents ``wanted`` and ``found``, two sequences of one length, at least one row.

    ``accept`` gives for each row the other intents that count as right: finding one of them is
    finding the wanted one. With ``languages`` each language is also measured by itself.
    """
    found = _forgiven(wanted, found, accept)
    rows = _rows(wanted, found)
    most, times = _most_frequent(wanted)
    wrong = Counter((want, got) for want, got in zip(wanted, found, strict=True) if want != got)
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return IntentReport(
        examples=len(wanted),
        accuracy=(len(wanted) - sum(wrong.values())) / len(wanted),
        macro_precision=_mean([row.precision for row in rows]),
        macro_recall=_mean([row.recall for row in rows]),
        macro_f1=_mean([row.f1 for row in rows]),
        majority_intent=most,
        majority_accuracy=times / len(wanted),
        intents=rows,
        confusions=tuple(Confusion(*pair, times) for pair, times in ranked[:_CONFUSIONS]),
        languages=_by_language(wanted, found, languages),
    )


def _forgiven(wanted: Sequence[str], found: Sequence[str], accept: Sequence[Collection[str]]) -> list[str]:
    also = accept or [()] * len(wanted)
    return [want if got in more else got for want, got, more in zip(wanted, found, also, strict=True)]


def _rows(wanted: Sequence[str], found: Sequence[str]) -> tuple[IntentRow, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    names = sorted(set(wanted))
    columns = precision_recall_fscore_support(wanted, found, labels=names, zero_division=0)
    return tuple(
        IntentRow(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    )


def _most_frequent(wanted: Sequence[str]) -> tuple[str, int]:
    return min(Counter(wanted).items(), key=lambda item: (-item[1], item[0]))


def _by_language(
    wanted: Sequence[str], found: Sequence[str], languages: Sequence[str | None]
) -> tuple[LanguageRow, ...]:
    rows = []
    for language in sorted({name for name in languages if name}):
        places = [place for place, name in enumerate(languages) if name == language]
        want, got = [wanted[place] for place in places], [found[place] for place in places]
        right = sum(w == g for w, g in zip(want, got, strict=True))
        f1 = _mean([row.f1 for row in _rows(want, got)])
        rows.append(LanguageRow(language, len(places), right / len(places), f1))
    return tuple(rows)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
