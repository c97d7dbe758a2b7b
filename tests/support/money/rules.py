"""What must hold of the money, written down a second time and apart from the code that moves it.

Each check looks at rows alone (and at what the customers were shown), and returns nothing or raises
AssertionError with the rows that break it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.money.provider import Booked
from tests.support.money.snapshot import Row, Snapshot

SUPERVISOR = "Sue"
DEAD = ("rejected", "failed")
ARRIVED = "return:"  # how the key of a refund begins that goods led to
REFUND_STATES = ("requested", "approved", "rejected", "submitted", "succeeded", "failed")
OPEN = ("requested", "approved", "submitted")
AFTER: Mapping[str, Mapping[str, tuple[str, ...]]] = {  # which states may follow, at once or by and by
    "order": {
        "pending_payment": ("cancelled",),
        "processing": ("shipped", "delivered", "returned", "cancelled"),
        "shipped": ("delivered", "returned"),
        "delivered": ("returned",),
        "active": ("ended",),
    },
    "return": {
        "requested": ("approved", "rejected", "in_transit", "received"),
        "approved": ("in_transit", "received"),
        "in_transit": ("received",),
    },
    "refund": {
        "requested": ("approved", "rejected", "submitted", "succeeded", "failed"),
        "approved": ("submitted", "succeeded", "failed"),
        "submitted": ("succeeded", "failed"),
    },
}


@dataclass
class Limits:
    """The policy's limits as the machine set them last."""

    amount: int = 20_000
    count: int = 3
    days: int = 30


@dataclass
class Promise:
    """What a confirmation showed: in which session, how much is paid back at once, and until when.

    ``on_arrival`` is what is paid when the goods are there.
    """

    session: str
    amount: int
    expires: datetime
    on_arrival: int = 0


@dataclass
class Model:
    """What the machine knows by itself: what it did, and what it was shown."""

    now: datetime
    limits: Limits = field(default_factory=Limits)
    promises: dict[str, Promise] = field(default_factory=dict)  # by nonce
    waiting: dict[str, str] = field(default_factory=dict)  # session to the nonce that a yes would take
    kept: set[str] = field(default_factory=set)  # nonces that were said yes to, and done
    decided: set[str] = field(default_factory=set)  # refunds that a supervisor approved or rejected
    stopped: bool = False  # the kill switch
    wishes: dict[str, str] = field(default_factory=dict)  # return to the nonce that it came from
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)  # pieces that goods received add or take

    def takes(self, session: str, nonce: str) -> bool:
        """Whether a yes to ``nonce`` in ``session`` counts now."""
        return self.waiting.get(session) == nonce and self.now < self.promises[nonce].expires


def check(
    start: Snapshot, before: Snapshot, after: Snapshot, model: Model, books: Mapping[str, Booked]
) -> None:
    """All that must hold after a step; ``books`` are the payment provider's."""
    refunds_within_what_was_paid(after)
    one_open_refund_a_line(after)
    pieces_within_what_was_bought(after)
    only_legal_moves(before, after)
    terms_never_change(before, after)
    every_refund_was_promised(after, model)
    what_is_paid_on_arrival_was_promised(after, model)
    automatic_ones_within_the_limits(before, after, model)
    the_others_were_decided(after, model)
    books_and_refunds_agree(after, books)
    stock_is_conserved(start, after, model.moved)
    every_change_is_in_the_audit(before, after)
    one_confirmation_waits_in_a_session(after, model)


def refunds_within_what_was_paid(after: Snapshot) -> None:
    """Refunds of an order, but for rejected and failed ones, never exceed what was charged."""
    sums: Counter[str] = Counter()
    for row in _live(after):
        sums[row["order_number"]] += row["amount"]
        assert row["amount"] > 0, row
    over = {number: total for number, total in sums.items() if total > after.orders[number]["paid"]}
    assert over == {}


