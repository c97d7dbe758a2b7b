"""What Hypothesis draws for the machine: wishes, moods, times, and what goes with a yes."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from kefu.shop.operation import Item, Operation
from tests.support.money.provider import MOODS
from tests.support.money.shop import ORDERS, SESSIONS

FITS = {
    "processing": ("cancel", "refund"), "pending_payment": ("cancel",), "completed": ("refund",),
    "active": ("refund",), "delivered": ("return", "exchange"),
}  # fmt: skip
EVERYTHING = ("cancel", "refund", "return", "exchange")


class Behind(NamedTuple):
    """What goes with a yes in the same step: a step for each would seldom come in this order."""

    settles: bool  # else the process ends between the commit and the call of the provider
    mood: str  # the provider's
    decides: bool | None  # on what a limit hands to a supervisor, where it is decided at once
    crashes: int | None  # at which statement of a first try, which is then done again
    asks: tuple[timedelta, str] | None  # reconcile: after how long, and the provider's mood then
    arrives: bool  # goods that come back are received at once


pieces = st.sampled_from((None, 1, 1, 1, 2, 3, 0, -1, 99))
some_lines = st.lists(
    st.builds(Item, st.sampled_from((1, 2)), pieces), min_size=1, max_size=2, unique_by=lambda i: i.line
)


@st.composite
def any_wish(draw: st.DrawFn) -> Operation:
    """A wish about any order; more often than not one that was possible when the shop began."""
    number = draw(st.sampled_from(sorted(ORDERS)))
    _, status, _, bought = ORDERS[number]
    items = draw(st.one_of(st.just([]), some_lines))
    return Operation(
        kind=draw(st.sampled_from(FITS[status] * 3 + EVERYTHING)),
        order_number=number,
        items=tuple(item for item in items if item.line <= len(bought)),
        reason=draw(st.sampled_from(("unwanted", "damaged", "damaged", None))),
        variant="white",
    )


wishes = any_wish()
moods = st.sampled_from(MOODS)
sessions = st.sampled_from(sorted(SESSIONS))
times = st.sampled_from([timedelta(minutes=m) for m in (1, 9, 10, 60, 8 * 24 * 60, 31 * 24 * 60)])
seldom = st.sampled_from((False, False, False, True))
often = st.sampled_from((True, True, True, False))
what_follows = st.builds(
    Behind,
    settles=often,
    mood=moods,
    decides=st.sampled_from((None, True, True, False)),
    crashes=st.sampled_from((None, None, None, None, 5, 15, 30, 45, 70)),
    asks=st.one_of(st.none(), st.tuples(times, moods)),
    arrives=st.booleans(),
)
limits = st.sampled_from((20_000, 20_000, 100_000, 6_000, 3_000, 0))
any_number = st.integers(0, 1_000)
