"""What is measured: looking orders up, showing a confirmation, and the commit of a yes to it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks.store.shop import NOW, OWN_NUMBERS
from kefu.errors import KefuError
from kefu.shop import confirmations
from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.store import Store, schema

WARM_UP = 50  # the first of each kind are done and not timed
Act = Callable[[str, str], str]  # to an order (its number) of a customer; what it came to
Pairs = Sequence[tuple[str, str]]


class Desk:
    """One who serves customers, each with a session; remembers the confirmations that were shown."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._nonces: dict[str, str] = {}

    def look_up(self, number: str, owner: str) -> str:
        """Read an order by its number, with the owner in the WHERE."""
        with self._store.read() as tx:
            found = tx.orders.get_owned(number, owner)
        return "found" if found is not None else "nothing"

    def recent(self, _number: str, owner: str) -> str:
        """Read all orders of a customer, newest first."""
        with self._store.read() as tx:
            found = tx.orders.of_customer(owner)
        return "found" if found else "nothing"

    def show(self, kind: str) -> Act:
        """Propose an operation of a kind: assess it and write the confirmation."""

        def propose(number: str, owner: str) -> str:
            with self._store.write() as tx:
                wish = Operation(kind, number)
                outcome, shown = confirmations.propose(tx, self._speaker(number, owner), wish, now=NOW)
            self._nonces[number] = shown.nonce if shown else ""
            return outcome.code

        return propose

    def agree(self, number: str, owner: str) -> str:
        """Say yes: assess again, change the order, write refund and audit, commit."""
        with self._store.write() as tx:
            speaker = self._speaker(number, owner)
            return confirmations.redeem(tx, speaker, self._nonces[number], now=NOW).code

    @staticmethod
    def _speaker(number: str, owner: str) -> Identity:
        return Identity(f"s-{number}", customer_id=owner)


def measure(store: Store, url: str, *, samples: int, seed: int) -> dict[str, Any]:
    """Milliseconds of each thing, one at a time in one process; KefuError where it did not come about."""
    desk, chance = Desk(store), random.Random(seed)
    some, unsent, digital = (_drawn(rows, samples, chance) for rows in _candidates(url))
    plan: dict[str, tuple[Act, Pairs]] = {
        "lookup": (desk.look_up, some),
        "recent": (desk.recent, some),
        "show_cancel": (desk.show("cancel"), unsent),
        "cancel": (desk.agree, unsent),
        "show_refund": (desk.show("refund"), digital),
        "refund": (desk.agree, digital),
    }
    figures = {name: _timed(act, pairs, samples) for name, (act, pairs) in plan.items()}
    wrong = {code for name in figures for code in figures[name]["came_to"] if not _good(code)}
    if wrong:
        raise KefuError(f"found the outcomes {sorted(wrong)}; wanted orders found and confirmations done")
    return figures


def _good(code: str) -> bool:
    return code == "found" or code.startswith(("confirm_", "done_"))


def _candidates(url: str) -> list[Pairs]:
    """Every order with its owner; those paid that wait to be sent; digital ones that can be refunded."""
    orders, used = schema.orders, schema.entitlements
    pairs = sa.select(orders.c.order_number, orders.c.customer_id)
    mine = pairs.where(orders.c.order_number.like(f"{OWN_NUMBERS}%")).order_by(orders.c.order_number)
    bought_lately = orders.c.placed_at > NOW - timedelta(days=6)
    unused = sa.or_(used.c.progress_percent < 20, used.c.downloaded.is_(False))
    digital = mine.join(used, used.c.order_number == orders.c.order_number).where(bought_lately, unused)
    engine = sa.create_engine(url, future=True)
    with engine.connect() as connection:
        wanted = (mine, mine.where(orders.c.status == "processing"), digital)
        found = [[(str(row[0]), str(row[1])) for row in connection.execute(query)] for query in wanted]
    engine.dispose()
    return found


def _drawn(rows: Pairs, samples: int, chance: random.Random) -> Pairs:
    return chance.sample(rows, min(samples + WARM_UP, len(rows)))


def _timed(act: Act, pairs: Pairs, samples: int) -> dict[str, Any]:
    """Times of the last ``samples``; where there are too few, of the later half."""
    spent, busy, came = [], [], Counter[str]()
    for number, owner in pairs:
        began, worked = time.perf_counter(), time.process_time()
        code = act(number, owner)
        spent.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        came[code] += 1
    first = len(spent) - samples if len(spent) > samples else len(spent) // 2
    p50, p99 = np.percentile(spent[first:], (50, 99))
    return {
        "samples": len(spent) - first,
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "max_ms": round(max(spent[first:]), 3),
        "cpu_p50_ms": round(float(np.median(busy[first:])), 3),  # of this process alone
        "came_to": dict(sorted(came.items())),
    }
