"""Who is paid back what, when, and who decides: the corners of the clauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from kefu.errors import DuplicateKey
from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import assess, perform
from kefu.shop.outcome import Outcome
from kefu.store.records import Invoice, Order
from tests.support.demo_shop import NOW, DemoShop, later


def change(shop: DemoShop, order_number: str, **fields: Any) -> Order:
    """Rewrite an order as a test needs it."""
    order = replace(shop.order(order_number), **fields)
    with shop.write() as tx:
        tx.orders.put([order])
    return order


def change_policy(shop: DemoShop, clause: str, **params: str) -> None:
    with shop.write() as tx:
        clauses = list(tx.policy.in_force(NOW).values())
        changed = [replace(c, params={**c.params, **params}) if c.clause == clause else c for c in clauses]
        tx.policy.replace_all(changed)


def amount_of(outcome: Outcome) -> int:
    amount: int = outcome.facts["amount"].amount
    return amount


# -- what is paid back ------------------------------------------------------------------


def test_a_cancelled_line_gives_back_its_share_of_the_discount(shop: DemoShop) -> None:
    change(shop, "KF10000018", discount=1040, total=9360, paid=9360, coupon="WELCOME10")

    first = shop.perform("cancel", "KF10000018", items=(Item(1),), key="a")
    rest = shop.perform("cancel", "KF10000018", items=(Item(2),), key="b")

    assert (first.code, amount_of(first)) == ("done_cancel_line", 7900 - 790)
    assert first.facts["coupon_restored"] is None
    assert (rest.code, amount_of(rest)) == ("done_cancel", 2500 - 250)
    assert rest.facts["coupon_restored"] == "WELCOME10"
    assert shop.order("KF10000018").status == "cancelled"


def test_a_coupon_for_a_category_lowers_only_its_lines(shop: DemoShop) -> None:
    with shop.write() as tx:
        coupon = tx.coupons.get("READ5")
        assert coupon is not None
        tx.coupons.put([replace(coupon, category="home")])
    change(shop, "KF10000018", discount=500, total=9900, paid=9900, coupon="READ5")

    assert amount_of(shop.assess("cancel", "KF10000018", items=(Item(1),))) == 7900
    assert amount_of(shop.assess("cancel", "KF10000018", items=(Item(2),))) == 2000


def test_pieces_of_a_line_add_up_to_the_line(shop: DemoShop) -> None:
    change(shop, "KF10000019", discount=333, total=8667, paid=8667)

    first = shop.perform("return", "KF10000019", items=(Item(1, 1),), reason="unwanted", key="a")
    second = shop.perform("return", "KF10000019", items=(Item(1, 1),), reason="unwanted", key="b")

    assert amount_of(first) + amount_of(second) == 8667


def test_cancelling_everything_gives_back_shipping_too(shop: DemoShop) -> None:
    change(shop, "KF10000027", shipping_fee=1500, total=6500, paid=6500)
    assert amount_of(shop.assess("cancel", "KF10000027")) == 6500
    assert amount_of(shop.assess("cancel", "KF10000027", items=(Item(1, 1),))) == 2500


def test_outward_shipping_comes_back_only_when_the_whole_order_was_at_fault(shop: DemoShop) -> None:
    change(shop, "KF10000012", shipping_fee=500, total=12900, paid=12900)
    whole = shop.assess("return", "KF10000012", reason="wrong")
    line = shop.assess("return", "KF10000012", reason="wrong", items=(Item(1),))
    assert (amount_of(whole), amount_of(line)) == (12900, 2500)

    shop.perform("return", "KF10000012", reason="unwanted", items=(Item(1),))
    rest = shop.assess("return", "KF10000012", reason="wrong")
    assert (amount_of(rest), rest.facts["shipping_refunded"]) == (9900, None)


def test_nothing_is_asked_that_nothing_depends_on(shop: DemoShop) -> None:
    very_late = later(shop, days=120)
    outcome = very_late.assess("return", "KF10000003")
    assert (outcome.code, outcome.clause) == ("refused_return_window", "return.2")
    assert shop.assess("return", "KF10000019", reason="unwanted").facts["quantity"] == 2  # the whole order


def test_the_quantity_is_asked_when_a_line_has_more_pieces_left_than_one(shop: DemoShop) -> None:
    wish: dict[str, Any] = {"reason": "unwanted", "items": (Item(1),)}
    asked = shop.assess("return", "KF10000019", **wish)
    assert (asked.code, asked.facts["available"], asked.facts["line"]) == ("ask_quantity", 2, 1)

    shop.perform("return", "KF10000019", reason="unwanted", items=(Item(1, 1),))
    assert shop.assess("return", "KF10000019", **wish).facts["quantity"] == 1


@pytest.mark.parametrize("said", [0, 3, -1])
def test_a_quantity_that_is_not_there_is_asked_again(shop: DemoShop, said: int) -> None:
    outcome = shop.assess("return", "KF10000019", reason="unwanted", items=(Item(1, said),))
    assert (outcome.code, outcome.facts["said"]) == ("ask_quantity", said)
    outcome = shop.assess("cancel", "KF10000027", items=(Item(1, said),))
    assert (outcome.code, outcome.facts["available"]) == ("ask_quantity", 2)


def test_what_is_on_its_way_back_cannot_go_back_again(shop: DemoShop) -> None:
    shop.perform("return", "KF10000003", reason="unwanted")
    again = shop.assess("return", "KF10000003", reason="damaged")
    assert (again.code, again.facts["return_state"]) == ("refused_return_already", "approved")


def test_a_line_that_is_not_there_or_is_named_twice_is_refused(shop: DemoShop) -> None:
    for items in ((Item(7),), (Item(1), Item(7)), (Item(1, 1), Item(1, 1))):
        outcome = shop.assess("cancel", "KF10000018", items=items)
        assert (outcome.code, outcome.facts["lines"]) == ("refused_line_unknown", (1, 2))


# -- when -------------------------------------------------------------------------------


def midnight(day: date) -> datetime:
    """24:00 of a day in the demo shop, Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, 16, tzinfo=timezone.utc)


