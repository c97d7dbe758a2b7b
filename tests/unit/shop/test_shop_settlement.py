"""What becomes of a refund behind the commit: paid, waiting, failed, or asked for again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kefu.errors import KefuError, PaymentError
from kefu.shop import killswitch
from kefu.shop.identity import Identity
from kefu.shop.payments import SETTLES, DemoProvider
from kefu.shop.settlement import Reconciled, reconcile, settle
from kefu.shop.supervision import approve, reject
from tests.support.demo_shop import NOW, DemoShop
from tests.support.payments import SECONDS, Till

ALICE = Identity("alice", "C1001")
CANCELLED = "KF10000001"
LARGE = "KF10000015"  # USD 650: above limit.amount
SEEDED = "RF-KF10000008"  # submitted, says the shop's table


@pytest.fixture
def till(shop: DemoShop, tmp_path: Path) -> Till:
    return Till.open(shop.store, tmp_path, now=NOW)


def cancel(till: Till) -> str:
    return till.yes(ALICE, till.ask(ALICE, "cancel", CANCELLED)).code


def again(till: Till) -> Reconciled:
    return reconcile(till.store, till.provider, now=NOW, seconds=SECONDS)


def test_a_paid_refund_has_succeeded_once(till: Till) -> None:
    assert cancel(till) == "done_cancel"
    (refund,), (booked,) = till.refunds(CANCELLED), till.booked(CANCELLED)
    assert (refund.state, refund.settled_at, refund.reference) == ("succeeded", NOW, booked.reference)
    assert (booked.key, booked.amount, booked.method) == (refund.key, refund.amount, refund.method)
    assert till.settle([refund]) == [refund]
    assert len(till.booked(CANCELLED)) == 1


def test_what_the_bank_has_stays_submitted_until_it_is_paid_out(till: Till) -> None:
    till.provider.tell("accept")
    assert cancel(till) == "done_cancel"
    (refund,) = till.refunds(CANCELLED)
    assert (refund.state, refund.settled_at) == ("submitted", None) and refund.reference
    assert again(till) == Reconciled(waiting=(refund.refund_id,))
    due = till.booked(CANCELLED)[0].booked_at + SETTLES.total_seconds()
    later = replace(till, provider=DemoProvider(till.ledger, clock=lambda: due))
    assert again(later) == Reconciled(settled=(refund.refund_id,))
    assert till.refunds(CANCELLED)[0].state == "succeeded"


def test_a_refused_refund_is_a_case_for_a_person(till: Till, shop: DemoShop) -> None:
    till.provider.tell("refuse")
    nonce = till.ask(ALICE, "cancel", CANCELLED)
    outcome = till.yes(ALICE, nonce)
    (refund,) = till.refunds(CANCELLED)
    with shop.read() as tx:
        (ticket,) = tx.tickets.of_order(CANCELLED)
    assert (outcome.code, outcome.facts["did"]) == ("done_refund_failed", "done_cancel")
    assert (ticket.kind, ticket.customer_id) == ("refund", "C1001")
    assert outcome.facts["ticket_id"] == ticket.ticket_id
    assert (refund.state, refund.note) == ("failed", "refused by the bank or wallet")
    assert (till.booked(CANCELLED), shop.order(CANCELLED).status) == ([], "cancelled")
    assert again(till) == Reconciled()


def test_a_membership_whose_refund_was_refused_can_be_refunded_again(till: Till, shop: DemoShop) -> None:
    dana, gold = Identity("dana", "C1006"), "KF10000017"
    till.provider.tell("refuse")
    assert till.yes(dana, till.ask(dana, "refund", gold)).code == "done_refund_failed"
    assert shop.order(gold).status == "ended"
    till.provider.tell("pay")
    outcome = till.yes(dana, till.ask(dana, "refund", gold))
    assert (outcome.code, outcome.facts["ended_at"]) == ("done_refund_membership", shop.order(gold).ended_at)
    assert sorted(refund.state for refund in till.refunds(gold)) == ["failed", "succeeded"]
    assert len(till.booked(gold)) == 1


@pytest.mark.parametrize(("behaviour", "paid"), [("timeout_before", 0), ("timeout_after", 1)])
def test_an_unknown_outcome_is_asked_for_and_never_paid_twice(till: Till, behaviour: str, paid: int) -> None:
    till.provider.tell(behaviour)
    outcome = till.yes(ALICE, till.ask(ALICE, "cancel", CANCELLED))
    (refund,) = till.refunds(CANCELLED)
    assert outcome.code == "done_refund_checking"
    assert (refund.state, refund.reference, len(till.booked(CANCELLED))) == ("submitted", None, paid)
    till.provider.tell("pay")
    assert again(till) == Reconciled(settled=(refund.refund_id,))
    assert again(till) == Reconciled()
    assert [row.key for row in till.booked(CANCELLED)] == [refund.key]


def test_a_silent_provider_is_asked_one_question_a_time(till: Till) -> None:
    till.provider.tell("timeout_before")
    cancel(till)
    till.yes(ALICE, till.ask(ALICE, "refund", "KF10000005"))
    assert len(again(till).unanswered) == 2


def test_a_confirmed_refund_that_the_provider_lost_is_not_paid_again(till: Till, tmp_path: Path) -> None:
    till.provider.tell("accept")
    cancel(till)
    (refund,) = till.refunds(CANCELLED)
    other = Till.open(till.store, tmp_path / "other", now=NOW)
    assert again(other) == Reconciled(lost=(refund.refund_id,))
    assert (other.ledger.rows(), till.refunds(CANCELLED)) == ([], [refund])


def test_a_key_that_stands_for_another_sum_is_left_to_a_person(till: Till) -> None:
    till.provider.tell("timeout_before")
    cancel(till)
    (refund,) = till.refunds(CANCELLED)
    till.provider.tell("pay")
    till.provider.refund(refund.key, CANCELLED, 1, "USD", refund.method, seconds=1)
    assert again(till) == Reconciled(lost=(refund.refund_id,))
    assert till.settle([refund]) == [refund]
    assert till.refunds(CANCELLED)[0].state == "submitted"


def test_a_provider_that_breaks_otherwise_leaves_the_refund_to_the_next_time(till: Till) -> None:
    class Broken(DemoProvider):
        def find(self, key: str, *, seconds: float) -> None:
            raise PaymentError("maintenance")

    till.provider.tell("timeout_before")
    cancel(till)
    assert len(reconcile(till.store, Broken(till.ledger), now=NOW).unanswered) == 1


def test_a_refund_that_is_not_there_is_an_error_with_the_next_step(till: Till) -> None:
    with pytest.raises(KefuError, match="kefu refunds list"):
        settle(till.store, till.provider, "RF-NONE", now=NOW)


# -- people decide ----------------------------------------------------------------------


def asked(till: Till, shop: DemoShop) -> str:
    outcome = till.yes(shop.owner(LARGE), till.ask(shop.owner(LARGE), "cancel", LARGE))
    assert outcome.code == "done_cancel_waiting"
    (refund,) = till.refunds(LARGE)
    assert (refund.state, refund.requested_by, till.booked(LARGE)) == ("requested", "C1004", [])
    return refund.refund_id


def test_an_approved_refund_is_paid_the_same_way(till: Till, shop: DemoShop) -> None:
    refund_id = asked(till, shop)
    with shop.write() as tx:
        approved = approve(tx, refund_id, by=" Sam ", now=NOW)
    (paid,) = till.settle([approved])
    assert (approved.state, paid.state, paid.decided_by, paid.decided_at) == (
        "submitted", "succeeded", "Sam", NOW
    )  # fmt: skip
    assert [row.amount for row in till.booked(LARGE)] == [65000]
    with shop.read() as tx:
        customer = tx.customers.get("C1004")
        assert customer is not None
        assert "650.00" in tx.outbox.of(customer.email)[0].body
        assert [ticket.state for ticket in tx.tickets.of_order(LARGE)] == ["closed"]


def test_a_rejected_refund_is_never_paid(till: Till, shop: DemoShop) -> None:
    refund_id = asked(till, shop)
    with shop.write() as tx:
        rejected = reject(tx, refund_id, by="Sam", reason="goods kept", now=NOW)
    assert (rejected.state, rejected.note, rejected.decided_by) == ("rejected", "goods kept", "Sam")
    assert till.settle([rejected]) == [rejected]
    assert (again(till), till.booked(LARGE)) == (Reconciled(), [])


@pytest.mark.parametrize("by", ["C1004", "c1004", "", "  "])
def test_nobody_decides_about_their_own_refund(till: Till, shop: DemoShop, by: str) -> None:
    refund_id = asked(till, shop)
    with shop.write() as tx, pytest.raises(KefuError):
        approve(tx, refund_id, by=by, now=NOW)
    with shop.write() as tx, pytest.raises(KefuError):
        reject(tx, refund_id, by=by, reason="no", now=NOW)
    with shop.write() as tx:
        customer = tx.customers.get("C1004")
        assert customer is not None
        for name in (customer.name, customer.email.upper()):
            with pytest.raises(KefuError, match="somebody else"):
                approve(tx, refund_id, by=name, now=NOW)
    assert till.refunds(LARGE)[0].state == "requested"


def test_a_decision_is_made_once_and_needs_its_reason(till: Till, shop: DemoShop) -> None:
    refund_id = asked(till, shop)
    with shop.write() as tx:
        with pytest.raises(KefuError, match="reason"):
            reject(tx, refund_id, by="Sam", reason=" ", now=NOW)
        approve(tx, refund_id, by="Sam", now=NOW)
        for again_by in ("Sam", "Kim"):
            with pytest.raises(KefuError, match="is submitted"):
                approve(tx, refund_id, by=again_by, now=NOW)
        with pytest.raises(KefuError, match="found no refund"):
            approve(tx, "RF-NONE", by="Sam", now=NOW)


# -- the kill switch --------------------------------------------------------------------


def stop(till: Till) -> None:
    with till.store.write() as tx:
        killswitch.stop(tx, by="Sam", reason="something is wrong", now=NOW)


def resume(till: Till) -> None:
    with till.store.write() as tx:
        killswitch.resume(tx, by="Sam", reason="found it", now=NOW)


def test_with_refunds_stopped_the_next_one_waits_for_a_person(till: Till, shop: DemoShop) -> None:
    stop(till)
    outcome = till.yes(ALICE, till.ask(ALICE, "cancel", CANCELLED))
    assert (outcome.code, outcome.facts["limit_clause"]) == ("done_cancel_waiting", None)
    assert [row.state for row in till.refunds(CANCELLED)] == ["requested"]
    with shop.read() as tx:
        assert "stopped" in tx.tickets.of_order(CANCELLED)[0].summary
    resume(till)
    assert till.yes(ALICE, till.ask(ALICE, "refund", "KF10000005")).code == "done_refund_digital"


def test_a_yes_to_what_was_shown_before_the_stop_is_asked_anew(till: Till) -> None:
    nonce = till.ask(ALICE, "cancel", CANCELLED)
    stop(till)
    fresh = till.yes(ALICE, nonce)
    assert (fresh.kind, fresh.facts["waits"], till.refunds(CANCELLED)) == ("offered", True, [])


def test_what_was_committed_before_the_stop_is_held_until_it_ends(till: Till) -> None:
    till.provider.tell("timeout_before")
    cancel(till)
    (refund,) = till.refunds(CANCELLED)
    till.provider.tell("pay")
    stop(till)
    assert till.settle([refund]) == [refund]
    assert (again(till), till.booked(CANCELLED)) == (Reconciled(held=(refund.refund_id,)), [])
    resume(till)
    assert again(till) == Reconciled(settled=(refund.refund_id,))


def test_what_was_paid_before_the_stop_is_noted_all_the_same(till: Till) -> None:
    till.provider.tell("timeout_after")
    cancel(till)
    stop(till)
    (refund,) = till.refunds(CANCELLED)
    assert again(till) == Reconciled(settled=(refund.refund_id,))


def test_a_person_may_approve_while_automatic_refunds_are_stopped(till: Till, shop: DemoShop) -> None:
    refund_id = asked(till, shop)
    stop(till)
    with shop.write() as tx:
        approved = approve(tx, refund_id, by="Sam", now=NOW)
    assert till.settle([approved])[0].state == "succeeded"


def test_whoever_turns_the_switch_gives_a_name_and_a_reason(till: Till) -> None:
    for by, reason in (("", "why"), ("Sam", " ")):
        with till.store.write() as tx, pytest.raises(KefuError, match="--by NAME"):
            killswitch.stop(tx, by=by, reason=reason, now=NOW)
    stop(till)
    with till.store.read() as tx:
        switch, (entry,) = tx.switches.get("refunds"), tx.audit.of_subject("refunds")
    assert (switch.stopped, switch.set_by, switch.set_at) == (True, "Sam", NOW)
    assert (entry.actor, entry.action) == ("Sam", "refunds_stop")


def test_what_another_system_submitted_is_not_paid_again(till: Till) -> None:
    after = settle(till.store, till.provider, SEEDED, now=NOW)
    assert (after.state, after.reference) == ("submitted", None)
    assert again(till) == Reconciled() and till.ledger.rows() == []
