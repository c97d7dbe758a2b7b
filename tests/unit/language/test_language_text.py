"""Folding and splitting: every offset points into what the customer typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.text import fold, fold_case, han_count, split


@given(st.text(max_size=80))
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(fold_case(text)) == len(text)


@given(st.text(alphabet="我的訂單鍵盤aZ 1２.,!?@_-'\n👍é\ud800\x00", max_size=60))
def test_pieces_cover_all_that_is_not_white_space_once_and_in_order(text: str) -> None:
    folded = fold(text)
    pieces = split(text)
    assert [folded[p.start : p.end] for p in pieces] == [p.text for p in pieces]
    assert all(a.end <= b.start for a, b in zip(pieces, pieces[1:], strict=False))
    assert "".join(p.text for p in pieces) == "".join(folded.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我要退兩個保溫杯", ["我", "要", "退", "两", "个", "保温杯"]),
        ("第二个", ["第二", "个"]),
        ("where's my order?", ["where's", "my", "order", "?"]),
        ("mail a.b+c@ex-ample.com!!", ["mail", "a.b+c@ex-ample.com", "!!"]),
        ("订单KF10000002到哪了", ["订单", "KF10000002", "到", "哪", "了"]),
        ("$79.00", ["$", "79.00"]),
        ("e-book", ["e-book"]),
        ("ＫＦ１", ["KF1"]),
        ("", []),
        ("  \n", []),
    ],
)
def test_splitting(text: str, words: list[str]) -> None:
    assert [p.text for p in split(text)] == words


def test_traditional_text_reads_as_simplified() -> None:
    assert fold("鍵盤壞了，發票在哪裡？") == "键盘坏了,发票在哪里?"


def test_counting_chinese_characters() -> None:
    assert han_count("我的 order 到哪了") == 5
