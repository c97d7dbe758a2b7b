"""Bad input is refused with its reason and leaves every table as it was, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.errors import StoreError
from kefu.shop.identity import Identity
from kefu.shop.operation import KINDS, Item, Operation
from kefu.shop.operations import perform
from kefu.shop.outcome import Outcome
from kefu.store import Store, Transaction, schema
from kefu.store.records import Address, Shipment
from tests.support.databases import NOW
from tests.support.rows import refund

OWNER = Identity("s1", customer_id="C1001")
MINE = ("KF10000001", "KF10000002", "KF10000003", "KF10000005")
FOREIGN = ("KF10000010", "KF10000014", "KF10000017", "KF10000027")
HOME = Address("", "", "1 New St", "10002", "US")
DETAILS = {"address": HOME, "reason": "damaged", "invoice_kind": "personal", "variant": "black"}
TRICKS = {
    "full-width": str.maketrans({chr(48 + n): chr(0xFF10 + n) for n in range(10)}),
    "arabic": str.maketrans({chr(48 + n): chr(0x660 + n) for n in range(10)}),
    "superscript": str.maketrans({"1": "¹", "2": "²"}),
}
HIDDEN = (
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u200e",
    "\u200f",
    "\u202e",
    "\u2066",
    "\x00",
    "\ud800",
    "\xad",
)
ENOUGH = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Shop:
    """A store that no test here changes."""

    store: Store
    before: dict[str, list[tuple[Any, ...]]]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.store.read() as tx:
            return rows(tx)

    def ask(self, operation: Operation, identity: Identity = OWNER) -> Outcome:
        """Perform an operation that is to be refused, and look that nothing was written."""
        with self.store.write() as tx:
            outcome = perform(tx, identity, operation, now=NOW, key="bad input")
        assert outcome.kind in ("refused", "ask"), outcome.code
        assert self.everything() == self.before
        return outcome


def rows(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
    tables = schema.metadata.sorted_tables
    return {t.name: sorted((tuple(row) for row in tx._run(sa.select(t))), key=repr) for t in tables}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    store = Store.open(request.getfixturevalue(f"{request.param}_databases").shop(), clock=lambda: NOW)
    with store.read() as tx:
        before = rows(tx)
    yield Shop(store, before)
    store.close()


@pytest.fixture
def closed(shop: Shop) -> Iterator[Shop]:
    """The same shop, with the account of C1001 closed while a test runs."""

    def close(state: str) -> None:
        with shop.store.write() as tx:
            customer = tx.customers.get("C1001")
            assert customer is not None
            tx.customers.put([replace(customer, state=state)])

    close("closed")
    yield replace(shop, before=shop.everything())
    close("active")


def wish(kind: str, number: str, **fields: Any) -> Operation:
    return Operation(kind, number, **{**DETAILS, **fields})


kinds = st.sampled_from(KINDS)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """The number of one of the speaker's own orders, written so that it is none."""
    number = draw(st.sampled_from(MINE))
    trick = draw(st.sampled_from([*TRICKS, *HIDDEN]))
    if trick in TRICKS:
        return number.translate(TRICKS[trick])
    at = draw(st.integers(1, len(number) - 1))
    return number[:at] + trick + number[at:]


@ENOUGH
@given(kinds, mangled() | st.sampled_from(FOREIGN) | st.text(max_size=30))
def test_a_number_that_is_not_ones_own_gets_the_one_answer(shop: Shop, kind: str, number: str) -> None:
    assert shop.ask(wish(kind, number)).code == "refused_not_visible"


@ENOUGH
@given(kinds, st.sampled_from(MINE))
def test_who_has_not_proved_an_order_gets_the_same_answer(shop: Shop, kind: str, number: str) -> None:
    for speaker in (Identity("s1"), Identity("s1", None, "KF10000029"), Identity("s1", "C9999")):
        assert shop.ask(wish(kind, number), speaker).code == "refused_not_visible"


@ENOUGH
@given(kinds, st.sampled_from(MINE), st.integers(2, 2**70) | st.integers(-(2**70), 0))
def test_a_line_that_is_not_there_is_refused(shop: Shop, kind: str, number: str, line: int) -> None:
    assert shop.ask(wish(kind, number, items=(Item(line),))).code == "refused_line_unknown"
    assert shop.ask(wish(kind, number, items=(Item(1), Item(line)))).code == "refused_line_unknown"
    assert shop.ask(wish(kind, number, items=(Item(1, 1), Item(1, 1)))).code == "refused_line_unknown"


