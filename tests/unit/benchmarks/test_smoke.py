"""The harness works: one cell of each kind, trained, read and measured in processes of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.nlu.cells import Cell, Places
from benchmarks.nlu.run import is_current, measure_again, read_json, run_cells
from benchmarks.nlu.table import block
from kefu.errors import KefuError
from kefu.settings import Settings

SAID = {
    "track": ("where is my parcel", "track the package", "when does my order come", "has it been sent yet"),
    "refund": ("give me the money back", "refund this please", "i want my refund", "when is it paid back"),
    "human": ("let me talk to someone", "a real person please", "connect me with an agent", "human now"),
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """The public data where there is such, else a set as small as one can be."""
    data = Settings.load().bench_data
    if not (data / "hwu64").is_dir():
        data = tmp_path / "data"
        write(data / "hwu64", "train_10shot", [0, 1, 2])
        write(data / "hwu64", "test", [3])
    return Places(data=data, results=tmp_path / "results", work=tmp_path / "work")


def write(folder: Path, name: str, numbers: Sequence[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"text": SAID[intent][n], "intent": intent} for intent in SAID for n in numbers]
    (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


@pytest.mark.parametrize("cell", [
    Cell("stock", "hwu64-10shot", 0, limit=1, stock_epochs=2),
    Cell("frozen", "hwu64-10shot", 0, limit=2),
], ids=lambda cell: cell.system)  # fmt: skip
def test_a_cell_is_run_once_and_leaves_one_file(cell: Cell, places: Places) -> None:
    said: list[str] = []
    run_cells([cell], places, again=False, say=said.append)
    (file,) = places.results.iterdir()
    result = read_json(file)
    clean = result["figures"]["clean"]
    assert clean["examples"] > 0 and 0 <= clean["accuracy"] <= 1
    assert result["training"]["cpu_seconds"] > 0 and result["reading"]["latency"]["p50_ms"] > 0
    assert result["training"]["model_bytes"] > 0 and result["training"]["recipe"]
    assert is_current(cell, places)
    run_cells([cell], places, again=False, say=said.append)
    assert said[-1] == "1 of 1 cells are there; 0 to run"
    file.unlink()
    measure_again([cell], places, say=said.append)  # from the readings, without a training
    assert read_json(file) == result
    assert block([result]) == "No result is there yet.\n"  # a limited run is no figure


def test_a_phase_that_fails_says_where_it_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # Python itself ends at once
    with pytest.raises(KefuError, match="training ended with 1; all of it is in .*train.log(?s:.*)encodings"):
        run_cells([Cell("stock", "hwu64-10shot", 0, limit=1)], places, again=False, say=str)
    assert not places.results.exists()
