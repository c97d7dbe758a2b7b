"""What is owed is tried again until the store is back, and what it refuses for good is not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from kefu.channels import insisting
from kefu.channels.insisting import insist
from kefu.errors import DuplicateKey, Overtaken, StoreError


def failing(*errors: Exception) -> tuple[Callable[[], Coroutine[Any, Any, str]], list[Exception]]:
    left = list(errors)

    async def work() -> str:
        if left:
            raise left.pop(0)
        return "kept"

    return work, left


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insisting, "AT_FIRST", (0.01,))
    monkeypatch.setattr(insisting, "LATER", 0.01)


async def test_a_store_that_comes_back_is_used() -> None:
    work, left = failing(*[StoreError("away")] * 5)
    assert await insist(work) == "kept" and left == []


async def test_it_ends_with_the_stores_own_words() -> None:
    work, left = failing(*[StoreError("away")] * 50)
    with pytest.raises(StoreError, match="away"):
        await insist(work, seconds=0.1)
    assert 0 < len(left) < 48


@pytest.mark.parametrize("kind", [DuplicateKey, Overtaken])
async def test_what_asking_again_does_not_change_is_not_asked_again(kind: type[StoreError]) -> None:
    work, left = failing(kind("so it is"), StoreError("away"))
    with pytest.raises(kind):
        await insist(work)
    assert len(left) == 1
