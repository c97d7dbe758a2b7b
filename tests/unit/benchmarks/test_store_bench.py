"""The store's benchmark: its shop comes from a seed, a small run measures, the page tells the files."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.files import read_json
from benchmarks.store import __main__ as command
from benchmarks.store.run import Places, run, told
from benchmarks.store.shop import BATCH, LargeShop
from benchmarks.store.table import BEGIN, END, NAMES, block, write_block
from kefu.errors import KefuError
from kefu.store import schema

SMALL = LargeShop(orders=2_000, seed=0)


def rows(large: LargeShop) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for table, some in large.batches():
        assert len(some) <= 10 * BATCH
        found.setdefault(table, []).extend(some)
    return found


def test_equal_seeds_make_equal_shops() -> None:
    assert rows(SMALL) == rows(LargeShop(2_000, 0)) != rows(LargeShop(2_000, 1))


def test_every_row_names_the_columns_of_today_and_no_others() -> None:
    """A bulk insert passes over names that are no columns: what they carried would be missing."""
    shop = rows(SMALL)
    assert {"shipments", "memberships", "entitlements", "returns", "refunds", "payments"} <= set(shop)
    for table, some in shop.items():
        wanted = {column.name for column in schema.metadata.tables[table].columns}
        assert {frozenset(row) for row in some} == {frozenset(wanted)}, table


def test_what_was_sent_has_parcels_and_what_is_read_is_told() -> None:
    shop = rows(SMALL)
    told_of = ("shipments", "memberships", "entitlements")
    numbers = {name: {row["order_number"] for row in shop[name]} for name in told_of}
    status = {order["order_number"]: order["status"] for order in shop["orders"]}
    kinds = {product["product_id"]: product["kind"] for product in shop["products"]}
    kind = {line["order_number"]: kinds[line["product_id"]] for line in shop["order_lines"]}
    sent = {number for number in status if status[number] in ("shipped", "delivered", "returned")}
    assert numbers["shipments"] == sent and {row["parcel"] for row in shop["shipments"]} == {1, 2}
    for row in shop["shipments"]:
        assert (row["delivered_at"] is None) == (status[row["order_number"]] == "shipped")
    assert numbers["memberships"] == {number for number in kind if kind[number] == "membership"}
    assert numbers["entitlements"] == {number for number in kind if kind[number] in ("course", "ebook")}
    assert all(row["promised"] > 0 for row in shop["returns"])


def test_the_shop_is_one_that_could_be() -> None:
    shop = rows(SMALL)
    of_order: dict[str, int] = {}
    for line in shop["order_lines"]:
        price = line["unit_price"] * line["quantity"]
        of_order[line["order_number"]] = of_order.get(line["order_number"], 0) + price
    refunded: dict[str, int] = {}
    for refund in shop["refunds"]:
        refunded[refund["order_number"]] = refunded.get(refund["order_number"], 0) + refund["amount"]
    for order in shop["orders"]:
        assert of_order[order["order_number"]] == order["subtotal"]
        assert order["total"] == order["subtotal"] + order["shipping_fee"] - order["discount"]
        assert refunded.get(order["order_number"], 0) <= order["paid"] <= order["total"]
    states = {order["status"] for order in shop["orders"]}
    assert states >= {"processing", "pending_payment", "delivered", "returned", "cancelled", "completed"}
    bought = [order["customer_id"] for order in shop["orders"]]
    assert max(bought.count(customer) for customer in set(bought)) > 10


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_small_run_measures_and_leaves_what_it_loaded(kind: str, tmp_path: Path) -> None:
    # outside pytest's own folders, which each new run of pytest closes to the server's own user
    with tempfile.TemporaryDirectory(prefix="kefu-store-") as work:
        places, said = Places(tmp_path / "results", Path(work)), list[str]()
        first = run(kind, SMALL, places, samples=20, say=said.append)
        again = run(kind, SMALL, places, samples=20, say=said.append)
    assert said[0] == said[1]  # not loaded a second time, and what was measured was a copy
    assert read_json(places.result(kind, 2_000)) == again
    for name in ("lookup", "recent", "show_cancel", "cancel", "show_refund", "refund"):
        figures = again["figures"][name]
        assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]
        assert figures["samples"] == 20 or name.endswith("refund")  # few digital things are bought in a week
        assert figures["came_to"] == first["figures"][name]["came_to"]
    assert all(code.startswith("done_cancel") for code in again["figures"]["cancel"]["came_to"])
    assert "cancel" in told(again) and again["commit"] and again["digest"] == first["digest"]


def result(kind: str, orders: int) -> Mapping[str, Any]:
    figures = {
        "samples": 2000,
        "p50_ms": 1.25,
        "p99_ms": 4.5,
        "max_ms": 9.0,
        "cpu_p50_ms": 1.0,
        "came_to": {"found": 2000},
    }
    return {
        "database": kind, "version": f"{kind} 1", "orders": orders, "seed": 0, "digest": "d",
        "commit": "abcdef0123", "dirty": False, "load": 0.5, "machine": {"cpu": "Some CPU", "cores": 2},
        "figures": dict.fromkeys(NAMES, figures),
    }  # fmt: skip


def test_the_table_shows_the_largest_run_of_each_database(tmp_path: Path) -> None:
    page = tmp_path / "evaluation.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_block(page, [result("sqlite", 9_000), result("postgresql", 9_000), result("sqlite", 200)])
    text = page.read_text(encoding="utf-8")
    assert "| 1.2 / 4.5, CPU 1.0 (2,000) | 1.2 / 4.5, CPU 1.0 (2,000) |" in text and "9,000 orders" in text
    assert "200 orders" not in text and "old" not in text and text.endswith("after\n")
    assert block([]) == "No result is there yet.\n"


def test_an_unknown_database_is_an_error_in_words() -> None:
    done = CliRunner().invoke(command.app, ["--database", "mysql", "--orders", "200"])
    assert done.exit_code == 1
    with pytest.raises(KefuError, match="there are sqlite, postgresql"):
        run("mysql", SMALL, Places(Path(), Path()), samples=1, say=str)
