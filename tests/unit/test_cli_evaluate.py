"""`kefu evaluate intents` and `entities` on files from outside, trained for real on a tiny BERT."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kefu.cli import console
from kefu.cli.app import app
from tests.support.tiny_bert import save_tiny_bert

TRAIN = """text,intent,language
where is my order,track,en
where is the order,track,en
is my order there,track,en
我的订单到哪了,track,zh
订单到哪了,track,zh
cancel my order,cancel,en
cancel the order,cancel,en
please cancel it,cancel,en
refund my order,退款,en
refund the order,退款,en
我的退款,退款,zh
退款到哪了,退款,zh
退款到哪了,track,zh
how are the stars,NONE,en
"""
TEST = (
    "\ufeffnote,language,intent,accept,text\r\n"
    'x,en,track,,"where is,\r\nmy order"\r\n'
    ",zh,退款,track,退款\r\n"
    ",en,cancel,,cancel cancel\r\n"
    ",,track,,\r\n"
    ",en,NONE,,zzz qqq vvv\r\n"
)
CODE = {"start": 0, "end": 1, "entity": "code"}


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


Kefu = Callable[..., Ran]


@pytest.fixture
def kefu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kefu:
    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["kefu", *map(str, words)])
        status = console.guarded(app, name="kefu")
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    return run


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("bert"))


def file_of(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_bytes(content.encode("utf-8"))
    return folder / name


def quick(tiny: Path) -> list[str]:
    return ["--recipe", f"model={tiny}", "--recipe", "epochs=1"]


def test_a_file_is_trained_on_and_another_measured(kefu: Kefu, tiny: Path, tmp_path: Path) -> None:
    train, test = file_of(tmp_path, "train.csv", TRAIN), file_of(tmp_path, "test.csv", TEST)
    out, plots, kept = tmp_path / "new" / "out.csv", tmp_path / "plots", tmp_path / "kept"
    options = ["--train", train, *quick(tiny), "--seed", 3, "--json"]
    ran = kefu("evaluate", "intents", test, *options, "--predictions", out, "--plots", plots, "--keep", kept)
    assert ran.status == 0, ran.err
    figures = json.loads(ran.out)  # and nothing else on standard output
    for line in (13, 14):  # one text, two labels
        assert f"{train}, line {line}: " in ran.err
    assert figures["training"]["known_out_of_scope"]["examples"] == 1
    assert (figures["examples"], figures["out_of_scope"]["out_of_scope"]) == (5, 1)
    assert figures["training"]["recipe"]["seed"] == 3
    holds(out, figures)
    assert {path.name for path in plots.iterdir()} == {"confusion.png", "reliability.png"}
    again = kefu("evaluate", "intents", test, "--model", kept, "--json")
    assert without_time(json.loads(again.out)) == without_time(figures)


def holds(out: Path, figures: dict[str, Any]) -> None:
    """The file of predictions says the same as the figures."""
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["text"] for row in rows] == [
        "where is,\r\nmy order",
        "退款",
        "cancel cancel",
        "",
        "zzz qqq vvv",
    ]
    accept = [set(), {"track"}, set(), set(), set()]
    right = [row["predicted"] in {row["intent"], *also} for row, also in zip(rows, accept, strict=True)]
    assert sum(right) / 5 == figures["accuracy"] == figures["out_of_scope"]["accuracy"]
    for row in rows:
        assert (row["predicted"] == "NONE") == (float(row["strangeness"]) >= 0.5)
        assert 0.0 <= float(row["confidence"]) <= 1.0 and row["language"] in ("en", "zh", "")


def without_time(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name not in ("latency", "training", "model")}


def test_entities_are_learnt_and_measured(kefu: Kefu, tiny: Path, tmp_path: Path) -> None:
    rows = [
        {"text": f"{letter} my order {word}", "intent": word, "entities": [CODE]}
        for word in ("cancel", "refund")
        for letter in "abcdefgh"
    ]
    train = file_of(tmp_path, "train.jsonl", "\n".join(json.dumps(row) for row in rows))
    ran = kefu("evaluate", "entities", train, "--train", train, *quick(tiny), "--json")
    assert ran.status == 0, ran.err
    figures = json.loads(ran.out)
    assert figures["entities"]["messages"] == 16
    assert {row["entity"]: row["wanted"] for row in figures["entities"]["entities"]} == {"code": 16}
    assert figures["latency"]["messages"] == 16 and figures["latency"]["mean_ms"] > 0


@pytest.mark.parametrize(
    "content",
    [
        "text,intent\nhello,only\n",  # one class, one example
        "text,intent\nhello,a\nhello,b\n,a\n👍,b\n" + "x " * 1000 + ",a\n",
        'text,intent\n"a\x07b 凭什么不能退？","label with $, ""quotes"" and 空格"\nwhere is it,😀\n',
    ],
    ids=["one example", "empty, emoji, long, two labels", "odd labels"],
)
def test_odd_training_files_are_no_crash(kefu: Kefu, tiny: Path, tmp_path: Path, content: str) -> None:
    file = file_of(tmp_path, "odd.csv", content)
    ran = kefu("evaluate", "intents", file, "--train", file, *quick(tiny))
    assert ran.status == 0, ran.err
    assert "accuracy" in ran.out and "CPU time" in ran.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seed", "3"], "--seed without --train"),
        (["--keep", "somewhere"], "--keep without --train"),
        (["--recipe", "epochs=3"], "--recipe without --train"),
        (["--train", "{test}", "--model", "{test}"], "name one"),
        (["--train", "{test}", "--recipe", "epochs"], "wanted key=value"),
        (["--train", "{test}", "--recipe", "epoch=3"], "Did you mean epochs"),
        (["--train", "no.csv"], "no.csv; wanted: CSV or JSONL with the columns text, intent"),
        (["--train", "{none}"], "out of scope; give one with an intent"),
        (["--train", "{test}", "--keep", "{full}"], "name a new folder"),
        (["--predictions", "/proc/no/out.csv"], "cannot write /proc/no/out.csv"),
        (["--plots", "{test}"], "cannot make the folder"),
        (["--model", "no.tar.gz"], "no model archive at no.tar.gz"),
    ],
)
def test_an_error_is_one_line(kefu: Kefu, tmp_path: Path, options: list[str], words: str) -> None:
    test = file_of(tmp_path, "test.csv", "text,intent\nhi,greet\n")
    none = file_of(tmp_path, "none.csv", "text,intent\nhi,NONE\n")
    named = [option.format(test=test, none=none, full=tmp_path) for option in options]
    ran = kefu("evaluate", "intents", test, *named)
    assert (ran.status, ran.out) == (1, "")
    *_, line = ran.err.splitlines()
    assert line.startswith("kefu: ") and words in line and "not foreseen" not in line


def test_a_file_without_the_columns_is_refused(kefu: Kefu, tmp_path: Path) -> None:
    file = file_of(tmp_path, "a.jsonl", '{"text": "hi", "intent": "greet"}\n')
    ran = kefu("evaluate", "entities", file)
    found = "found no entities (columns here: text, intent)"
    assert ran.err == f"kefu: {file}, line 1, column entities: {found}; wanted: text, entities\n"
