"""Rows become passages or reasons against them; what is written is read back the same."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.knowledge.days import as_end, as_first, end_moment, first_moment
from kefu.knowledge.differences import difference, lines
from kefu.knowledge.drafts import Draft, Reader
from kefu.knowledge.passages import Passage
from kefu.knowledge.readers.files import read
from kefu.knowledge.readers.rows import Bad, Row
from kefu.knowledge.writing import write_csv, write_json
from tests.unit.knowledge.test_passages import FakeClause

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone.utc)
SHANGHAI = ZoneInfo("Asia/Shanghai")
READER = Reader(NOW, {"return.1": FakeClause({"days": "30"})}, lambda text: "en", zone=SHANGHAI)


def drafts(*rows: Mapping[str, str], reader: Reader = READER) -> tuple[list[Draft], list[Bad]]:
    return reader.drafts((Row(f"line {n}", cells) for n, cells in enumerate(rows, 2)), source="f.csv")


def test_a_row_with_question_and_answer_is_enough() -> None:
    (draft,), bad = drafts({"Question": " How  do I\tpay? ", "Answer": "By card.\r\n\r\n\r\nOr cash. "})
    assert bad == [] and draft.place == "line 2"
    assert draft.passage == Passage("how-do-i-pay", "en", "How do I pay?", ("How do I pay?",),
                                    "By card.\nOr cash.", "faq", None, "f.csv", NOW)  # fmt: skip


def test_every_column_is_read() -> None:
    (draft,), _ = drafts({
        "faq_id": "Q_12", "lang": "zh-CN", "title": "退货", "questions": "几天？\n多久？\n几天？",
        "answer": "{return.1:days} 天",
        "category": "returns", "clause": "return.1", "source": "handbook", "updated": "2026-01-02",
        "valid_from": "2026-12-01", "valid_to": "2026-12-31",
    })  # fmt: skip
    assert draft.passage == Passage(
        "Q_12", "zh", "退货", ("几天？", "多久？"), "{return.1:days} 天", "returns", "return.1", "handbook",
        datetime(2026, 1, 2, tzinfo=timezone.utc),
        valid_from=datetime(2026, 11, 30, 16, tzinfo=timezone.utc),
        valid_to=datetime(2026, 12, 31, 16, tzinfo=timezone.utc),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"question": "A?"}, "found no answer"),
        ({"answer": "A."}, "found no question"),
        ({"answer": "<p> </p>", "question": "A?"}, "found no answer"),
        ({"question": "A?", "answer": "x\0y"}, r"answer holds a control character \(U\+0000\)"),
        ({"question": "A\ud800?", "answer": "x"}, r"question holds half a character \(U\+D800\)"),
        ({"question": "A?" * 300, "answer": "x"}, "600 characters; wanted at most 500"),
        ({"question": "A?", "answer": "x" * 8_001}, "8,001 characters"),
        ({"question": "A?", "answer": "x", "language": "fr"}, "the column says the language 'fr'"),
        ({"question": "A?", "answer": "x", "id": "a b"}, "found the id 'a b'"),
        ({"question": "A?", "answer": "{return.1:weeks}"}, "clause return.1 has no weeks"),
        ({"question": "A?", "answer": "{name}"}, "wanted {clause:param}"),
        ({"question": "A?", "answer": "x", "clause": "return.9"}, "needs the clause return.9"),
        ({"question": "A?", "answer": "x", "updated": "yesterday"}, "updated: found 'yesterday'"),
        ({"question": "A?", "answer": "x", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "before"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_kept(cells: dict[str, str], reason: str) -> None:
    found, (bad,) = drafts({"question": "Good?", "answer": "Yes."}, cells)
    assert [draft.passage.title for draft in found] == ["Good?"] and bad.place == "line 3"
    assert re.search(reason, bad.reason)


def test_another_language_is_told_not_guessed() -> None:
    french = Reader(NOW, {}, lambda text: "fr")
    assert drafts({"question": "Où ?", "answer": "Ici."}, reader=french)[1][0].reason.startswith(
        "it reads as"
    )
    ours = Reader(NOW, {}, lambda text: "fr", language="en")
    assert drafts({"question": "Menu?", "answer": "Crêpes."}, reader=ours)[0][0].passage.language == "en"
    assert (
        drafts({"question": "怎么付款？", "answer": "刷卡。"}, reader=french)[0][0].passage.language == "zh"
    )


def test_rows_of_one_id_are_one_passage_where_they_answer_the_same() -> None:
    (draft,), (bad,) = drafts(
        {"id": "p", "question": "A?", "answer": "x"},
        {"id": "p", "question": "B?", "answer": "x"},
        {"id": "p", "question": "C?", "answer": "y"},
    )
    assert draft.passage.questions == ("A?", "B?") and "another answer in line 2" in bad.reason


def test_markup_is_read_as_text() -> None:
    (draft,), _ = drafts({"question": "<b>A</b>?", "answer": "<p>One</p><script>alert(1)</script>&amp; two"})
    assert (draft.passage.title, draft.passage.answer) == ("A?", "One\n& two")


def test_a_difference_says_what_comes_differs_stays_and_goes() -> None:
    old, _ = drafts({"question": "A?", "answer": "x"}, {"question": "B?", "answer": "x"})
    later = Reader(NOW + timedelta(days=1), {}, lambda text: "en")
    new, _ = drafts({"question": "A?", "answer": "x"}, {"question": "B?", "answer": "y"},
                    {"question": "C?", "answer": "z"}, reader=later)  # fmt: skip
    standing = {(d.passage.passage_id, "en"): d.passage for d in old}
    found = difference(new, standing, gone=[old[0].passage])
    assert [p.title for p in found.added] == ["C?"] and found.same == (old[0].passage,)
    assert [(a.answer, b.answer) for a, b in found.changed] == [("x", "y")] and len(found.removed) == 1
    assert list(lines(*found.changed[0]))[:3] == ["answer:", "- x", "+ y"]
    assert not difference(old, standing)


LINE = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
WORDS = LINE.filter(lambda text: text and "{" not in text and "}" not in text and "<" not in text)
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1), timezones=st.just(timezone.utc))


def stable(text: str) -> str:
    """As an import leaves it: composed characters, single spaces."""
    (draft,), _ = drafts({"question": "A?", "answer": text, "language": "en"})
    return draft.passage.answer


@st.composite
def kept_passages(draw: st.DrawFn) -> Passage:
    text = WORDS.map(stable)
    first, end = draw(st.none() | MOMENTS), draw(st.none() | MOMENTS)
    ordered = first is None or end is None or first < end
    return Passage(
        passage_id=draw(st.from_regex(r"[A-Za-z0-9]{1,8}(-[a-z]{1,5})?", fullmatch=True)),
        language=draw(st.sampled_from(["en", "zh"])), title=draw(text),
        questions=tuple(draw(st.lists(text, min_size=1, max_size=4, unique=True))),
        answer="\n".join(draw(st.lists(text, min_size=1, max_size=3))), category=draw(text),
        clause=draw(st.sampled_from([None, "return.1"])), source=draw(text), updated=draw(MOMENTS),
        valid_from=first if ordered else None, valid_to=end,
    )  # fmt: skip


@settings(max_examples=50)
@given(st.lists(kept_passages(), min_size=1, max_size=5, unique_by=lambda p: (p.passage_id, p.language)))
def test_what_is_exported_is_imported_the_same(passages: list[Passage]) -> None:
    for form, write in (("csv", write_csv), ("json", write_json)):
        out = io.StringIO()
        assert write(passages, out, zone=SHANGHAI) == len(passages)
        reading = read(out.getvalue().encode("utf-8-sig"), form, name="f")
        found, bad = READER.drafts(reading.rows, source="f")
        assert (bad, reading.bad, [draft.passage for draft in found]) == ([], (), passages)


@given(MOMENTS, st.sampled_from([timezone.utc, SHANGHAI, ZoneInfo("America/New_York")]))
def test_a_moment_is_written_so_that_it_is_read_the_same(moment: datetime, zone: ZoneInfo) -> None:
    assert first_moment(as_first(moment, zone), zone) == moment == end_moment(as_end(moment, zone), zone)
    day = moment.astimezone(zone).date().isoformat()
    assert as_first(first_moment(day, zone), zone) == day == as_end(end_moment(day, zone), zone)
