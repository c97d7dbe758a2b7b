"""The figures of sentiment and urgency, and the file that they are measured on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kefu.cli import evaluate_sentiment
from kefu.errors import KefuError
from kefu.evaluation.sentiment import measure_sentiment

ROOT = Path(__file__).parents[3]
HELD_OUT = ROOT / "tests" / "held_out" / "sentiment.csv"
WANTED = [
    {"text": "a", "sentiment": "negative", "urgency": "high", "language": "en"},
    {"text": "b", "sentiment": "negative", "urgency": "low", "language": "en"},
    {"text": "c", "sentiment": "positive", "urgency": "low", "language": "zh"},
    {"text": "d", "sentiment": "neutral", "urgency": "low"},
]
FOUND = [
    {"sentiment": "negative", "urgency": "low"},
    {"sentiment": "neutral", "urgency": "low"},
    {"sentiment": "positive", "urgency": "low"},
    {"sentiment": "neutral", "urgency": "low"},
]


def test_each_head_and_language_has_its_shares() -> None:
    report = measure_sentiment(WANTED, FOUND)
    sentiment, urgency = report.heads["sentiment"], report.heads["urgency"]
    assert (sentiment.accuracy, urgency.accuracy) == (0.75, 0.75)
    assert sentiment.classes["negative"]["recall"] == 0.5
    assert urgency.classes["high"]["f1-score"] == 0.0
    assert urgency.macro_f1 == pytest.approx((0 + 6 / 7) / 2)
    assert report.languages == {
        "en": {"sentiment": 0.5, "urgency": 0.5},
        "zh": {"sentiment": 1.0, "urgency": 1.0},
    }
    assert "negative" in report.as_table() and "4 examples" in report.as_table()


def test_a_row_without_a_label_is_named_before_any_model_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,sentiment,urgency\nhello,neutral,low\nhi,neutral,\n", encoding="utf-8")
    with pytest.raises(KefuError, match="line 3: found no urgency"):
        evaluate_sentiment.sentiment(file, as_json=False, model=None)


def test_nothing_of_the_held_out_file_was_learnt() -> None:
    with HELD_OUT.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    learnt = {
        row["text"].casefold().strip()
        for file in (ROOT / "data" / "sentiment").glob("*.csv")
        for row in csv.DictReader(file.open(encoding="utf-8", newline=""))
    }
    assert [row["text"] for row in rows if row["text"].casefold() in learnt] == []
    assert {(row["sentiment"], row["urgency"]) for row in rows} <= {
        (feeling, haste) for feeling in ("negative", "neutral", "positive") for haste in ("low", "high")
    }
    assert [row["language"] for row in rows].count("zh") == len(rows) / 2