def one_open_refund_a_line(after: Snapshot) -> None:
    """Of a line (or of a whole order) at most one refund is under way."""
    open_ones = Counter((row["order_number"], row["line"]) for row in _live(after) if row["state"] in OPEN)
    assert [line for line, count in open_ones.items() if count > 1] == []


def pieces_within_what_was_bought(after: Snapshot) -> None:
    """Cancelled, coming back and come back: never more pieces than the line has."""
    gone = {key: row["cancelled"] for key, row in after.lines.items()}
    for row in after.returns.values():
        swapped = row["kind"] == "exchange" and row["state"] == "received"
        if row["state"] != "rejected" and not swapped:
            gone[row["order_number"], row["line"]] += row["quantity"]
    over = {key: pieces for key, pieces in gone.items() if not 0 <= pieces <= after.lines[key]["quantity"]}
    assert over == {}


def only_legal_moves(before: Snapshot, after: Snapshot) -> None:
    """States go forward along their way, and rows begin at its beginning."""
    _moved("order", before.orders, after.orders, "status", born=())
    _moved("return", before.returns, after.returns, "state", born=("requested", "approved"))
    _moved("refund", before.refunds, after.refunds, "state", born=REFUND_STATES)


def _moved(
    kind: str, before: Mapping[str, Row], after: Mapping[str, Row], column: str, *, born: tuple[str, ...]
) -> None:
    assert before.keys() <= after.keys(), f"a {kind} is gone"
    for key, row in after.items():
        to = row[column]
        if key not in before:
            assert to in born, f"a new {kind} is {to}"
            continue
        here = before[key][column]
        assert here == to or to in AFTER[kind].get(here, ()), f"{kind} {key} went from {here} to {to}"


def terms_never_change(before: Snapshot, after: Snapshot) -> None:
    """A refund stays of the same order, line, amount, method and key."""
    terms = ("order_number", "line", "amount", "currency", "method", "key", "automatic", "created_at")
    for refund_id, row in before.refunds.items():
        assert [row[name] for name in terms] == [after.refunds[refund_id][name] for name in terms]


def every_refund_was_promised(after: Snapshot, model: Model) -> None:
    """Refunds come from a yes to a confirmation, under its nonce, for exactly what it showed."""
    sums: Counter[str] = Counter()
    for row in after.refunds.values():
        if row["key"].startswith(ARRIVED):
            continue
        nonce = row["key"].partition("/")[0]
        assert nonce in model.kept, f"nobody said yes to {row}"
        sums[nonce] += row["amount"]
    for nonce in model.kept:
        promise = model.promises[nonce]
        assert sums[nonce] == promise.amount, f"{promise} came to {sums[nonce]}"


def what_is_paid_on_arrival_was_promised(after: Snapshot, model: Model) -> None:
    """For goods that were received, once each, and never more than the confirmation of their wish showed."""
    sums: Counter[str] = Counter()
    for row in after.refunds.values():
        if row["key"].startswith(ARRIVED):
            came = after.returns[row["key"].removeprefix(ARRIVED)]
            assert (came["state"], came["kind"]) == ("received", "return"), came
            assert (came["order_number"], came["line"]) == (row["order_number"], row["line"]), row
            sums[model.wishes[came["return_id"]]] += row["amount"]
    over = {nonce: sum_ for nonce, sum_ in sums.items() if sum_ > model.promises[nonce].on_arrival}
    assert over == {}


def automatic_ones_within_the_limits(before: Snapshot, after: Snapshot, model: Model) -> None:
    """What was paid without a person in this step is within limit.amount and limit.count."""
    new = [row for key, row in after.refunds.items() if key not in before.refunds and row["automatic"]]
    assert not (new and model.stopped), f"automatic refunds are stopped, and there is {new}"
    for row in new:
        whole = sum(one["amount"] for one in _live(after) if one["order_number"] == row["order_number"])
        assert whole <= model.limits.amount, f"{row} makes {whole} of {model.limits.amount}"
        owner = after.orders[row["order_number"]]["customer_id"]
        since = model.now - timedelta(days=model.limits.days)
        paid = [
            one
            for one in _live(after)
            if one["automatic"] and one["created_at"] > since
            and after.orders[one["order_number"]]["customer_id"] == owner
        ]  # fmt: skip
        assert len(paid) <= model.limits.count, f"{len(paid)} automatic refunds, {row} among them"