@ENOUGH
@given(kinds, st.sampled_from(MINE), st.integers(2, 2**70) | st.integers(-(2**70), -1))
def test_pieces_that_there_are_not_are_refused_or_asked_again(
    shop: Shop, kind: str, number: str, pieces: int
) -> None:
    shop.ask(wish(kind, number, items=(Item(1, pieces),)))
    shop.ask(wish(kind, number, items=(Item(1, pieces),), variant=None))


@ENOUGH
@given(kinds.filter(lambda kind: kind != "change_items"), st.sampled_from(MINE))
def test_no_pieces_at_all_are_refused_or_asked_again(shop: Shop, kind: str, number: str) -> None:
    shop.ask(wish(kind, number, items=(Item(1, 0),)))


@ENOUGH
@given(
    kinds,
    st.sampled_from(["variant", "company", "tax_number", "address"]),
    st.sampled_from(["\x00", "\ud800", "\x1b[2J", "x" * 501]),
    st.text(max_size=5),
)
def test_words_that_cannot_be_kept_are_refused(
    shop: Shop, kind: str, field: str, bad: str, around: str
) -> None:
    text = around + bad + around
    value = replace(HOME, address=text) if field == "address" else text
    fields = {"invoice_kind": "company", "company": "Acme", "tax_number": "T1", field: value}
    assert shop.ask(wish(kind, "KF10000001", **fields)).code == "refused_unreadable"


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_tax_number_has_no_invisible_characters(shop: Shop, hidden: str) -> None:
    fields = {"invoice_kind": "company", "company": "Acme", "tax_number": f"DE{hidden}1"}
    assert shop.ask(wish("invoice", "KF10000001", **fields)).code == "refused_unreadable"


@ENOUGH
@given(kinds, st.sampled_from(MINE))
def test_a_closed_account_is_refused_with_a_person_as_the_way(closed: Shop, kind: str, number: str) -> None:
    for speaker in (OWNER, Identity("s1", None, number)):
        outcome = closed.ask(wish(kind, number), speaker)
        assert (outcome.code, outcome.facts["way"]) == ("refused_account_closed", None)


def order_of(tx: Transaction, **changes: Any) -> Any:
    order = tx.orders.get("KF10000003")
    assert order is not None
    return replace(order, **changes)


WRONG: dict[str, Callable[[Transaction], None]] = {
    "a refund of nothing": lambda tx: tx.refunds.add(refund("k", amount=0)),
    "a negative refund": lambda tx: tx.refunds.add(refund("k", amount=-1)),
    "more than was paid": lambda tx: tx.refunds.add(refund("k", amount=14901)),
    "a huge refund": lambda tx: tx.refunds.add(refund("k", amount=2**62)),
    "another currency": lambda tx: tx.refunds.add(refund("k", currency="EUR")),
    "a total that is none": lambda tx: tx.orders.put([order_of(tx, total=14901)]),
    "a negative fee": lambda tx: tx.orders.put([order_of(tx, shipping_fee=-100, total=14800, paid=0)]),
    "paid above the total": lambda tx: tx.orders.put([order_of(tx, paid=14901)]),
    "lines of another currency": lambda tx: tx.orders.put([order_of(tx, currency="EUR")]),
    "a parcel there before it left": lambda tx: tx.shipments.put(
        [Shipment("KF10000003", 2, None, None, NOW, NOW.replace(year=2025), None)]
    ),
    "a parcel without a number": lambda tx: tx.shipments.put(
        [Shipment("KF10000003", 0, None, None, None, None, None)]
    ),
    "a parcel of no order": lambda tx: tx.shipments.put([Shipment("KF9", 1, None, None, None, None, None)]),
    "pieces of a variant that are not there": lambda tx: tx.orders.change_variant(
        "KF10000003", 1, "white", 2
    ),
    "no pieces of a variant": lambda tx: tx.orders.change_variant("KF10000003", 1, "white", 0),
    "a variant of no line": lambda tx: tx.orders.change_variant("KF10000003", 9, "white", 1),
    "a renewal of no membership": lambda tx: tx.orders.set_renews("KF10000003", False, NOW),
    "an account in no state": lambda tx: tx.customers.put([replace(tx.customers.get("C1001"), state="gone")]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_database_refuses_what_no_code_should_ask_for(shop: Shop, wrong: str) -> None:
    with pytest.raises(StoreError), shop.store.write() as tx:
        WRONG[wrong](tx)
    assert shop.everything() == shop.before
