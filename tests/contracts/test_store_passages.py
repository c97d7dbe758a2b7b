"""Passages in the store: what changed, what is gone, what is in force; the same on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kefu.errors import DuplicateKey
from kefu.store import Store, schema
from kefu.store.knowledge_records import Passage, PassageSource
from kefu.store.migrations import downgrade
from tests.contracts.test_migrations import connected, make_old, upgrade_to
from tests.support.databases import NOW

DAY = timedelta(days=1)


def passage(passage_id: str = "a", language: str = "en", **fields: Any) -> Passage:
    told = {"title": f"Title {passage_id}", "questions": ("one?", "two?"), "answer": "Yes.", "category": "c",
            "clause": None, "source": "a.csv", "updated": NOW, **fields}  # fmt: skip
    return Passage(passage_id=passage_id, language=language, **told)


def keys(passages: Any) -> list[tuple[str, str]]:
    return [one.key for one in passages]


def test_what_is_put_is_there_in_its_order_and_unchanged(store: Store) -> None:
    rich = passage(
        "b", "zh", clause="return.1", valid_from=NOW, valid_to=NOW + DAY, questions=("几天？", '{"a"}')
    )
    with store.write() as tx:
        assert tx.passages.put([passage("z"), passage("b"), rich]) == 3
        assert tx.passages.put(passage("a")) == 1
    with store.read() as tx:
        assert tx.passages.all() == [passage("z"), passage("b"), rich, passage("a")]
        assert list(tx.passages.each("en")) == [passage("z"), passage("b"), passage("a")]
        assert (tx.passages.count("en"), tx.passages.count("zh"), tx.passages.count("es")) == (3, 1, 0)
        assert tx.passages.get("b", "zh") == rich and tx.passages.get("a", "zh") is None


def test_what_changed_is_told_once_and_what_stayed_is_not(store: Store) -> None:
    with store.write() as tx:
        tx.passages.put([passage("a"), passage("b"), passage("b", "zh"), passage("c")])
    with store.read() as tx:
        first = tx.passages.changes_since(0)
    assert first.counter == store.change_counter("passages")
    assert (sorted(keys(first.upserts)), first.gone) == (sorted([("a", "en"), ("b", "en"), ("b", "zh"),
                                                                 ("c", "en")]), ())  # fmt: skip
    with store.write() as tx:
        assert tx.passages.put([passage("a"), passage("b", answer="No.")]) == 1
        assert tx.passages.remove([("c", "en"), ("c", "zh"), ("nobody", "en")]) == 1
    with store.read() as tx:
        after = tx.passages.changes_since(first.counter)
        assert (after.upserts, after.gone) == ((passage("b", answer="No."),), (("c", "en"),))
        assert tx.passages.changes_since(after.counter) == replace(after, upserts=(), gone=())
    with store.write() as tx:
        tx.passages.put(passage("c"))
    with store.read() as tx:
        again = tx.passages.changes_since(first.counter)
    assert (keys(again.upserts), again.gone) == ([("b", "en"), ("c", "en")], ())


def test_writing_what_stands_there_moves_no_counter(store: Store) -> None:
    loaded = [passage("a"), passage("b")]
    with store.write() as tx:
        tx.passages.replace_all(loaded)
    before = store.change_counter("passages")
    with store.write() as tx:
        assert (tx.passages.put(loaded), tx.passages.remove([("x", "en")])) == (0, 0)
        tx.passages.replace_all(loaded)
    assert store.change_counter("passages") == before


def test_replacing_all_tells_what_differs_and_keeps_the_new_order(store: Store) -> None:
    with store.write() as tx:
        tx.passages.replace_all([passage("a"), passage("b"), passage("c")])
        tx.passage_sources.put(PassageSource("https://shop.example/faq", "urls", "d"))
    before = store.change_counter("passages")
    new = [passage("c"), passage("a", title="Another"), passage("d")]
    with store.write() as tx:
        tx.passages.replace_all(new)
        assert tx.passages.all() == new and tx.passage_sources.of_root("urls") == []
        changes = tx.passages.changes_since(before)
    assert (sorted(keys(changes.upserts)), changes.gone) == ([("a", "en"), ("d", "en")], (("b", "en"),))
    assert changes.counter == before + 1
    with pytest.raises(DuplicateKey, match="passage a"), store.write() as tx:
        tx.passages.replace_all([passage("a"), passage("a", title="Again")])
    with store.read() as tx:
        assert tx.passages.all() == new


def test_emptying_the_store_is_heard_by_who_follows(store: Store) -> None:
    with store.write() as tx:
        tx.passages.put([passage("a"), passage("b")])
    before = store.change_counter("passages")
    with store.write() as tx:
        tx.empty()
        tx.passages.replace_all([passage("b")])
        changes = tx.passages.changes_since(before)
    assert (keys(changes.upserts), changes.gone) == ([("b", "en")], (("a", "en"),))


def test_only_what_is_in_force_is_found(store: Store) -> None:
    with store.write() as tx:
        tx.passages.put([
            passage("always"), passage("over", valid_to=NOW), passage("begins", valid_from=NOW),
            passage("later", valid_from=NOW + DAY, valid_to=NOW + 2 * DAY), passage("other", "zh"),
        ])  # fmt: skip
    asked = ["later", "begins", "over", "other", "always", "nobody", "always"]
    with store.read() as tx:
        assert [one.passage_id for one in tx.passages.find(asked, "en")] == ["begins", "always"]
        tomorrow = tx.passages.titles(asked, "en", at=NOW + DAY)
        assert list(tomorrow.items()) == [(i, f"Title {i}") for i in ("later", "begins", "always")]
        assert list(tx.passages.titles(asked, "en", at=NOW - DAY)) == ["over", "always"]


def test_a_source_knows_what_it_brought(store: Store) -> None:
    page = "https://shop.example/faq"
    with store.write() as tx:
        tx.passages.put(passage("own"))
        assert tx.passages.put([passage("b"), passage("a")], origin=page) == 2
        assert tx.passages.put([passage("b"), passage("a")], origin=page) == 0
        tx.passage_sources.put(PassageSource(page, "urls", "d1", etag='"1"'))
        tx.passage_sources.put(PassageSource(page, "urls", "d2", problem="404", read_at=NOW))
    with store.write() as tx:
        assert tx.passages.of_origin(page) == [passage("b"), passage("a")]
        assert tx.passage_sources.get(page) == PassageSource(page, "urls", "d2", None, None, NOW, "404")
        tx.passages.put(passage("a"))
        assert tx.passages.of_origin(page) == [passage("b")]
        tx.passage_sources.forget([page])
        assert tx.passage_sources.get(page) is None


def test_many_at_once(store: Store) -> None:
    many = [passage(f"p{number}", "en" if number % 2 else "zh") for number in range(2_500)]
    with store.write() as tx:
        assert tx.passages.put(many) == 2_500
        tx.passages.put(replace(many[7], answer="No."))
        assert tx.passages.remove(keys(many[100:2_400])) == 2_300
        assert tx.passages.all() == [*many[:7], replace(many[7], answer="No."), *many[8:100], *many[2_400:]]


def test_up_and_down_with_passages_in_the_tables(databases: Any) -> None:
    url = databases.empty()
    make_old(url, "0009")
    with connected(url) as connection:
        connection.execute(sa.text("UPDATE counters SET value = 5 WHERE name = 'passages'"))
        old = connection.execute(sa.text("SELECT passage_id, language, answer FROM passages")).all()
    assert old
    store = Store.open(url, migrate=True)
    with store.write() as tx:
        everything = tx.passages.changes_since(4)
        assert everything.counter == 5 and tx.passages.changes_since(5).upserts == ()
        assert [(p.passage_id, p.language, p.answer) for p in everything.upserts] == [tuple(r) for r in old]
        assert all(p.valid_from is p.valid_to is None for p in everything.upserts)
        tx.passages.put(passage("new", valid_to=NOW))
        tx.passage_sources.put(PassageSource("https://shop.example/faq", "urls", "d"))
    store.close()
    with connected(url) as connection:
        downgrade(connection, "0009")
        names = (
            connection.execute(sa.text("SELECT passage_id FROM passages ORDER BY position")).scalars().all()
        )
        assert names == [*(row[0] for row in old), "new"]
        upgrade_to(connection, schema.REVISION)
    store = Store.open(url)
    with store.read() as tx:
        assert [p.passage_id for p in tx.passages.changes_since(5).upserts] == names
    store.close()
