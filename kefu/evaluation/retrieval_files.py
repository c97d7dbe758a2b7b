"""A bank of known questions and a file of queries from outside, for measuring retrieval."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from kefu.errors import KefuError
from kefu.evaluation.examples import NONE
from kefu.evaluation.rows import read_rows
from kefu.knowledge.passages import Passage
from kefu.knowledge.views import plain

BANK, QUERIES = "faq_id, variant", f"query, faq_id (or {NONE})"
FEW = 0.1  # a share of a bank in another language that is taken for words of the bank's own

Detect = Callable[[str], str | None]


@dataclass(frozen=True)
class Variant:
    """A known question of a bank: whose it is, its language, and where it stands ("file, line n")."""

    faq_id: str
    text: str
    language: str
    source: str


@dataclass(frozen=True)
class Query:
    """A question to look up: ``wanted`` are the ids that answer it, none for NONE."""

    text: str
    wanted: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Bank:
    """The known questions, each once an id, and what was odd about them."""

    variants: tuple[Variant, ...]
    problems: tuple[str, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """Its languages, the commonest first."""
        return tuple(name for name, _ in Counter(one.language for one in self.variants).most_common())

    def passages(self) -> list[Passage]:
        """A passage an id and language, without title and answer."""
        found: dict[tuple[str, str], list[Variant]] = defaultdict(list)
        for one in self.variants:
            found[one.faq_id, one.language].append(one)
        return [_passage(*key, variants) for key, variants in found.items()]


def read_bank(file: Path, *, detect: Detect) -> Bank:
    """Read a bank (CSV or JSONL: faq_id, variant, if there language).

    A language that no column names is detected; one that hardly occurs is the bank's main one.
    Raises KefuError naming file, line and column; ids with a text in common are problems.
    """
    variants: list[Variant] = []
    problems: list[str] = []
    seen: dict[str, Variant] = {}
    for line, cells in read_rows(file, wanted=BANK):
        source = f"{file}, line {line}"
        faq_id, text = (_cell(cells, column, source, wanted=BANK) for column in ("faq_id", "variant"))
        if faq_id == NONE:
            raise KefuError(f"{source}, column faq_id: found {NONE}, which in queries says that none answers")
        if not plain(text):
            raise KefuError(f"{source}, column variant: found no words; wanted a question")
        variant = Variant(faq_id, text, _language(cells, text, detect), source)
        before = seen.setdefault(plain(text), variant)
        if before is variant:
            variants.append(variant)
        else:
            problems.append(_twice(before, variant))
            variants += [variant] if before.faq_id != variant.faq_id else []
    if not variants:
        raise KefuError(f"{file} holds no row; wanted at least two ids, with the columns {BANK}")
    return Bank(tuple(_settled(variants)), tuple(problems))


def read_queries(file: Path, bank: Bank, *, detect: Detect) -> list[Query]:
    """Read queries (CSV or JSONL: query, faq_id or NONE, if there language and accept, ``a|b``).

    Raises KefuError naming file, line and column, for an id that the bank lacks too.
    """
    known = {one.faq_id for one in bank.variants}
    queries = []
    for line, cells in read_rows(file, wanted=QUERIES):
        source = f"{file}, line {line}"
        text = str(_there(cells, "query", source, wanted=QUERIES))
        wanted = _cell(cells, "faq_id", source, wanted=QUERIES)
        others = [name.strip() for name in str(cells.get("accept") or "").split("|") if name.strip()]
        names = tuple(dict.fromkeys([*([] if wanted == NONE else [wanted]), *others]))
        for name in set(names) - known:
            raise KefuError(
                f"{source}: found the id {name}, which the bank does not hold; wanted {_few(known)}"
            )
        language = _language(cells, text, detect)
        queries.append(Query(text, names, language if language in bank.languages else bank.languages[0]))
    if not queries:
        raise KefuError(f"{file} holds no row; wanted at least one, with the columns {QUERIES}")
    return queries


def _settled(variants: Sequence[Variant]) -> Iterator[Variant]:
    """The variants in languages that the bank is really in: "iPhone 15" in a Chinese bank is no English."""
    counts = Counter(one.language for one in variants)
    main = counts.most_common(1)[0][0]
    for one in variants:
        yield one if counts[one.language] >= FEW * len(variants) else replace(one, language=main)


def _passage(faq_id: str, language: str, variants: Sequence[Variant]) -> Passage:
    return Passage(
        passage_id=faq_id,
        language=language,
        title="",
        questions=tuple(one.text for one in variants),
        answer="",
        category="",
        clause=None,
        source=variants[0].source,
        updated=datetime.fromtimestamp(0, tz=timezone.utc),
    )


def _language(cells: dict[str, Any], text: str, detect: Detect) -> str:
    """The language of the row's own column, else the detected one; what is neither counts as English."""
    given = str(cells.get("language") or "").strip().lower()
    return given or ("zh" if detect(text) == "zh" else "en")


def _twice(before: Variant, again: Variant) -> str:
    if before.faq_id == again.faq_id:
        return f"{again.source}: {again.text!r} of {again.faq_id} stands in {before.source} already; left out"
    return (
        f"{again.source}: {again.text!r} belongs to {again.faq_id} here and to {before.faq_id} in "
        f"{before.source}; no ranking can tell them apart"
    )


def _cell(cells: dict[str, Any], column: str, source: str, *, wanted: str) -> str:
    value = str(_there(cells, column, source, wanted=wanted)).strip()
    if not value:
        raise KefuError(f"{source}, column {column}: found nothing; wanted {wanted}")
    return value


def _there(cells: dict[str, Any], column: str, source: str, *, wanted: str) -> Any:
    if cells.get(column) is None:
        names = ", ".join(name for name in cells if name) or "none"
        raise KefuError(f"{source}: found no {column} (columns here: {names[:80]}); wanted: {wanted}")
    return cells[column]


def _few(names: set[str]) -> str:
    """Some of ``names``, for an error."""
    shown = ", ".join(sorted(names)[:5])
    return f"one of {shown}{' …' if len(names) > 5 else ''}"
