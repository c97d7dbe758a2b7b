"""A yes does exactly what was shown, once, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kefu.shop.confirmations import pending, propose, redeem, void
from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.outcome import Outcome
from tests.support.demo_shop import NOW, DemoShop

ALICE = Identity("alice", "C1001")
CANCEL = Operation("cancel", "KF10000001")


def nonce_of(shop: DemoShop, operation: Operation = CANCEL, who: Identity = ALICE) -> str:
    with shop.write() as tx:
        outcome, confirmation = propose(tx, who, operation, now=NOW)
    assert outcome.kind == "offered" and confirmation is not None
    return confirmation.nonce


def say_yes(shop: DemoShop, nonce: str, *, minutes: float = 0, who: Identity = ALICE) -> Outcome:
    with shop.write() as tx:
        return redeem(tx, who, nonce, now=NOW + timedelta(minutes=minutes))


def refunds(shop: DemoShop, number: str = "KF10000001") -> int:
    with shop.read() as tx:
        return len(tx.refunds.of_order(number))


def test_a_yes_does_it_once(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    first = say_yes(shop, nonce, minutes=9.9)
    again = say_yes(shop, nonce)
    assert (first.code, "replayed" in first.facts) == ("done_cancel", False)
    assert again == first.with_facts(replayed=True)  # the saved answer, nothing else
    assert refunds(shop) == 1


def test_the_nonce_is_the_key_of_the_refund(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    say_yes(shop, nonce)
    with shop.read() as tx:
        assert tx.refunds.of_order("KF10000001")[0].key == nonce


def test_a_yes_comes_in_time_or_not_at_all(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    assert say_yes(shop, nonce, minutes=10).code == "refused_confirmation_gone"
    assert refunds(shop) == 0


def test_a_yes_counts_in_its_own_session_only(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    assert say_yes(shop, nonce, who=replace(ALICE, session_id="else")).code == "refused_confirmation_gone"
    assert say_yes(shop, "guessed").code == "refused_confirmation_gone"
    assert say_yes(shop, nonce).kind == "done"


def test_the_next_question_makes_the_one_before_void(shop: DemoShop) -> None:
    first = nonce_of(shop)
    second = nonce_of(shop, Operation("refund", "KF10000005"))
    assert say_yes(shop, first).code == "refused_confirmation_gone"
    assert say_yes(shop, second).code == "done_refund_digital"
    assert refunds(shop) == 0


def test_a_refused_wish_leaves_nothing_to_say_yes_to(shop: DemoShop) -> None:
    first = nonce_of(shop)
    with shop.write() as tx:
        outcome, confirmation = propose(tx, ALICE, Operation("cancel", "KF10000002"), now=NOW)
    assert (outcome.code, confirmation) == ("refused_cancel_shipped", None)
    assert say_yes(shop, first).code == "refused_confirmation_gone"


def test_something_else_said_makes_it_void(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    with shop.write() as tx:
        assert pending(tx, "alice", now=NOW) is not None
        assert pending(tx, "alice", now=NOW + timedelta(minutes=10)) is None
        void(tx, "alice")
        assert pending(tx, "alice", now=NOW) is None
    assert say_yes(shop, nonce).code == "refused_confirmation_gone"


def test_other_terms_are_asked_anew_and_never_done(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    with shop.write() as tx:  # a supervisor gave something back in the meantime
        order = shop.order("KF10000001")
        tx.orders.put([replace(order, paid=6900)])

    fresh = say_yes(shop, nonce)

    assert (fresh.kind, fresh.code, fresh.facts["changed"]) == ("offered", "confirm_cancel", True)
    assert fresh.facts["amount"].amount == 6900
    assert (shop.order("KF10000001").status, refunds(shop)) == ("processing", 0)
    done = say_yes(shop, fresh.facts["nonce"])
    assert (done.code, done.facts["amount"].amount) == ("done_cancel", 6900)


def test_a_limit_reached_in_the_meantime_is_asked_anew(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    with shop.write() as tx:
        limit = tx.policy.in_force(NOW)["limit.amount"]
        others = [c for c in tx.policy.in_force(NOW).values() if c.clause != "limit.amount"]
        tx.policy.replace_all([*others, replace(limit, params={**limit.params, "amount": "10.00"})])
    assert say_yes(shop, nonce).facts["waits"] is True
    assert shop.order("KF10000001").status == "processing"


def test_what_has_become_impossible_is_refused_with_its_clause(shop: DemoShop) -> None:
    nonce = nonce_of(shop)
    with shop.write() as tx:
        tx.orders.set_status("KF10000001", "shipped")
    outcome = say_yes(shop, nonce)
    assert (outcome.code, outcome.clause) == ("refused_cancel_shipped", "cancel.2")
    assert say_yes(shop, nonce).code == "refused_confirmation_gone"


def test_a_guest_whose_proof_ran_out_does_nothing_any_more(shop: DemoShop) -> None:
    maria = Identity("maria", verified_order="KF10000016")
    nonce = nonce_of(shop, Operation("return", "KF10000016", reason="unwanted"), maria)
    outcome = say_yes(shop, nonce, who=Identity("maria"))
    assert outcome.code == "refused_not_visible"
