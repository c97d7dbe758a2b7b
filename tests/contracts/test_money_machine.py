"""Whatever customers, people, the provider and bad luck do to the money: the rows stay right.

More runs, and any seed: ``python -m benchmarks.money --runs 20000``.
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kefu.shop.operation import Item, Operation
from tests.support.databases import PostgresDatabases
from tests.support.money import rules
from tests.support.money.machine import machine_on
from tests.support.money.play import WANTED, play
from tests.support.money.provider import MOODS, Booked
from tests.support.money.rules import Model, Promise
from tests.support.money.shop import START, PostgresShop, sqlite_shop
from tests.support.money.snapshot import Row, Snapshot, snapshot
from tests.support.money.wishes import Behind

RUNS, STEPS = 2_000, 3  # a step is a wish, the yes, the provider and a decision at once
RARE = {"reconciled: held", "other terms"}  # asked of the 20,000 runs alone


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The provider's silences are logged, thousands of them."""
    caplog.set_level(logging.CRITICAL)


def test_two_thousand_runs_on_sqlite() -> None:
    with tempfile.TemporaryDirectory() as folder, sqlite_shop(Path(folder)) as databases:
        tally = play(databases, runs=RUNS, steps=STEPS, number=0)
    assert tally["runs"] >= RUNS
    assert [name for name in WANTED if not tally[name] and name not in RARE] == []


def test_runs_on_postgresql(postgres_databases: PostgresDatabases) -> None:
    shop = PostgresShop(postgres_databases)
    try:
        tally = play(shop, runs=60, steps=6, number=0)
    finally:
        shop.close()
    assert tally["yes: done_cancel"] and tally["yes: done_refund_waiting"] and tally["crash"]


@pytest.mark.parametrize(
    ("kind", "reason", "came"),
    [
        ("return", "unwanted", "paid_back"),
        ("return", "damaged", "paid_back"),
        ("exchange", "unwanted", "exchange"),
    ],
)
def test_the_machine_receives_goods(kind: str, reason: str, came: str) -> None:
    """What chance seldom brings about in three steps, once each: agreed, received, received again."""
    behind = Behind(True, MOODS[0], None, None, None, arrives=True)
    wish = Operation(kind, "N9", (Item(1, 1),), reason=reason, variant="white")
    with tempfile.TemporaryDirectory() as folder, sqlite_shop(Path(folder)) as databases:
        machine = machine_on(databases)()
        machine.begin(100_000, 3, False, wish, True, behind)
        machine.the_money_is_right()
        machine.goods_arrive(0, True, MOODS[0])
        machine.the_money_is_right()
    assert machine.tally[f"receive: receipt_{came}"] == machine.tally["receive: receipt_already"] == 1


# -- the rules themselves: each refuses what it is there for ---------------------------------


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with sqlite_shop(tmp_path_factory.mktemp("money")) as databases:
        yield snapshot(databases.fresh())


def refund(refund_id: str = "R1", **changes: object) -> dict[str, Row]:
    row = {
        "refund_id": refund_id, "order_number": "N6", "line": 1, "amount": 5_000, "currency": "USD",
        "method": "visa-4242", "key": "nonce", "state": "submitted", "automatic": True, "created_at": START,
        "decided_by": None, "reference": None,
    }  # fmt: skip
    return {refund_id: {**row, **changes}}


def goods(kind: str = "return", **changes: object) -> dict[str, Row]:
    row = {"return_id": "T1", "order_number": "N2", "line": 1, "quantity": 1, "kind": kind,
           "new_variant": "white", "state": "approved"}  # fmt: skip
    return {"T1": {**row, **changes}}


def agreed(amount: int = 5_000) -> Model:
    model = Model(now=START)
    model.promises["nonce"] = Promise("ann", amount, START + timedelta(minutes=10))
    model.kept.add("nonce")
    return model


def ordered(beginning: Snapshot, number: str, **changes: object) -> dict[str, Row]:
    return {**beginning.orders, number: {**beginning.orders[number], **changes}}


BOOKS = {"nonce": Booked(("N6", 5_000, "USD", "visa-4242"), False, START)}
TOLD = Counter({"N6": 1, "N2": 1})
Case = tuple[Callable[[Snapshot], Snapshot], Model, dict[str, Booked]]
BROKEN: dict[str, Case] = {
    "more than was paid": (lambda s: replace(s, refunds=refund(amount=5_001)), agreed(5_001), {}),
    "two open on a line": (
        lambda s: replace(s, refunds=refund(amount=1) | refund("R2", amount=1)), agreed(2), {}
    ),
    "more pieces than bought": (lambda s: replace(s, returns=goods(quantity=3)), Model(START), {}),
    "an illegal move": (
        lambda s: replace(s, orders=ordered(s, "N2", status="processing")), Model(START), {}
    ),
    "an order gone": (lambda s: replace(s, orders={}), Model(START), {}),
    "nobody said yes": (lambda s: replace(s, refunds=refund()), Model(START), {}),
    "another amount than shown": (lambda s: replace(s, refunds=refund()), agreed(4_999), {}),
    "above the limit": (
        lambda s: replace(s, refunds=refund()), replace(agreed(), limits=rules.Limits(amount=4_999)), {}
    ),
    "too many automatic ones": (
        lambda s: replace(s, refunds=refund()), replace(agreed(), limits=rules.Limits(count=0)), {}
    ),
    "automatic although stopped": (
        lambda s: replace(s, refunds=refund()), replace(agreed(), stopped=True), {}
    ),
    "nobody decided": (lambda s: replace(s, refunds=refund(automatic=False)), agreed(), {}),
    "succeeded and never booked": (lambda s: replace(s, refunds=refund(state="succeeded")), agreed(), {}),
    "booked and no refund": (lambda s: s, Model(START), BOOKS),
    "booked and failed": (lambda s: replace(s, refunds=refund(state="failed")), agreed(), BOOKS),
    "booked with another amount": (
        lambda s: replace(s, refunds=refund(amount=4_999)), agreed(4_999), BOOKS
    ),
    "stock out of nowhere": (lambda s: replace(s, stock={**s.stock, ("CUP", "white"): 9}), Model(START), {}),
    "an exchange without stock": (lambda s: replace(s, returns=goods("exchange")), Model(START), {}),
    "no audit": (lambda s: replace(s, refunds=refund(), audit=Counter()), agreed(), {}),
    "audit lost": (lambda s: replace(s, audit=Counter()), Model(START), {}),
    "a confirmation nobody knows": (lambda s: replace(s, open_nonces={"ann": "x"}), Model(START), {}),
}  # fmt: skip


def test_a_refund_as_it_should_be_breaks_no_rule(beginning: Snapshot) -> None:
    after = replace(beginning, refunds=refund(), audit=TOLD)
    rules.check(beginning, beginning, after, agreed(), BOOKS)


@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_refuses_what_it_is_there_for(beginning: Snapshot, name: str) -> None:
    breaks, model, books = BROKEN[name]
    before = replace(beginning, audit=Counter({"N1": 1}) if name == "audit lost" else Counter())
    after = breaks(replace(beginning, audit=TOLD))
    with pytest.raises(AssertionError):
        rules.check(before, before, after, model, books)