def the_others_were_decided(after: Snapshot, model: Model) -> None:
    """A refund that waits goes on only by a supervisor's decision."""
    moved = {
        key for key, row in after.refunds.items() if not row["automatic"] and row["state"] != "requested"
    }
    assert moved <= model.decided
    assert all(after.refunds[key]["decided_by"] == SUPERVISOR for key in moved)


def books_and_refunds_agree(after: Snapshot, books: Mapping[str, Booked]) -> None:
    """Each payment is of one refund under its key, each succeeded refund has its payment, of that amount."""
    by_key = {row["key"]: row for row in after.refunds.values()}
    assert books.keys() <= by_key.keys(), "something was paid that nobody asked for"
    for key, row in by_key.items():
        booked = books.get(key)
        if booked is None:
            assert row["state"] in ("requested", "rejected", "submitted"), f"{row['state']}, and never booked"
            continue
        assert booked.content == (row["order_number"], row["amount"], row["currency"], row["method"])
        assert row["state"] in ("submitted", "failed" if booked.refused else "succeeded")


def stock_is_conserved(
    start: Snapshot, after: Snapshot, moved: Mapping[tuple[str, str], int] | None = None
) -> None:
    """Of each variant: what is on the shelf, in orders, and set aside for exchanges stays the same.

    But for ``moved``: pieces that came back stay in their order's rows too.
    """
    wanted = Counter(_pieces(start))
    wanted.update(moved or {})
    assert dict(wanted) == _pieces(after) and min(after.stock.values()) >= 0


def pieces_moved(before: Snapshot, row: Row) -> Counter[tuple[str, str]]:
    """What goods that are received change in such a count: on the shelf again, the line another variant."""
    line = before.lines[row["order_number"], row["line"]]
    old, pieces = (line["product_id"], line["variant"]), row["quantity"]
    found = Counter({old: pieces} if row["reason"] == "unwanted" else {})
    if row["kind"] == "exchange" and pieces == line["quantity"] - line["cancelled"]:
        found[old] -= pieces
        found[line["product_id"], row["new_variant"]] += pieces
    return found


def _pieces(of: Snapshot) -> dict[tuple[str, str], int]:
    found = Counter(of.stock)
    for line in of.lines.values():
        if line["variant"] is not None:
            found[line["product_id"], line["variant"]] += line["quantity"] - line["cancelled"]
    for row in of.returns.values():
        if row["kind"] == "exchange":
            product = of.lines[row["order_number"], row["line"]]["product_id"]
            found[product, row["new_variant"]] += row["quantity"]
    return dict(found)


def every_change_is_in_the_audit(before: Snapshot, after: Snapshot) -> None:
    """An order of which anything changed has a new entry; no entry ever goes.

    What the provider calls a refund is no change of it.
    """
    assert all(after.audit[subject] >= count for subject, count in before.audit.items())
    for number in _changed(before, after):
        assert after.audit[number] > before.audit[number], f"{number} changed and the audit knows nothing"


def _changed(before: Snapshot, after: Snapshot) -> set[str]:
    pairs = zip(before.money()[:4], after.money()[:4], strict=True)
    return {
        row["order_number"]
        for old, new in pairs
        for key, row in new.items()
        if {**old.get(key, {}), "reference": None} != {**row, "reference": None}
    }  # fmt: skip


def one_confirmation_waits_in_a_session(after: Snapshot, model: Model) -> None:
    """The rows wait for the same yes as the machine thinks they do."""
    assert dict(after.open_nonces) == model.waiting


def _live(after: Snapshot) -> list[Row]:
    return [row for row in after.refunds.values() if row["state"] not in DEAD]
