"""The sets of the benchmark: what is read, what is left out, and folds that share nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nlu.own import LANGUAGES, cut, own_folder
from benchmarks.nlu.sets import FOLDS, BenchSet, bench_sets, chosen_sets, load_splits
from kefu.errors import ConfigError
from tests.support.project import ROOT

SET = BenchSet("tiny", "tiny", "train", outside=True)


def write(folder: Path, name: str, *rows: tuple[str, str]) -> None:
    lines = [json.dumps({"text": text, "intent": intent}) for text, intent in rows]
    (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [("where is my parcel", "track"), ("track the parcel", "track"), ("give me money back", "refund")]
    for name in ("train", "dev", "test"):
        write(tmp_path, name, *rows)
    write(tmp_path, "oos_test", ("sing me a song", "oos"))
    return tmp_path


def test_every_split_is_read(folder: Path) -> None:
    splits = load_splits(SET, folder=folder)
    assert {name: len(kept) for name, kept in splits.reads.items()} == {
        "clean": 3, "typos": 3, "dev": 3, "outside": 1,
    }  # fmt: skip
    assert len(splits.train) == 3


def test_typos_change_texts_and_nothing_else(folder: Path) -> None:
    reads = load_splits(SET, folder=folder).reads
    assert all(a.text != b.text for a, b in zip(reads["clean"], reads["typos"], strict=True))
    assert [e.intent for e in reads["clean"]] == [e.intent for e in reads["typos"]]


def test_a_limit_keeps_the_first_of_each_class(folder: Path) -> None:
    splits = load_splits(SET, folder=folder, limit=1)
    assert [e.text for e in splits.train] == ["where is my parcel", "give me money back"]


def test_the_digest_is_that_of_the_split(folder: Path) -> None:
    before = load_splits(SET, folder=folder)
    write(folder, "test", ("where is my parcel", "refund"))
    after = load_splits(SET, folder=folder)
    assert before.digest("train") == after.digest("train")
    assert before.digest("clean") != after.digest("clean")
    assert before.files != after.files


def test_sets_are_chosen_by_name() -> None:
    assert [one.name for one in chosen_sets(["own"])] == [f"own-{fold}" for fold in range(1, FOLDS + 1)]
    assert [one.name for one in chosen_sets(["snips"])] == ["snips"]
    assert [one.name for one in chosen_sets([])] == list(bench_sets())
    with pytest.raises(ConfigError, match="snap; there are .*snips"):
        chosen_sets(["snap"])


@given(st.lists(st.tuples(st.text("ab ", min_size=1), st.sampled_from("xy"), st.sampled_from(LANGUAGES))))
def test_one_text_is_in_one_fold(rows: list[tuple[str, str, str]]) -> None:
    given_rows = [dict(zip(("text", "intent", "language"), row, strict=True)) for row in rows]
    homes: dict[str, set[int]] = {}
    for row, fold in zip(given_rows, cut(given_rows), strict=True):
        homes.setdefault(" ".join(row["text"].casefold().split()), set()).add(fold)
    assert all(len(folds) == 1 and folds <= set(range(1, FOLDS + 1)) for folds in homes.values())


def test_folds_have_a_fair_share_of_every_intent() -> None:
    rows = [{"text": f"{i} {n}", "intent": i, "language": "en"} for i in "abc" for n in range(23)]
    counts = Counter((row["intent"], fold) for row, fold in zip(rows, cut(rows), strict=True))
    assert set(counts.values()) == {4, 5}


def test_the_own_data_is_cut_into_folds_that_share_nothing(tmp_path: Path) -> None:
    nlu = tmp_path / "nlu"
    for language, text in (("en", "where is [KF1](order)"), ("zh", "[KF1](order)在哪")):
        (nlu / language).mkdir(parents=True)
        lines = "".join(f"    - {text} {n}\n" for n in range(10))
        (nlu / language / "orders.yml").write_text(
            f'version: "3.1"\nnlu:\n- intent: track\n  examples: |\n{lines}'
        )
    folder = own_folder(nlu, work=tmp_path / "work")
    for fold in range(1, FOLDS + 1):
        splits = load_splits(bench_sets()[f"own-{fold}"], folder=folder)
        texts = [{e.text for e in kept} for kept in (splits.train, splits.reads["clean"])]
        assert (len(texts[0]), len(texts[1]), texts[0] & texts[1]) == (16, 4, set())
        assert Counter(splits.languages) == {"en": 2, "zh": 2}
        assert {(e.text[s.start : s.end], s.entity) for e in splits.train for s in e.spans} == {
            ("KF1", "order")
        }


def test_the_project_has_own_data_of_both_languages() -> None:
    assert all(list((ROOT / "data" / "nlu" / language).glob("*.yml")) for language in LANGUAGES)
