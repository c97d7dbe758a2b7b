"""Token buckets by a clock of the test's own."""

from __future__ import annotations

from kefu.channels.limits import MOST_BUCKETS, Limiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_as_many_at_once_as_the_size_then_one_by_one() -> None:
    clock = Clock()
    limiter = Limiter(3, seconds=60, clock=clock)
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 20]
    assert limiter.wait("b") == 0
    clock.now = 20.0
    assert limiter.wait("a") == 0
    assert limiter.wait("a") == 20
    clock.now = 1000.0
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 20]


def test_a_size_of_zero_is_no_limit() -> None:
    limiter = Limiter(0, seconds=60)
    assert not any(limiter.wait("a") for _ in range(1000))


def test_it_forgets_who_was_there_least_lately() -> None:
    limiter = Limiter(1, seconds=60, clock=Clock())
    for n in range(MOST_BUCKETS + 1):
        limiter.wait(str(n))
    assert limiter.wait("0") == 0
    assert limiter.wait(str(MOST_BUCKETS)) > 0
