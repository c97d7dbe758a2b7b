"""Passages of a real store: what is added is found within two seconds, what is deleted is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kefu.components import finding
from kefu.components.finding import Passages
from kefu.components.following import Following
from kefu.components.wiring import StoreSource
from kefu.knowledge import finder as finders
from kefu.knowledge.index import LargeIndex, Tools
from kefu.knowledge.manifest import NAME
from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Ranker
from kefu.knowledge.recent import Recent
from kefu.knowledge.shelf import Shelf
from kefu.store import Store
from kefu.store.knowledge_records import Passage as Stored
from tests.contracts.test_finder import THINGS, ids, passages
from tests.unit.knowledge.fakes import fake_embed, passage, topical_passages

WITHIN = 2.0  # seconds
TOOLS = Tools(fake_embed, "fake", list, lambda: datetime.now(timezone.utc))
ZEPPELIN = passage("zeppelin", title="zeppelin", questions=("may i fly the zeppelin", "zeppelin rides"))


@dataclass
class Shop:
    """A store with passages, and what makes finders of them."""

    store: Store
    making: Passages
    fits: list[int]

    def put(self, *found: Passage) -> None:
        with self.store.write() as tx:
            tx.passages.put([Stored(**vars(one)) for one in found])

    def remove(self, *keys: tuple[str, str]) -> None:
        with self.store.write() as tx:
            tx.passages.remove(keys)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    url = f"sqlite:///{tmp_path / 'kefu.db'}"
    store, fits = Store.open(url, migrate=True), []

    def fit(found: list[Passage]) -> Ranker:
        fits.append(len(found))
        return Ranker.fit(found, embed=fake_embed)

    making = Passages(StoreSource(url), topical_passages, fit, TOOLS, Shelf(tmp_path / "knowledge"))
    made = Shop(store, making, fits)
    yield made
    store.close()


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few passages are many here: the large index serves."""
    monkeypatch.setattr(finders, "RANKER_MOST", 20)


def watched(shop: Shop) -> Following:
    following = shop.making.following()
    following.watch(name="test-passages")
    return following


def took(true: Callable[[], bool], *, longest: float = 60.0) -> float:
    """Seconds until it is true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < longest, f"not within {longest} seconds"
        time.sleep(0.02)
    return time.monotonic() - began


def first(following: Following, text: str) -> str:
    return ids(following.value, text)[0]


def test_a_ranker_is_told_of_changes_at_once_and_learns_them_behind(shop: Shop) -> None:
    shop.put(*passages())
    following = watched(shop)
    assert isinstance(following.value, Recent)
    shop.put(ZEPPELIN)
    assert took(lambda: first(following, "may i fly the zeppelin") == "zeppelin") < WITHIN
    took(lambda: len(shop.fits) == 2 and not len(following.value.delta))
    assert first(following, "may i fly the zeppelin") == "zeppelin"
    shop.remove(("zeppelin", "en"))
    assert took(lambda: "zeppelin" not in ids(following.value, "zeppelin rides", k=20)) < WITHIN


def test_a_large_index_is_told_of_changes_at_once(shop: Shop, many: None) -> None:
    shop.put(*passages())
    following = watched(shop)
    assert following.value.languages == (), "there is no index yet, and nothing is answered"
    took(lambda: isinstance(following.value, LargeIndex))
    shop.put(ZEPPELIN)
    assert took(lambda: first(following, "may i fly the zeppelin") == "zeppelin") < WITHIN
    shop.remove(("zeppelin", "en"))
    assert took(lambda: "zeppelin" not in ids(following.value, "zeppelin rides", k=20)) < WITHIN
    assert shop.fits == []


def test_a_start_finds_the_index_of_the_last_one_and_what_changed_since(shop: Shop, many: None) -> None:
    shop.put(*passages())
    first_one = watched(shop)
    took(lambda: isinstance(first_one.value, LargeIndex))
    folder = shop.making.shelf.current()
    shop.put(ZEPPELIN)
    shop.remove(("kettle", "en"))
    again = shop.making.following()
    assert isinstance(again.value, LargeIndex) and again.value.folder == folder
    assert first(again, "zeppelin rides") == "zeppelin"
    assert "kettle" not in ids(again.value, "kettle please", k=20)


def test_many_changes_are_written_into_a_new_index(
    shop: Shop, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "COMPACT_ABOVE", 1)
    shop.put(*passages())
    following = watched(shop)
    took(lambda: isinstance(following.value, LargeIndex))
    old = shop.making.shelf.current()
    shop.put(ZEPPELIN, replace(ZEPPELIN, passage_id="airship", title="airship", questions=("airships fly",)))
    took(lambda: shop.making.shelf.current() != old and following.value.folder != old)
    assert len(following.value.delta) == 0
    assert first(following, "may i fly the zeppelin") == "zeppelin"


def test_a_damaged_index_is_not_served_and_a_new_one_is_built(shop: Shop, many: None) -> None:
    shop.put(*passages())
    built = watched(shop)
    took(lambda: isinstance(built.value, LargeIndex))
    folder = shop.making.shelf.current()
    assert folder is not None
    (folder / NAME).write_text("{", encoding="utf-8")
    following = watched(shop)
    assert following.value.languages == ()
    took(lambda: isinstance(following.value, LargeIndex))
    assert shop.making.shelf.current() != folder
    assert first(following, f"tell me about {THINGS[0]}") == THINGS[0]


def test_without_passages_in_the_store_the_packaged_ones_serve_until_there_are_some(shop: Shop) -> None:
    following = watched(shop)
    assert (first(following, "tell me about coupon"), following.source) == ("coupon", "packaged")
    shop.put(*(replace(one, passage_id=f"own-{one.passage_id}") for one in passages()))
    took(lambda: first(following, "tell me about coupon") == "own-coupon")
    assert following.source == "stored"


def test_without_a_store_the_packaged_passages_serve_until_there_is_one(shop: Shop, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'later.db'}"
    making = replace(shop.making, source=StoreSource(url))
    following = making.following()
    following.watch(name="test-later")
    assert first(following, "tell me about coupon") == "coupon"
    later = Store.open(url, migrate=True)
    Shop(later, making, []).put(*(replace(one, passage_id=f"own-{one.passage_id}") for one in passages()))
    took(lambda: first(following, "tell me about coupon") == "own-coupon")
    later.close()
