"""What a customer hears of a refund: the truth in both languages, whatever the provider does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from actions import base, confirm
from actions.confirm import ActionAffirm
from actions.orders import ActionSubmitRefundStatus
from kefu.errors import StoreError
from kefu.shop import killswitch
from kefu.shop.confirmations import propose
from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.payments import DemoProvider
from kefu.store import Store, Transaction
from kefu.store.chat_records import Session
from kefu.store.provider_ledger import ProviderLedger
from tests.support.acting import SESSION, Stage, bot, stage, user
from tests.support.demo_shop import NOW, demo_shop

ORDER = "KF10000001"
COURSE = "KF10000005"
ALICE = Identity(SESSION, "C1001")
LANGUAGES = ("en", "zh")


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with demo_shop(tmp_path):
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        with stage(monkeypatch, url, tmp_path, "C1001", payment_seconds="1") as found:
            yield found


@pytest.fixture
def provider(tmp_path: Path) -> DemoProvider:
    return DemoProvider(ProviderLedger(tmp_path / "payments.db"))


def yes(on: Stage, wish: Operation, *, language: str = "en") -> str:
    """The words of the answer to a yes."""
    with on.store.write() as tx:
        _, confirmation = propose(tx, ALICE, wish, now=NOW, minutes=10_000_000)
    assert confirmation is not None
    said = (bot(confirmation=confirmation.nonce), user("affirm"))
    return replace(on, language=language).hear(ActionAffirm(), *said)


def status(on: Stage, order_number: str = ORDER, *, language: str = "en") -> str:
    slots = {"item": [[order_number, None]]}
    return replace(on, language=language).hear(ActionSubmitRefundStatus(), slots=slots)


def state(on: Stage, order_number: str = ORDER) -> list[str]:
    with on.store.read() as tx:
        return [row.state for row in tx.refunds.of_order(order_number)]


def test_a_yes_that_comes_too_late_is_asked_for_once_more(on: Stage) -> None:
    with on.store.write() as tx:
        _, confirmation = propose(tx, ALICE, Operation("cancel", ORDER), now=NOW, minutes=0)
    assert confirmation is not None
    heard = on.hear(ActionAffirm(), bot(confirmation=confirmation.nonce), user("affirm"))
    assert "I show it once more" in heard and ORDER in heard
    assert state(on) == []


def test_a_yes_to_words_of_somebody_else_is_to_nothing(on: Stage) -> None:
    other = Identity("s-other", "C1001")
    with on.store.write() as tx:
        tx.sessions.add(Session("s-other", "C1001", None, NOW, NOW + timedelta(days=1)))
        _, confirmation = propose(tx, other, Operation("cancel", ORDER), now=NOW, minutes=0)
    assert confirmation is not None
    heard = on.hear(ActionAffirm(), bot(confirmation=confirmation.nonce), user("affirm"))
    assert ORDER not in heard and state(on) == []


@pytest.mark.parametrize(
    ("language", "done", "then"),
    [
        ("en", "is cancelled. $79.00 goes back", "sent to your bank"),
        ("zh", "已取消，$79.00 将退回", "已提交给银行"),
    ],
)
def test_a_refund_on_its_way_is_said_to_be(on: Stage, language: str, done: str, then: str) -> None:
    assert done in yes(on, Operation("cancel", ORDER), language=language)
    assert then in status(on, language=language)
    assert state(on) == ["submitted"]


@pytest.mark.parametrize("behaviour", ["timeout_before", "timeout_after"])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Order KF10000001 is cancelled.", "has not confirmed the refund of $79.00", "once at most")),
        ("zh", ("订单 KF10000001 已取消", "支付机构尚未确认", "最多只会支付一次")),
    ],
)
def test_an_unknown_outcome_is_said_to_be_checked(
    on: Stage, provider: DemoProvider, behaviour: str, language: str, words: tuple[str, ...]
) -> None:
    provider.tell(behaviour)
    heard = yes(on, Operation("cancel", ORDER), language=language)
    assert [word for word in words if word not in heard] == []
    told = {"en": "not confirmed by the payment provider yet", "zh": "尚未得到支付机构确认"}
    assert told[language] in status(on, language=language)
    assert state(on) == ["submitted"]


@pytest.mark.parametrize(
    ("language", "words", "then"),
    [
        ("en", ("refused the refund of $59.00", "was not paid", "ticket TK-"), "refused by the payment"),
        ("zh", ("支付机构拒绝了", "$59.00", "工单号 TK-"), "被支付机构拒绝"),
    ],
)
def test_a_refused_refund_is_said_to_be_with_a_person(
    on: Stage, provider: DemoProvider, language: str, words: tuple[str, ...], then: str
) -> None:
    provider.tell("refuse")
    heard = yes(on, Operation("refund", COURSE), language=language)
    assert [word for word in words if word not in heard] == []
    assert then in status(on, COURSE, language=language)
    assert state(on, COURSE) == ["failed"]


@pytest.mark.parametrize(
    ("language", "word"), [("en", "automatic refunds are stopped at the moment"), ("zh", "自动退款目前暂停")]
)
def test_with_refunds_stopped_the_customer_hears_why_it_waits(on: Stage, language: str, word: str) -> None:
    with on.store.write() as tx:
        killswitch.stop(tx, by="Sam", reason="secret reason", now=NOW)
    heard = yes(on, Operation("cancel", ORDER), language=language)
    assert word in heard and "secret" not in heard and "TK-" in heard
    assert state(on) == ["requested"]


def test_a_silent_provider_does_not_use_up_the_action(on: Stage, provider: DemoProvider) -> None:
    provider.tell("timeout_before")
    began = time.monotonic()
    heard = yes(on, Operation("cancel", ORDER))
    assert "has not confirmed" in heard
    assert time.monotonic() - began < 4  # KEFU_PAYMENT_SECONDS is 1, KEFU_ACTION_SECONDS 5


def test_what_breaks_behind_the_commit_is_not_called_undone(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the provider's library fell over")

    monkeypatch.setattr(confirm, "settled", broken)
    heard = yes(on, Operation("cancel", ORDER))
    assert "cannot tell yet whether it was done" in heard and "Nothing was changed" not in heard
    assert state(on) == ["submitted"]


class CommitUnanswered:
    """A store whose connection breaks while it commits: what was written stands."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, function: Callable[[Transaction], Any], *, write: bool = False) -> Any:
        self._store.run(function, write=write)
        raise StoreError("the database cannot be used now: connection lost")


def test_a_commit_without_an_answer_is_not_called_undone(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "serving", lambda: CommitUnanswered(on.store))
    heard = yes(on, Operation("cancel", ORDER))
    assert "cannot tell yet whether it was done" in heard and "Nothing was changed" not in heard


def test_what_the_store_refuses_before_its_commit_is_undone(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise StoreError("the database refused the change")

    monkeypatch.setattr(confirm.confirmations, "redeem", refused)
    assert "Nothing was changed" in yes(on, Operation("cancel", ORDER))
    assert state(on) == []


def test_the_limit_is_named_as_before(on: Stage) -> None:
    with on.store.write() as tx:
        limit = tx.policy.in_force(NOW)["limit.amount"]
        others = [c for c in tx.policy.in_force(NOW).values() if c.clause != "limit.amount"]
        tx.policy.replace_all([*others, replace(limit, params={**limit.params, "amount": "10.00"})])
    assert "(clause limit.amount)" in yes(on, Operation("cancel", ORDER))