@pytest.mark.parametrize(("reason", "days"), [("unwanted", 30), ("damaged", 90)])
def test_the_return_window_ends_with_its_last_day(shop: DemoShop, reason: str, days: int) -> None:
    delivered = shop.order("KF10000003").delivered_at
    assert delivered is not None
    end = midnight(delivered.date() + timedelta(days=days))
    last_second = replace(shop, now=end - timedelta(seconds=1)).assess("return", "KF10000003", reason=reason)
    too_late = replace(shop, now=end).assess("return", "KF10000003", reason=reason)
    assert (last_second.kind, too_late.code) == ("offered", "refused_return_window")


def test_a_renewal_charge_is_refunded_for_hours_not_days(shop: DemoShop) -> None:
    charged = NOW - timedelta(hours=47, minutes=59)
    change(shop, "KF10000011", benefit_used=False, charged_at=charged)

    offer = shop.assess("refund", "KF10000011")
    assert (offer.code, offer.facts["charge"]) == ("confirm_refund_membership", "renewal")
    late = later(shop, minutes=1).assess("refund", "KF10000011")
    assert (late.code, late.facts["way"]) == ("refused_membership_days", "stop_renewal")


def test_a_membership_whose_benefits_were_used_is_not_refunded(shop: DemoShop) -> None:
    change(shop, "KF10000017", benefit_used=True)
    outcome = shop.assess("refund", "KF10000017")
    assert (outcome.code, outcome.facts["benefit_used"]) == ("refused_membership_used", True)


def test_renewal_is_stopped_once(shop: DemoShop) -> None:
    shop.perform("stop_renewal", "KF10000011")
    again = shop.assess("stop_renewal", "KF10000011")
    assert again.code == "refused_renewal_stopped"
    assert again.facts["ended_at"] == shop.order("KF10000011").next_charge_at


@pytest.mark.parametrize(
    ("number", "code"), [("KF10000005", "refused_course_days"), ("KF10000020", "refused_ebook_days")]
)
def test_digital_goods_are_refunded_for_a_week(shop: DemoShop, number: str, code: str) -> None:
    placed = shop.order(number).placed_at
    end = midnight(placed.date() + timedelta(days=7))
    assert replace(shop, now=end - timedelta(seconds=1)).assess("refund", number).kind == "offered"
    assert replace(shop, now=end).assess("refund", number).code == code


def test_twenty_percent_watched_is_too_much(shop: DemoShop) -> None:
    order = shop.order("KF10000005")
    for percent, kind in ((19, "offered"), (20, "refused")):
        change(shop, "KF10000005", lines=(replace(order.lines[0], progress_percent=percent),))
        assert shop.assess("refund", "KF10000005").kind == kind


