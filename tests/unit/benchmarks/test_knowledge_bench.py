"""The benchmark of retrieval: passages come from a seed, vectors are kept, the page tells the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.files import read_json
from benchmarks.knowledge.embeddings import PART, Embeddings
from benchmarks.knowledge.made import MadePassages
from benchmarks.knowledge.table import BEGIN, END, block, draw
from kefu.knowledge.passages import Passage
from tests.support.project import ROOT


def some(seed: int) -> list[Passage]:
    made = MadePassages(seed)
    return [made[number].passage for number in range(3_000)]


def test_equal_seeds_make_equal_passages_of_which_none_comes_twice() -> None:
    first = some(0)
    assert first == some(0) != some(1)
    assert len({(one.language, one.title) for one in first}) == len(first)
    assert len(MadePassages(0)) > 1_000_000
    assert MadePassages(0).digest() == MadePassages(0).digest() != MadePassages(1).digest()


def test_no_passage_holds_the_wording_that_is_asked() -> None:
    made = MadePassages(0)
    for number in range(0, len(made), 10_007):
        one = made[number]
        assert one.query not in (*one.passage.questions, one.passage.title)
        assert len(one.passage.questions) == made.questions(number)
        assert one.passage.language == made.language(number)
        assert "{" not in "".join((*one.passage.questions, one.passage.answer, one.query))


def test_vectors_are_embedded_once_and_come_back_in_their_order(tmp_path: Path) -> None:
    asked: list[str] = []

    def embed(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts])

    kept = Embeddings(tmp_path, MadePassages(0), embed)
    kept.prepare(200, say=lambda words: None)
    before = len(asked)
    kept.prepare(PART, say=lambda words: None)
    assert len(asked) == before
    for number, vectors in kept.rows(200):
        questions = kept.made[number].passage.questions
        assert vectors[:, 0].tolist() == [len(question) for question in questions]
    last = kept.made[123].passage.questions[-1]
    assert kept.of([(123, kept.made.questions(123) - 1)])[0, 0] == len(last)


def test_the_page_tells_the_files() -> None:
    results = [read_json(file) for file in sorted((ROOT / "results" / "knowledge").glob("*.json"))]
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == f"\n{block(results)}"


def test_the_picture_is_drawn_from_the_files(tmp_path: Path) -> None:
    results = [read_json(file) for file in sorted((ROOT / "results" / "knowledge").glob("*.json"))]
    draw(tmp_path / "growth.png", results)
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
