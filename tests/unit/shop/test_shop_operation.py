"""Operations survive a trip through a confirmation row, and their hash sees every change."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.errors import KefuError
from kefu.shop.operation import KINDS, REASONS, Item, Operation
from kefu.store.records import Address

words = st.text(max_size=12)
maybe = st.none() | words
items = st.builds(Item, st.integers(1, 9), st.none() | st.integers(1, 9))
operations = st.builds(
    Operation,
    st.sampled_from(KINDS),
    words,
    st.lists(items, max_size=3).map(tuple),
    st.none() | st.sampled_from(REASONS),
    maybe,
    st.none() | st.builds(Address, words, words, words, words, words),
    maybe,
    maybe,
    maybe,
)


@given(operations)
def test_what_is_written_is_read(operation: Operation) -> None:
    assert Operation.from_dict(json.loads(json.dumps(operation.as_dict()))) == operation


@given(operations, operations)
def test_the_hash_is_the_content(one: Operation, other: Operation) -> None:
    assert (one.content_hash() == other.content_hash()) == (one == other)
    assert one.content_hash({"amount": 1}) != one.content_hash({"amount": 2})


def test_unknown_kinds_and_reasons_are_refused() -> None:
    with pytest.raises(KefuError, match="found the operation kind 'steal'; wanted one of cancel"):
        Operation("steal", "KF10000001")
    with pytest.raises(KefuError, match="reason"):
        replace(Operation("return", "KF10000001"), reason="bored")
