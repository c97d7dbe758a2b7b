"""Questions behind a confirmation, and wishes that no intent of their own began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actions.confirm import ActionAffirm, ActionAmend, ActionBeginTask, ActionStop
from actions.fallback import ActionTwoStageFallback
from actions.faq import ActionFaq, ActionReturnable
from actions.orders import ActionSubmitOrderStatus, ActionSubmitRefundStatus
from actions.products import ActionProduct
from kefu.shop.confirmations import pending, propose
from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from tests.support.acting import SESSION, Stage, bot, stage, user
from tests.support.demo_shop import NOW, demo_shop

ALICE = Identity(SESSION, "C1001")
EARBUDS = Operation("cancel", "KF10000001")
LAMPS = Operation("warranty", "KF10000004", (Item(1),))
REFUSAL = {"clause": "refund.ebook", "offer": {"kind": "human"}}


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with demo_shop(tmp_path):
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        with stage(monkeypatch, url, tmp_path, "C1001") as found:
            yield found


def wish(on: Stage, operation: Operation) -> str:
    with on.store.write() as tx:
        _, confirmation = propose(tx, ALICE, operation, now=NOW, minutes=10_000_000)
    assert confirmation is not None
    return confirmation.nonce


def waits(on: Stage) -> bool:
    with on.store.read() as tx:
        return pending(tx, SESSION, now=NOW) is not None


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "how long does that take"), ("zh", "要多久"), ("en", "which card does it go to")],
)
def test_how_long_is_about_what_waits(on: Stage, language: str, text: str) -> None:
    wish(on, EARBUDS)
    said = replace(on, language=language).hear(ActionFaq(), user("faq", text))
    assert "refund.time" in said
    assert waits(on)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "can you refund it to my visa instead?"), ("zh", "能不能退到微信"), ("zh", "可以退回别的卡吗")],
)
def test_another_card_is_no_question_of_whether_it_can_go_back(on: Stage, language: str, text: str) -> None:
    """It had been answered by "Yes: it can go back now"."""
    wish(on, EARBUDS)
    said = replace(on, language=language).hear(ActionReturnable(), user("ask_returnable", text))
    assert "refund.time" in said and "KF10000001" in said
    assert not said.startswith(("Yes", "可以："))
    assert waits(on)


def test_a_look_up_behind_a_confirmation_shows_it_anew(on: Stage) -> None:
    wish(on, EARBUDS)
    message = user("track_order", "how long does that take")
    assert on.hear(ActionBeginTask(), message) == "" and waits(on)
    said = on.hear(ActionSubmitOrderStatus(), message, slots={"item": []})
    assert "refund.time" in said and "Shall I do that?" in said


def test_another_look_up_puts_it_aside(on: Stage) -> None:
    wish(on, EARBUDS)
    said = on.hear(ActionBeginTask(), user("track_order", "where is my keyboard"))
    assert "aside" in said and not waits(on)


def test_a_person_has_no_day(on: Stage) -> None:
    wish(on, LAMPS)
    assert "cannot promise" in on.hear(ActionFaq(), user("faq", "how long will that take"))


def test_the_amount_is_not_the_price(on: Stage) -> None:
    wish(on, EARBUDS)
    slots = {"focus_product": "P104", "focus_order": "KF10000001"}
    assert on.hear(ActionProduct(), user("ask_product", "how much do i get"), slots=slots) == ""


def test_behind_what_was_just_done(on: Stage) -> None:
    said = on.hear(ActionFaq(), bot(done="cancel"), user("faq", "how long does that take"))
    assert "refund.time" in said


def test_the_same_wish_again_is_not_put_aside(on: Stage) -> None:
    wish(on, EARBUDS)
    assert on.hear(ActionBeginTask(), user("cancel_order", "just cancel it")) == ""


def test_an_agreement_that_names_a_task_is_no_call_for_a_person(on: Stage) -> None:
    said = (bot(offer={"kind": "human"}), user("affirm", "fine, return it then"))
    assert on.hear(ActionAffirm(), *said) == ""


def test_an_end_that_names_a_task_begins_it(on: Stage) -> None:
    assert "I can cancel order KF10000001" in on.hear(ActionStop(), user("stop", "那我取消算了"))
    assert "stopped" in on.hear(ActionStop(), user("stop", "never mind the return"))
    assert "stopped" in on.hear(ActionStop(), user("stop", "cancel"))


def test_a_remark_leaves_the_confirmation(on: Stage) -> None:
    wish(on, LAMPS)
    assert "Shall I do that?" in on.hear(ActionAmend(), user("inform", "since yesterday"))
    assert waits(on)


def test_no_cancel_it_instead(on: Stage) -> None:
    wish(on, LAMPS)
    assert "aside" in on.hear(ActionAmend(), user("correct", "no, cancel the order instead"))


def test_whether_it_can_be_cancelled_is_not_told_by_the_rules_of_returns(on: Stage) -> None:
    said = on.hear(ActionReturnable(), user("ask_returnable", "can i still cancel it"))
    assert "I can cancel order KF10000001" in said


def test_a_protest_behind_a_refusal_is_offered_a_person(on: Stage) -> None:
    said = on.hear(ActionTwoStageFallback(), bot(**REFUSAL), user("nlu_fallback", "that is a lie"))
    assert "see it differently" in said


@pytest.mark.parametrize(("language", "text"), [("en", "how much did i pay for it"), ("zh", "付了多少钱")])
def test_what_was_paid(on: Stage, language: str, text: str) -> None:
    slots = {"focus_order": "KF10000001"}
    said = replace(on, language=language).hear(ActionProduct(), user("ask_product", text), slots=slots)
    assert "KF10000001" in said and "$79.00" in said


def test_where_nothing_goes_back_the_rule_is_told(on: Stage) -> None:
    assert "3 to 5 business days" in on.hear(ActionSubmitRefundStatus())
