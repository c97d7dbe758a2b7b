"""Every form of file gives rows with their places; what is not what it says is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kefu.errors import ConfigError
from kefu.knowledge.readers import documents
from kefu.knowledge.readers.files import contents, form_of, read
from kefu.knowledge.readers.rows import Reading, guarded, named, unguarded
from tests.support.papers import bomb, docx, locked, pdf

PAGE = """<!doctype html><html><head><title>t</title><script>var a = "How?";</script></head><body>
<nav><h2>Where?</h2>menu</nav><h1>Help</h1><p>What you may ask.</p>
<h2>Shipping</h2>
<details><summary>When does it
 arrive?</summary><p>In 3 days, see <a href="https://x.example/t">the table</a>.</p>
<ul><li>at home</li><li>at <b>work</b></li></ul></details>
<p>between</p>
<h2>Paying</h2>
<h3>Which cards?</h3><p>Visa.<br>PayPal.</p>
<dl><dt>May I pay later</dt><dd>Yes.</dd></dl>
<h3>About us</h3>
<footer><h3>Newsletter?</h3></footer></body></html>"""

OURS = """# gift
category: payment
updated: 2026-11-22
valid_to: 2026-12-31

## en
title: Gift cards
- gift card?
- pay with a gift card

Enter its code.

## zh
title: 礼品卡
- 礼品卡怎么用
- 能用礼品卡吗

输入卡号。