def test_a_refunded_course_is_not_refunded_again(shop: DemoShop) -> None:
    shop.perform("refund", "KF10000005")
    again = shop.perform("refund", "KF10000005", key="other")
    assert (again.code, again.facts["refund_state"]) == ("refused_return_already", "submitted")


def test_refunds_are_expected_on_business_days(shop: DemoShop) -> None:
    facts = shop.assess("cancel", "KF10000001").facts
    assert (facts["expected_from"], facts["expected_by"]) == (date(2026, 11, 23), date(2026, 11, 25))
    assert (facts["min_days"], facts["max_days"], facts["method"]) == (3, 5, "visa-4242")


def test_warranty_runs_in_months_from_delivery(shop: DemoShop) -> None:
    assert later(shop, days=720).assess("warranty", "KF10000003").kind == "offered"  # 24 months
    over = later(shop, days=735).assess("warranty", "KF10000003")
    assert (over.code, over.facts["months"]) == ("refused_warranty_over", 24)


def test_a_warranty_case_is_opened_once_a_line(shop: DemoShop) -> None:
    shop.perform("warranty", "KF10000003")
    again = shop.assess("warranty", "KF10000003")
    assert (again.code, again.facts["ticket"].kind) == ("refused_warranty_already", "warranty")


def test_a_fault_that_appears_later_is_the_warrantys(shop: DemoShop) -> None:
    for kind in ("return", "refund"):
        assert shop.assess(kind, "KF10000003", reason="later_fault").code == "confirm_warranty"
    no_warranty = shop.assess("return", "KF10000021", reason="later_fault")
    assert (no_warranty.code, no_warranty.facts["way"]) == ("refused_warranty_none", "return")


# -- who decides ------------------------------------------------------------------------


def test_the_limit_is_on_the_sum_of_an_orders_refunds(shop: DemoShop) -> None:
    change(shop, "KF10000012", subtotal=24800, total=24800, paid=24800, lines=two_keyboards(shop))

    first = shop.perform("return", "KF10000012", reason="unwanted", items=(Item(1, 2),), key="a")
    second = shop.perform("return", "KF10000012", reason="unwanted", items=(Item(2, 2),), key="b")

    assert first.code == "done_return"
    assert (second.code, second.facts["limit_clause"]) == ("done_return_waiting", "limit.amount")


def two_keyboards(shop: DemoShop) -> tuple[Any, ...]:
    return tuple(replace(line, quantity=2) for line in shop.order("KF10000012").lines)


def test_the_limit_itself_is_still_automatic(shop: DemoShop) -> None:
    change(shop, "KF10000001", paid=20000, total=20000, shipping_fee=12100)
    assert shop.perform("cancel", "KF10000001").code == "done_cancel"
    change(shop, "KF10000018", paid=20001, total=20001, shipping_fee=9601)
    assert shop.perform("cancel", "KF10000018", key="b").code == "done_cancel_waiting"


def test_the_fourth_automatic_refund_waits_and_the_window_passes(shop: DemoShop) -> None:
    waits = shop.assess("return", "KF10000026", reason="unwanted").facts
    assert (waits["waits"], waits["limit_clause"], waits["limit_count"]) == (True, "limit.count", 3)
    # the oldest of the three was made 16 days ago: 14 × 24 hours on, it does not count any more
    before = later(shop, days=14, seconds=-1).assess("return", "KF10000026", reason="unwanted").facts
    after = later(shop, days=14).assess("return", "KF10000026", reason="unwanted").facts
    assert (before["waits"], after["waits"]) == (True, False)


def test_a_limit_in_another_currency_lets_a_person_decide(shop: DemoShop) -> None:
    change_policy(shop, "limit.amount", currency="EUR")
    assert shop.assess("cancel", "KF10000001").facts["waits"] is True


