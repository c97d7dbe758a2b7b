"""The tables of docs/evaluation.md: every figure in them comes from a result file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.nlu.cells import Cell
from benchmarks.nlu.table import BEGIN, END, block, write_block
from kefu.errors import KefuError
from tests.support.project import ROOT


def result(cell: Cell, *, accuracy: float, typos: float = 0.5, cpu: float = 100.0) -> dict[str, Any]:
    languages = {"en": {"accuracy": accuracy}, "zh": {"accuracy": accuracy - 0.01}}
    machine = {"cpu": "Some CPU", "cores": 2, "memory_gb": 24.0}
    return {
        "cell": cell.as_dict(),
        "figures": {
            "clean": {"accuracy": accuracy, "ece": 0.015} | (languages if cell.set.startswith("own") else {}),
            "typos": {"accuracy": typos},
        },
        "training": {"cpu_seconds": cpu, "commit": "abcdef0123", "dirty": False, "machine": machine,
                     "code": {}, "model_bytes": 22_500_000},
        "reading": {"latency": {"p50_ms": 2.25}},
    }  # fmt: skip


def test_means_and_ranges_over_the_seeds() -> None:
    results = [result(Cell("ours", "snips", seed), accuracy=0.97 + seed / 100) for seed in (0, 1, 2)]
    shown = block(results)
    assert "| accuracy |  |  | 98.0 ± 1.0 | 98.6 JointBERT | ≥ 98.6 |" in shown
    assert "| lost to typos |  |  | 48.0 ± 1.0 |" in shown
    assert "| model file, MB |  |  | 22.5 ± 0.0 |" in shown


def test_it_says_what_was_not_run_and_what_ran_less() -> None:
    stock = result(Cell("stock", "snips", 0, stock_epochs=20), accuracy=0.9)
    head = "| **SNIPS** |  | 1 of 3 runs, 1 seed; 20 epochs instead of 100 | not run | not run |  |  |"
    assert head in block([stock]).splitlines()


def test_the_longest_stock_training_counts_and_no_limited_run() -> None:
    results = [
        result(Cell("stock", "snips", 0), accuracy=0.9),
        result(Cell("stock", "snips", 1, stock_epochs=20), accuracy=0.1),
        result(Cell("stock", "snips", 2, limit=3), accuracy=0.2),
    ]
    shown = block(results)
    assert "| accuracy | 90.0 |" in shown
    assert "From 1 result file" in shown


def test_the_folds_of_the_own_data_are_one_set() -> None:
    results = [result(Cell("ours", f"own-{fold}", 0), accuracy=0.95) for fold in range(1, 6)]
    shown = block(results)
    assert "5 of 15 runs, 1 seed" in shown
    assert "| English accuracy |  |  | 95.0 ± 0.0 |  | ≥ 95 |" in shown
    assert "| gap between languages |  |  | 1.0 ± 0.0 |  | ≤ 2 |" in shown


def test_different_versions_of_the_code_are_told() -> None:
    first, second = (result(Cell("ours", "snips", seed), accuracy=0.9) for seed in (0, 1))
    second["training"]["code"] = {"sources": "other"}
    assert "2 versions of the code" in block([first, second])


def test_the_cost_of_a_resumed_training_is_not_told() -> None:
    once = result(Cell("ours", "snips", 0), accuracy=0.9, cpu=80.0)
    resumed = result(Cell("ours", "snips", 1), accuracy=0.9, cpu=10.0)
    resumed["training"]["resumed"] = True
    assert "| training, CPU s |  |  | 80 |" in block([once, resumed])


def test_the_page_holds_what_the_result_files_say() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "results/nlu"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    results = [json.loads((ROOT / name).read_text(encoding="utf-8")) for name in listed.stdout.split()]
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n{block(results)}{END}" in page, "run python -m benchmarks.nlu --table"


def test_only_the_block_is_written(tmp_path: Path) -> None:
    page = tmp_path / "evaluation.md"
    page.write_text(f"before\n{BEGIN}\nformer figures\n{END}\nafter\n", encoding="utf-8")
    write_block(page, [result(Cell("ours", "snips", 0), accuracy=0.9)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "90.0" in text and "former figures" not in text


def test_a_page_without_a_place_for_it_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "evaluation.md"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(KefuError, match="put both where the tables belong"):
        write_block(page, [])
