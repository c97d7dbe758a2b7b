"""What is built once for each state of a change counter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from kefu.store import Store, Transaction
from kefu.store.kept import Kept


def test_only_the_value_of_the_asked_count_is_given() -> None:
    kept = Kept()
    kept.put("catalogue", 3, "three")
    assert (kept.get("catalogue", 3), kept.get("catalogue", 4), kept.get("passages", 3)) == (
        "three",
        None,
        None,
    )


def test_a_late_value_of_an_older_count_replaces_nothing() -> None:
    kept = Kept()
    kept.put("catalogue", 4, "four")
    kept.put("catalogue", 3, "three")
    assert (kept.get("catalogue", 4), kept.get("catalogue", 3)) == ("four", None)


def test_threads_share_what_one_of_them_built(shop_store: Store) -> None:
    def names(tx: Transaction) -> tuple[str, ...]:
        return tuple(product.name_en for product in tx.products.all())

    def read(_: int) -> tuple[str, ...]:
        with shop_store.read() as tx:
            return tx.kept("catalogue", names)

    first = read(0)
    with ThreadPoolExecutor(4) as threads:
        assert all(found is first for found in threads.map(read, range(20)))
    with shop_store.write() as tx:
        product = tx.products.get("P101")
        assert product is not None
        tx.products.put([product])
    assert read(0) == first and read(0) is not first
