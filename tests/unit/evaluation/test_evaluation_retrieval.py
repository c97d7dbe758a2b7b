"""Retrieval on files from outside: what is read, what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from kefu.errors import KefuError
from kefu.evaluation.retrieval_figures import Answer, retrieval_figures, wrong_by_coverage
from kefu.evaluation.retrieval_files import Bank, read_bank, read_queries


def detect(text: str) -> str | None:
    """Chinese characters are Chinese; letters with an accent French, as a detector might err."""
    if any("\u4e00" <= char <= "\u9fff" for char in text):
        return "zh"
    return "fr" if "é" in text else "en"


def file_of(folder: Path, content: str | bytes, name: str = "bank.csv") -> Path:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    return folder / name


def bank_of(folder: Path, content: str) -> Bank:
    return read_bank(file_of(folder, content), detect=detect)


def answer(wanted: str, found: str, probability: float = 0.9) -> Answer:
    """Ids are single letters."""
    return Answer("?", tuple(wanted), tuple(found), probability, threshold=0.5, seconds=0.002)


def test_figures_are_shares() -> None:
    answers = [
        answer("a", "abcd", 0.9),
        answer("a", "bacd", 0.8),
        answer("a", "bcda", 0.4),
        answer("ad", "dbca", 0.3),
        answer("", "abcd", 0.7),
        answer("", "abcd", 0.1),
    ]
    told = retrieval_figures(answers, fit_seconds=1.5)
    assert (told.answerable, told.unanswerable) == (4, 2)
    assert (told.recall_1, told.recall_3) == (0.5, 0.75)
    assert told.mean_reciprocal_rank == pytest.approx((1 + 1 / 2 + 1 / 4 + 1) / 4)
    assert told.auroc == pytest.approx(6 / 8)
    assert told.handled == pytest.approx(2 / 6)  # one right answer, one right silence
    assert (told.coverage, told.withheld) == (0.5, 0.5)
    assert told.wrong == pytest.approx(2 / 3)
    assert told.wrong_at_90 == 0.5
    assert (told.median_ms, told.fit_seconds) == (pytest.approx(2.0), 1.5)
    assert "recall@1" in told.as_table() and len(told.as_table().splitlines()) == len(told.as_dict())


def test_wrong_answers_at_90_percent_leave_out_the_least_sure() -> None:
    answers = [answer("a", "ab", 0.9)] * 9 + [answer("a", "ba", 0.6)]
    assert retrieval_figures(answers, fit_seconds=0).wrong_at_90 == 0


def test_what_nothing_can_tell_is_none() -> None:
    only_known = retrieval_figures([answer("a", "ab", 0.1)], fit_seconds=0)
    assert (only_known.auroc, only_known.withheld, only_known.wrong) == (None, None, None)
    only_unknown = retrieval_figures([answer("", "ab", 0.1)], fit_seconds=0)
    assert (only_unknown.recall_1, only_unknown.coverage, only_unknown.wrong_at_90) == (None, None, None)
    assert only_unknown.handled == 1


def test_nothing_found_is_no_answer() -> None:
    empty = answer("a", "", 0.0)
    assert (empty.right, empty.given, empty.handled, empty.rank) == (False, False, False, None)


def test_wrong_answers_by_coverage() -> None:
    answers = [answer("", "a", 0.5), answer("a", "a", 0.9), answer("a", "b", 0.4), answer("a", "a", 0.8)]
    coverage, wrong = wrong_by_coverage(answers)
    assert coverage.tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1])
    assert wrong.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 4])


def test_a_bank_with_bom_and_any_column_order_is_read(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, '\ufeffvariant,note,FAQ_ID\r\nhow long?,x,refund\r\n"a, b",,pay\r\n')
    assert [(one.faq_id, one.text, one.language) for one in bank.variants] == [
        ("refund", "how long?", "en"),
        ("pay", "a, b", "en"),
    ]
    assert [(p.passage_id, p.questions, p.title, p.answer) for p in bank.passages()] == [
        ("refund", ("how long?",), "", ""),
        ("pay", ("a, b",), "", ""),
    ]


def test_languages_are_detected_and_few_words_of_another_are_the_banks_own(tmp_path: Path) -> None:
    rows = "".join(f"id{n % 3},中文问题{n}\n" for n in range(11))
    bank = bank_of(tmp_path, f"faq_id,variant\n{rows}id0,iPhone 15\n")
    assert bank.languages == ("zh",)
    both = bank_of(tmp_path, "faq_id,variant\na,how long\nb,té how\na,多久\nb,怎么付\n")
    assert both.languages == ("en", "zh")
    assert [(p.passage_id, p.language) for p in both.passages()] == [
        ("a", "en"), ("b", "en"), ("a", "zh"), ("b", "zh")
    ]  # fmt: skip


def test_a_column_says_the_language(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, "faq_id,variant,language\na,wo ist es,DE\nb,wie lange,\n")
    assert bank.languages == ("de", "en")


def test_texts_in_two_places_are_told_with_their_lines(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, "faq_id,variant\na,How long?\nb,how long\na,how LONG\nb,pay\n")
    again, twice = bank.problems[0], bank.problems[1]
    assert "bank.csv, line 3" in again and "line 2" in again and "no ranking can tell them apart" in again
    assert "bank.csv, line 4" in twice and "left out" in twice
    assert [one.faq_id for one in bank.variants] == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("faq_id,text\na,b\n", r"line 2: found no variant \(columns here: faq_id, text\); wanted: faq_id"),
        ("faq_id,variant\n", "holds no row; wanted at least two ids"),
        ("", "holds no row"),
        ("faq_id,variant\n,how\n", "line 2, column faq_id: found nothing"),
        ("faq_id,variant\na,?!\n", "line 2, column variant: found no words"),
        ("faq_id,variant\nNONE,how\n", "line 2, column faq_id: found NONE"),
        ("faq_id,variant\na,退款多久".encode("gb18030"), "line 2: not UTF-8; save the file as UTF-8"),
        ("faq_id,variant\na,one, two\n", "line 2: found 3 cells for 2 columns"),
    ],
)
def test_a_bad_bank_is_refused_with_its_line(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    with pytest.raises(KefuError, match=complaint):
        read_bank(file_of(tmp_path, content), detect=detect)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KefuError, match="found no file .*none.csv; wanted: .*faq_id, variant"):
        read_bank(tmp_path / "none.csv", detect=detect)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return bank_of(tmp_path, "faq_id,variant\na,how long\na,until when\nb,pay\n")


def test_queries_are_read(tmp_path: Path, bank: Bank) -> None:
    rows = "query,faq_id,accept\nhow long is it,a,\nwhat is up,NONE,\npay till when,a,b|a\n多久,b,\n,NONE,\n"
    queries = read_queries(file_of(tmp_path, rows, "queries.csv"), bank, detect=detect)
    assert [query.wanted for query in queries] == [("a",), (), ("a", "b"), ("b",), ()]
    assert {query.language for query in queries} == {"en"}  # the bank has no Chinese


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("query\nhow\n", "line 2: found no faq_id"),
        ("query,faq_id\nhow,\n", "line 2, column faq_id: found nothing"),
        ("query,faq_id\nhow,c\n", "line 2: found the id c, which the bank does not hold; wanted one of a, b"),
        ("query,faq_id,accept\nhow,a,b|z\n", "found the id z"),
        ("query,faq_id\n", "holds no row"),
    ],
)
def test_bad_queries_are_refused_with_their_line(
    tmp_path: Path, bank: Bank, content: str, complaint: str
) -> None:
    with pytest.raises(KefuError, match=complaint):
        read_queries(file_of(tmp_path, content, "queries.csv"), bank, detect=detect)
