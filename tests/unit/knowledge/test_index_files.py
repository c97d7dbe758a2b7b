"""The large index as files: bad ones are named and never served, a new one is put in place at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.errors import ConfigError, ModelError
from kefu.knowledge.building import build, compact, with_vectors
from kefu.knowledge.delta import Changes
from kefu.knowledge.filed import FINE, VECTORS
from kefu.knowledge.index import LargeIndex
from kefu.knowledge.manifest import FORMAT, NAME
from kefu.knowledge.shelf import Shelf
from tests.contracts.test_finder import THINGS, TOOLS, ids, index, passages
from tests.unit.knowledge.fakes import fake_embed, passage


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> LargeIndex:
    return index(passages(), tmp_path_factory.mktemp("built"))


def cut(folder: Path, name: str = VECTORS) -> None:
    file = folder / "en" / name
    os.truncate(file, file.stat().st_size // 2)


def cut_words(folder: Path) -> None:
    file = max((folder / "en" / "words").iterdir(), key=lambda path: path.stat().st_size)
    os.truncate(file, file.stat().st_size // 2)


def say(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
    (folder / NAME).write_text(json.dumps({**manifest, **changes}), encoding="utf-8")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "vectors cut": (cut, rf"{VECTORS} has [\d,]+ bytes that are not those of the manifest"),
    "fine rows cut": (lambda folder: cut(folder, FINE), rf"{FINE} has [\d,]+ bytes that are not those"),
    "fine rows gone": (lambda folder: (folder / "en" / FINE).unlink(), f"{FINE} is missing"),
    "an index of before": (lambda folder: say(folder, format=1), f"format 1; wanted format {FORMAT}"),
    "words cut": (cut_words, "not those of the manifest"),
    "a file gone": (lambda folder: (folder / "zh" / "ids.txt").unlink(), "ids.txt is missing"),
    "another version": (lambda folder: say(folder, format=99), f"format 99; wanted format {FORMAT}"),
    "another encoder": (lambda folder: say(folder, encoder="other"), "encoder other; wanted encoder fake"),
    "a manifest cut": (lambda folder: os.truncate(folder / NAME, 40), "wanted a manifest"),
    "another thing": (lambda folder: (folder / NAME).write_text("[1]"), "holds a list; wanted a manifest"),
    "no manifest": (lambda folder: (folder / NAME).unlink(), "wanted an index of passages"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_index_is_named_with_the_next_step_and_not_served(
    built: LargeIndex, tmp_path: Path, what: str
) -> None:
    spoil, words = BAD[what]
    folder = shutil.copytree(built.folder, tmp_path / "index-bad")
    spoil(folder)
    with pytest.raises(ModelError, match=words) as told:
        LargeIndex.open(folder, tools=TOOLS)
    assert "built anew" in str(told.value)


def put(shelf: Shelf, built: LargeIndex) -> Path:
    folder = shutil.copytree(built.folder, shelf.aside())
    shelf.put(folder)
    return folder


def test_the_index_before_serves_where_the_current_one_is_bad(built: LargeIndex, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(ModelError, match="holds no index yet"):
        shelf.open(TOOLS)
    oldest, first, second = (put(shelf, built) for _ in range(3))
    assert shelf.open(TOOLS).folder == second
    assert not oldest.is_dir(), "what nobody reads stays"
    cut(second)
    assert shelf.open(TOOLS).folder == first
    cut(first)
    with pytest.raises(ModelError, match=second.name):
        shelf.open(TOOLS)


def test_one_process_builds_at_a_time(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with shelf.locked() as first, Shelf(tmp_path).locked() as second:
        assert (first, second) == (True, False)
    with shelf.locked() as again:
        assert again


def test_an_index_written_anew_with_its_changes_answers_the_same(built: LargeIndex, tmp_path: Path) -> None:
    new = passage("zeppelin", title="zeppelin", questions=("may i fly the zeppelin", "zeppelin rides"))
    moved = replace(passages()[1], title="airship", questions=("where is the airship", "airship harbour"))
    changed = built.with_changes(Changes(7, (new, moved), (("kettle", "en"), ("never", "zh"))))
    compact(built.folder, tmp_path / "new", changed.delta, tools=TOOLS, counter=7)
    written = LargeIndex.open(tmp_path / "new", tools=TOOLS)
    assert (written.count, written.manifest.counter, len(written.delta)) == (changed.count, 7, 0)
    assert written.waste > 0
    for text in ("may i fly the zeppelin", "where is the airship", "tell me about refund", "kettle please"):
        assert ids(written, text)[0] == ids(changed, text)[0]
    assert "kettle" not in ids(written, "kettle please", k=20)
    again = written.with_changes(Changes(8, (), (("zeppelin", "en"),)))
    compact(written.folder, tmp_path / "newer", again.delta, tools=TOOLS, counter=8)
    assert "zeppelin" not in ids(LargeIndex.open(tmp_path / "newer", tools=TOOLS), "zeppelin rides", k=20)


def test_a_question_that_was_kept_back_is_there_in_the_end(built: LargeIndex) -> None:
    for thing in THINGS:
        assert built.search(f"need help with {thing}", "en")[0].passage_id == thing


def test_nothing_makes_no_index(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no passage with a question"):
        build(tmp_path / "index", with_vectors([], fake_embed), tools=TOOLS, counter=1)


def test_another_language_is_not_taken(built: LargeIndex) -> None:
    assert not built.takes(Changes(2, (passage(language="fr"),), ()))
    assert built.takes(Changes(2, (passage(),), (("x", "fr"),)))


def test_an_encoder_can_be_opened_behind_the_index() -> None:
    """usearch loaded first ends the process as soon as ONNX Runtime opens a model."""
    told = (
        "from kefu.knowledge.vectors import VectorIndex; VectorIndex.new(4)\n"
        "from onnx import TensorProto as T, helper as h; import onnxruntime\n"
        "ends = [h.make_tensor_value_info(name, T.FLOAT, [1]) for name in 'xy']\n"
        "graph = h.make_graph([h.make_node('Identity', ['x'], ['y'])], 'g', ends[:1], ends[1:])\n"
        "model = h.make_model(graph, opset_imports=[h.make_opsetid('', 13)], ir_version=8)\n"
        "onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])\n"
        "print('open')"
    )
    shown = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert shown.stdout.strip() == "open", shown.stderr
