"""The retrieval benchmark: stand-ins come from a seed, no test split is read, the page tells the files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.retrieval import __main__ as command
from benchmarks.retrieval.cases import STANDINS, Case, cases
from benchmarks.retrieval.run import Places, measure
from benchmarks.retrieval.systems import SYSTEMS, run
from benchmarks.retrieval.table import BEGIN, END, ROWS, block, write_block
from kefu.knowledge.views import as_it_is
from tests.support.project import ROOT
from tests.unit.knowledge.fakes import SAYINGS, TOPICS, fake_embed

CLASSES = [f"{topic}-{kind}" for topic in TOPICS for kind in ("how", "when", "why")]
KNOWLEDGE = ROOT / "data" / "knowledge"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Public data of thirty classes; what a test split would hold is no JSON."""
    folder = tmp_path_factory.mktemp("bench")
    for name in STANDINS:
        (folder / name).mkdir()
        for split in ("train", "dev"):
            lines = [
                json.dumps({"text": f"{split} {saying.format(label)}", "intent": label})
                for label in CLASSES
                for saying in SAYINGS
            ]
            (folder / name / f"{split}.jsonl").write_text("\n".join(lines))
        (folder / name / "test.jsonl").write_text("not to be read")
    (folder / "clinc150" / "oos_dev.jsonl").write_text(json.dumps({"text": "sing a song"}))
    return folder


def drawn(name: str, seed: int, data: Path) -> list[Case]:
    return cases(name, seed, data=data, knowledge=KNOWLEDGE)


@pytest.mark.parametrize("name", [*STANDINS, "few-en", "few-zh"])
def test_equal_seeds_make_equal_stand_ins(data: Path, name: str) -> None:
    (first,), (second,), (other,) = (drawn(name, seed, data) for seed in (0, 0, 1))
    assert first == second and first.digest() == second.digest() != other.digest()
    ids = {one.passage_id for one in first.passages}
    asked = [query for query in first.queries if query.wanted]
    assert {query.wanted[0] for query in asked} <= ids
    assert len(first.queries) - len(asked) > len(asked) * 0.5
    assert all(not one.title and not one.answer for one in first.passages)


def test_own_questions_are_each_held_out_once(data: Path) -> None:
    folds = drawn("own-zh", 0, data)
    held = [query.text for fold in folds for query in fold.queries]
    every = {question for one in folds[0].passages for question in one.questions}
    assert len(held) == len(set(held)) and len(folds) == 5
    for fold in folds:
        known = {(one.passage_id, question) for one in fold.passages for question in one.questions}
        assert not known & {(query.wanted[0], query.text) for query in fold.queries}
    assert every <= set(held) | {q for one in folds[1].passages for q in one.questions}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_finds_what_one_word_tells(data: Path, system: str) -> None:
    (case,) = drawn("bitext", 0, data)
    asked: Sequence[Any] = [query for query in case.queries if query.wanted][:40]
    answers, _ = run(system, case.passages, asked, embed=fake_embed, rewriting=as_it_is)
    assert sum(one.right for one in answers) > 20
    assert {len(one.found) for one in answers} == {len(case.passages)}


def test_a_measurement_is_written_with_where_it_comes_from(data: Path, tmp_path: Path) -> None:
    places = Places(data, KNOWLEDGE, tmp_path)
    result = measure("hwu64", 3, "characters", places, embed=fake_embed, rewriting=as_it_is)
    assert json.loads(places.result("hwu64", 3, "characters").read_text("utf-8")) == result
    assert {"commit", "digests", "machine", "seed", "dirty", "at"} <= set(result)


def told(system: str, seed: int, recall: float) -> dict[str, Any]:
    return {
        "set": "own-en", "seed": seed, "system": system, "passages": 110, "commit": "abcdef0123",
        "dirty": False, "machine": {"cpu": "Some CPU", "cores": 2},
        "figures": {"answerable": 1500, "unanswerable": 10, **dict.fromkeys(ROWS, recall)},
    }  # fmt: skip


def test_means_and_ranges_over_the_seeds() -> None:
    shown = block([told("ours", 0, 0.9), told("ours", 1, 0.94), told("vectors", 0, 0.8)])
    assert "| **own passages, English** | 110 passages, 1,510 queries, 2 seeds |" in shown
    assert "|  | recall@1 |  | 80.0 |  | 92.0 ± 2.0 |" in shown
    assert "|  | handled rightly, of all |  |  |  | 92.0 ± 2.0 |" in shown  # a threshold that ours alone has
    assert "From 3 files" in shown and "abcdef0" in shown
    assert block([]) == "No result is there yet.\n"


def test_only_the_block_is_written(tmp_path: Path) -> None:
    page = tmp_path / "evaluation.md"
    page.write_text(f"before\n{BEGIN}\nformer\n{END}\nafter\n", encoding="utf-8")
    write_block(page, [told("ours", 0, 0.9)])
    text = page.read_text(encoding="utf-8")
    assert "90.0" in text and "former" not in text and text.endswith("after\n")


def test_the_page_holds_what_the_result_files_say() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "results/retrieval"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = sorted(listed.stdout.split())
    results = [json.loads((ROOT / name).read_text(encoding="utf-8")) for name in files]
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n{block(results)}{END}" in page, "run python -m benchmarks.retrieval --table"


def test_an_unknown_set_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kefu.components.wiring.packaged_embedding", lambda: (fake_embed, as_it_is))
    done = CliRunner().invoke(command.app, ["--set", "snips"])
    assert done.exit_code == 1
