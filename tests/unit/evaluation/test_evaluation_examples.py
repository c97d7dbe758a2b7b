"""Files from outside: whatever shape of CSV or JSONL, and complaints that name file, line and column."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.errors import KefuError
from kefu.evaluation.examples import NONE, Labelled, read_examples, read_labelled
from kefu.evaluation.predictions import Prediction, write_predictions
from kefu.language.examples import Span

NEED = ("text", "intent")
CITY = {"start": 3, "end": 8, "entity": "city"}


def written(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_bytes(content.encode("utf-8"))
    return file


def test_a_table_from_another_program_is_read(tmp_path: Path) -> None:
    table = (
        "\ufeffnote,Intent ,language,text,accept\r\n"
        'x,greet,en,"line one\r\nline ""two""",hi | hello\r\n'
        "\r\n"
        ',bye,,"",\r\n'
    )
    first, second = read_labelled(written(tmp_path, "a.csv", table), need=NEED)
    assert (first.text, first.intent, first.language) == ('line one\r\nline "two"', "greet", "en")
    assert (first.accept, first.line) == (("hi", "hello"), 2)
    assert (second.text, second.intent, second.accept, second.language) == ("", "bye", (), None)
    assert (second.line, second.source) == (5, f"{tmp_path}/a.csv, line 5")


def test_lines_of_json_are_read(tmp_path: Path) -> None:
    rows = [
        {"text": "to Paris", "intent": "go", "accept": ["fly", "ride"], "entities": [CITY]},
        {"text": "one\u2028line", "intent": 7, "entities": []},
        {"text": "\ud83d", "intent": NONE, "entities": None},
    ]  # fmt: skip
    content = "\n".join(
        [json.dumps(rows[0]), "", json.dumps(rows[1], ensure_ascii=False), json.dumps(rows[2])]
    )
    go, seven, none = read_labelled(written(tmp_path, "a.jsonl", content), need=NEED)
    assert go.spans == (Span(3, 8, "city"),) and go.accept == ("fly", "ride")
    assert (seven.text, seven.intent, seven.spans, seven.line) == ("one\u2028line", "7", (), 3)
    assert (none.text, none.outside, none.spans) == ("\ufffd", True, None)


def test_entities_may_stand_in_a_table(tmp_path: Path) -> None:
    content = 'text,entities\nto Paris,"[{""start"": 3, ""end"": 8, ""entity"": ""city""}]"\n'
    (row,) = read_labelled(written(tmp_path, "a.csv", content), need=("text", "entities"))
    assert row.spans == (Span(3, 8, "city"),)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "holds no example"),
        ("a.csv", "text,intent\n", "holds no example"),
        ("a.csv", "message,label\nhi,greet\n", "line 2, column text: found no text (columns here: message"),
        ("a.csv", "text,intent\nhi,greet\nho\n", "line 3, column intent: found no intent"),
        ("a.csv", 'text,intent\n"a\nb", \n', "line 2, column intent: found nothing; wanted a label"),
        ("a.csv", "text,intent\nwell, hi,greet\n", "line 2: found 3 cells for 2 columns"),
        ("a.csv", 'text,intent\nhi,greet\n"never closed,greet\nhi,greet\n', "line 3: not CSV"),
        ("a.jsonl", '{"text": "hi", "intent": "x"}\n{"text": ', "line 2: not JSON"),
        ("a.jsonl", "[1]", "line 1: found list; write one object a line"),
        ("a.jsonl", '{"text": 5, "intent": "x"}', "line 1, column text: found int; wanted a string"),
        ("a.jsonl", '{"text": "hi", "intent": ["x"]}', "line 1, column intent: found list"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "accept": [1]}', "line 1, column accept"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "entities": {}}', "line 1, column entities: found dict"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "entities": [{"start": 1}]}', "line 1, column entities"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "entities": "no"}', "line 1, column entities: not JSON"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "entities": [{"start": 0, "end": 3, "entity": "a"}]}',
         "found 0 to 3 in a text of 2 characters"),
        ("a.jsonl", '{"text": "hi", "intent": "x", "entities": [{"start": true, "end": 2, "entity": "a"}]}',
         "line 1, column entities"),
    ],
)  # fmt: skip
def test_a_complaint_names_file_line_and_column(tmp_path: Path, name: str, content: str, words: str) -> None:
    file = written(tmp_path, name, content)
    with pytest.raises(KefuError) as raised:
        read_labelled(file, need=NEED)
    assert str(file) in str(raised.value) and words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_what_is_not_utf8_or_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,intent\nhi,greet\n" + "你好,greet\n".encode("gb18030"))
    with pytest.raises(KefuError, match="line 3: not UTF-8"):
        read_labelled(tmp_path / "a.csv", need=NEED)
    with pytest.raises(KefuError, match="wanted: CSV or JSONL with the columns text, intent"):
        read_labelled(tmp_path / "b.csv", need=NEED)


def test_other_columns_are_read_for_retrieval_as_before(tmp_path: Path) -> None:
    content = '{"text": " how? ", "passage": ""}\n{"text": "where", "passage": 12}\n'
    wanted = [{"text": "how?", "passage": ""}, {"text": "where", "passage": "12"}]
    assert read_examples(written(tmp_path, "a.jsonl", content), columns=("text", "passage")) == wanted


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(), st.text(min_size=1).filter(lambda name: name.strip() == name)), min_size=1)
)
def test_what_a_csv_writer_wrote_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    rows = [(text.replace("\0", ""), label.replace("\0", "x")) for text, label in rows]
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("text", "intent"), *rows])
    file = written(tmp_path_factory.mktemp("csv"), "a.csv", stream.getvalue())
    found = [(row.text, row.intent) for row in read_labelled(file, need=NEED)]
    assert found == [(text, label.strip()) for text, label in rows]


def test_predictions_are_a_line_a_row_in_order(tmp_path: Path) -> None:
    rows = [Labelled('odd "text"\r with, marks', "a", language="en"), Labelled("", "b")]
    found = [Prediction("a", "a", 0.75, 0.25), Prediction(NONE, "b", 0.5)]
    write_predictions(tmp_path / "out.csv", rows, found)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert first == {"text": 'odd "text"\r with, marks', "intent": "a", "predicted": "a",
                     "confidence": "0.75", "strangeness": "0.25", "language": "en"}  # fmt: skip
    assert (second["predicted"], second["strangeness"], second["language"]) == (NONE, "", "")


def test_without_languages_there_is_no_such_column(tmp_path: Path) -> None:
    write_predictions(tmp_path / "out.csv", [Labelled("hi", "a")], [Prediction("a", "a", 1.0, 0.0)])
    assert (tmp_path / "out.csv").read_text().splitlines()[0].count(",") == 4
