"""Money: shares and parts always add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.errors import ConfigError
from kefu.shop.money import Money, part, split

prices = st.lists(st.integers(0, 100_000), min_size=1, max_size=8)


@given(prices, st.data())
def test_shares_add_up_and_stay_within_their_weights(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))

    shares = split(amount, weights)

    assert sum(shares) == (amount if sum(weights) else 0)
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 50_000))
def test_two_shares_are_proportional_to_the_cent(left: int, right: int, amount: int) -> None:
    shares = split(min(amount, left + right), [left, right])
    assert abs(shares[0] * (left + right) - min(amount, left + right) * left) <= left + right


def test_the_rest_of_the_rounding_is_on_the_last_line() -> None:
    assert split(100, [1000, 1000, 1000]) == [33, 33, 34]
    assert split(3, [1000, 1000, 1000, 0]) == [1, 1, 1, 0]


@given(st.integers(0, 100_000), st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_pieces_taken_in_any_steps_add_up(amount: int, steps: list[int]) -> None:
    total, before, parts = sum(steps), 0, []
    for step in steps:
        parts.append(part(amount, pieces=step, before=before, of=total))
        before += step
    assert sum(parts) == amount
    assert all(value >= 0 for value in parts)


def test_amounts_are_read_and_shown_exactly() -> None:
    assert Money.parse("200.00", "USD") == Money(20000, "USD")
    assert str(Money(990, "USD").decimal) == "9.90"
    assert Money(500, "USD") + Money(1, "USD") - Money(1, "USD") == Money(500, "USD")
    assert Money(2, "USD") > Money(1, "USD")


@pytest.mark.parametrize("text", ["", "two", "1.005", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="wanted one like 200.00"):
        Money.parse(text, "USD")


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(ConfigError, match="one currency"):
        Money(1, "USD") + Money(1, "EUR")