# Second
category: x
updated: 2026-11-22
"""


SENT = "In 3 days, see the table (https://x.example/t).\n- at home\n- at work"
PLAIN = "---\na: b\n---\n# FAQ\n\n## It\n\n### Where is it?\n\nOn its **way**.\n\n- one\n- two\n\n### None\n"


def rows_of(data: str | bytes, form: str) -> Reading:
    return read(data.encode() if isinstance(data, str) else data, form, name="f")


def told(reading: Reading) -> list[tuple[str, str, str]]:
    cells = [(row.place, named(row.cells.items())) for row in reading.rows]
    return [(place, found.get("question", ""), found["answer"]) for place, found in cells]


def test_csv_counts_lines_as_an_editor_does() -> None:
    found = rows_of('Question;Answer\nA?;"one\ntwo"\n\nB?;three\nC?\nD?;"four', "csv")
    assert told(found) == [("line 2", "A?", "one\ntwo"), ("line 5", "B?", "three")]
    assert [(bad.place, bad.reason.split(":")[0]) for bad in found.bad] == [
        ("line 6", "found 1 cells; wanted 2 as in the header"), ("line 7", "no CSV")]  # fmt: skip


TRADITIONAL = [("怎麼退貨？", "簽收後三十天內可以退貨，運費由顧客承擔，請保留包裝。")] * 3
SIMPLIFIED = [
    ("怎么退货？", "签收后三十天内可以退货，运费由顾客承担，请保留包装。"),
    ("What about shoes?", "The same."),
    ("什么时候发货？", "付款后两个工作日之内发货，节假日顺延。"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5"])
def test_csv_is_read_in_the_encoding_that_it_is_in(encoding: str) -> None:
    rows = TRADITIONAL if encoding == "big5" else SIMPLIFIED
    text = "question,answer\n" + "".join(f"{question},{answer}\n" for question, answer in rows)
    assert [(question, answer) for _, question, answer in told(rows_of(text.encode(encoding), "csv"))] == rows


def test_a_fault_in_utf_8_is_not_taken_for_another_encoding() -> None:
    data = "question,answer\n怎么退货？,三十天内可以退货，请保留包装\n".encode() + b"a?,b\xff\n"
    with pytest.raises(ConfigError, match=r"f, line 3: byte \d+ is no UTF-8"):
        rows_of(data, "csv")


def test_json_in_its_usual_shapes() -> None:
    plain = [{"question": "A?", "answer": "one"}, {"q": "B?", "answer": ["two", "three"]}, 7]
    listed = rows_of(json.dumps(plain), "json")
    assert told(listed) == [("item 1", "A?", "one"), ("item 2", "B?", "two\nthree")]
    assert [(bad.place, bad.reason) for bad in listed.bad] == [("item 3", "found int; wanted an object")]
    schema = {"@type": "FAQPage", "mainEntity": [{"name": "A?", "acceptedAnswer": {"text": "one"}}]}
    assert told(rows_of(json.dumps(schema), "json")) == [("item 1", "A?", "one")]
    lines = rows_of('{"question": "A?", "answer": "one"}\n\n{"question"\n', "jsonl")
    assert told(lines) == [("line 1", "A?", "one")] and lines.bad[0].place == "line 3"


def test_a_page_gives_what_it_asks_and_leaves_its_menus_out() -> None:
    found = rows_of(PAGE, "html")
    assert told(found) == [
        ("line 4", "When does it arrive?", SENT),
        ("line 9", "Which cards?", "Visa.\nPayPal."),
        ("line 10", "May I pay later", "Yes."),
    ]  # fmt: skip
    assert [row.cells["category"] for row in found.rows] == ["Shipping", "Paying", "Which cards?"]
    unclosed = rows_of("<dl><dt>May I<dd>Yes.<dt>Must I<dd>No.</dl>", "html")
    assert [(question, answer) for _, question, answer in told(unclosed)] == [
        ("May I", "Yes."),
        ("Must I", "No."),
    ]
    assert rows_of("<h2>Why?</h2><h2>How?</h2><p>So.</p>", "html").bad[0].reason == (
        "“Why?” has no answer below")  # fmt: skip


def test_markdown_of_any_kind() -> None:
    found = rows_of(PLAIN, "markdown")
    assert told(found) == [("line 8", "Where is it?", "On its way.\n- one\n- two")] and found.bad == ()
    own = rows_of(OURS, "markdown")
    assert [(row.cells["id"], row.cells["language"], row.cells["valid_to"]) for row in own.rows] == [
        ("gift", "en", "2026-12-31"), ("gift", "zh", "2026-12-31")]  # fmt: skip
    assert [(bad.place, "passage id" in bad.reason) for bad in own.bad] == [("line 20", True)]


def test_word_by_styles_by_form_and_by_tables() -> None:
    styled = docx([("Heading 1", "Orders"), ("Heading 2", "Where is it?"), ("Normal", "On its way."),
                   ("List Bullet", "by ship")],
                  table=[["Question", "Answer"], ["Lost?", "We look."], ["", ""]])  # fmt: skip
    found = rows_of(styled, "docx")
    assert told(found) == [("paragraph 2", "Where is it?", "On its way.\n- by ship"),
                           ("table 1, row 2", "Lost?", "We look.")]  # fmt: skip
    plain = docx([("bold", "Q: May I return it?"), ("Normal", "A: Yes."), ("Normal", "Really.")])
    assert told(rows_of(plain, "docx")) == [("paragraph 1", "May I return it?", "Yes.\nReally.")]


def test_pdf_by_the_size_of_letters_and_by_form() -> None:
    sized = pdf([("Help", 24), ("Where is my", 16), ("order", 16), ("It is on its way and will arrive", 11),
                 ("soon.", 11)], [("May I cancel", 16), ("Yes, before it ships.", 11)])  # fmt: skip
    assert told(rows_of(sized, "pdf")) == [
        ("page 1", "Where is my order", "It is on its way and will arrive soon."),
        ("page 2", "May I cancel", "Yes, before it ships.")]  # fmt: skip
    plain = pdf([("Where is it?", 11), ("On its way.", 11), ("Lost?", 11), ("We look.", 11)])
    assert told(rows_of(plain, "pdf")) == [
        ("page 1", "Where is it?", "On its way."),
        ("page 1", "Lost?", "We look."),
    ]


TEXT = pdf([("Where is it?", 11), ("On its way.", 11)])


@pytest.mark.parametrize(
    ("data", "form", "wanted"),
    [
        (b"", "csv", "f is empty"),
        (b" \n", "pdf", "f is empty"),
        (b"question,answer\n", "csv", "found no question"),
        (b"<html><body>gone</body></html>", "csv", "page of HTML"),
        (TEXT, "csv", "is a PDF; wanted csv"),
        (docx([("Normal", "x")]), "json", "zip archive"),
        (b"<html>", "pdf", "is no PDF"),
        (TEXT[:60], "pdf", "damaged PDF"),
        (locked(TEXT, "secret"), "pdf", "locked with a password"),
        (pdf([]), "pdf", "pictures and no text"),
        (b"%PDF-", "docx", "no Word file"),
        (b"PK\x03\x04 and no more", "docx", "no Word file"),
        (b"[" * 100_000, "json", "nested too deep"),
        (b"{,}", "json", "line 1: no JSON"),
        (b'{"a": 1}', "json", "wanted a list"),
        (b"<p>words</p>", "html", "found no question"),
    ],
    # not the bytes: those of the locked PDF are others each time, and pytest-xdist compares the names
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_what_is_not_what_it_says_is_named(data: bytes, form: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        rows_of(data, form)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bomb(12)
    assert len(data) < 100_000
    monkeypatch.setattr(documents, "MOST_UNPACKED", 10_000_000)
    with pytest.raises(ConfigError, match="unpacks to 12,"):
        rows_of(data, "docx")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as out:
        out.truncate(200_000_000)
    monkeypatch.setattr(Path, "open", lambda *_a, **_k: pytest.fail("was opened"))
    with pytest.raises(ConfigError, match=r"200,000,000 bytes; at most 50,000,000 are read \(--most-mb\)"):
        contents(large)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    for path, wanted in [(tmp_path / "no.csv", "No such file"), (tmp_path, "is no file")]:
        with pytest.raises(ConfigError, match=wanted):
            contents(path)
    with pytest.raises(ConfigError, match=r"\.xlsx; wanted one of \.csv"):
        form_of("a.xlsx")


@pytest.mark.parametrize("cell", ["=1+1", "'=1", "''-a", "+49", "- one", "yes", "'tis", ""])
def test_no_cell_is_a_formula_and_none_is_lost(cell: Any) -> None:
    assert unguarded(guarded(cell)) == cell and not guarded(cell).startswith(("=", "+", "-", "@"))


def test_a_file_of_200_mb_is_refused_by_its_size_and_not_read(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)  # a hole: nothing is written
    with pytest.raises(ConfigError, match=r"faq\.csv has 200,000,000 bytes; at most 50,000,000 are read"):
        contents(file)