def test_another_shop_has_other_numbers(shop: DemoShop) -> None:
    change_policy(shop, "return.1", days="2", shipping_paid_by="shop")
    assert shop.assess("return", "KF10000003", reason="unwanted").code == "refused_return_window"
    assert shop.assess("return", "KF10000012", reason="unwanted").facts["shipping_paid_by"] == "shop"
    change_policy(shop, "refund.course", percent="70")
    assert shop.assess("refund", "KF10000006").kind == "offered"
    change_policy(shop, "limit.amount", amount="1000.00")
    assert shop.assess("cancel", "KF10000015").facts["waits"] is False
    change_policy(shop, "cancel.1", states="pending_payment")
    assert shop.assess("cancel", "KF10000001").kind == "refused"
    change_policy(shop, "exchange.1", times="2")
    shop.perform("exchange", "KF10000021")
    assert shop.assess("exchange", "KF10000021").code == "refused_return_already"  # still on its way


def test_a_new_version_of_a_clause_holds_from_its_day(shop: DemoShop) -> None:
    with shop.write() as tx:
        clauses = tx.policy.in_force(NOW)
        newer = replace(
            clauses["refund.ebook"], version=2, params={"days": "1"}, effective_from=NOW + timedelta(hours=1)
        )
        tx.policy.replace_all([*clauses.values(), newer])
    assert shop.assess("refund", "KF10000020").kind == "offered"
    assert later(shop, hours=1).assess("refund", "KF10000020").code == "refused_ebook_days"


# -- what else stands in the store ------------------------------------------------------


def test_one_key_never_pays_twice(shop: DemoShop) -> None:
    shop.perform("cancel", "KF10000001", key="same")
    with pytest.raises(DuplicateKey):
        shop.perform("cancel", "KF10000018", key="same")
    assert shop.order("KF10000018").status == "processing"  # the whole transaction is undone


def test_a_refund_makes_the_invoice_anew(shop: DemoShop) -> None:
    shop.perform("invoice", "KF10000005", invoice_kind="company", company="Acme", tax_number="T-1")
    shop.perform("refund", "KF10000005")
    with shop.read() as tx:
        invoices: list[Invoice] = tx.invoices.of_order("KF10000005")
    assert sorted(invoice.state for invoice in invoices) == ["reissued", "requested"]
    assert {invoice.tax_number for invoice in invoices} == {"T-1"}


def test_every_change_is_in_the_audit_log(shop: DemoShop) -> None:
    shop.perform("cancel", "KF10000001")
    with shop.read() as tx:
        (entry,) = tx.audit.of_subject("KF10000001")
    assert (entry.actor, entry.action, entry.detail["code"]) == ("C1001", "cancel", "done_cancel")


def test_a_guest_does_what_the_owner_may_on_the_order_they_proved(shop: DemoShop) -> None:
    maria = Identity("s", verified_order="KF10000016")
    with shop.write() as tx:
        done = perform(tx, maria, Operation("return", "KF10000016", reason="damaged"), now=NOW, key="k")
        other = assess(tx, maria, Operation("cancel", "KF10000029"), now=NOW)
        invoice = assess(tx, maria, Operation("invoice", "KF10000016", invoice_kind="personal"), now=NOW)
    assert (done.code, other.code) == ("done_return_damaged", "refused_not_visible")
    assert invoice.facts["email"] == "m***@example.com"


@pytest.mark.parametrize("act", [assess, lambda *a, now: perform(*a, now=now, key="k")])
def test_nobody_acts_on_what_they_may_not_see(shop: DemoShop, act: Callable[..., Outcome]) -> None:
    with shop.write() as tx:
        for number in ("KF10000007", "KF99999999"):
            outcome = act(tx, Identity("s", "C1001"), Operation("cancel", number), now=NOW)
            assert (outcome.code, outcome.clause) == ("refused_not_visible", "privacy.1")
            assert set(outcome.facts) == {"order_number", "way"}


def test_too_late_to_return_and_no_warranty_either_is_an_answer(shop: DemoShop) -> None:
    # each of the two refusals names the other as the way that may be left
    long_ago = NOW - timedelta(days=100)
    change(shop, "KF10000021", placed_at=long_ago, shipped_at=long_ago, delivered_at=NOW - timedelta(days=95))
    late = shop.assess("return", "KF10000021", reason="unwanted")
    broken = shop.assess("return", "KF10000021", reason="later_fault")
    assert (late.code, late.facts.get("way"), late.facts["because"]) == (
        "refused_return_window", None, "refused_warranty_none",
    )  # fmt: skip
    assert (broken.code, broken.facts.get("way"), broken.facts["because"]) == (
        "refused_warranty_none", None, "refused_return_window",
    )  # fmt: skip
