"""What every payment provider promises: once for a key, the saved answer afterwards, books that last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.errors import ConfigError, KeyConflict, StoreError, Unanswered
from kefu.settings import Settings
from kefu.shop.payments import SETTLES, DemoProvider, demo_provider, provider_of
from kefu.store.provider_ledger import ProviderLedger

TERMS = ("KF10000001", 7900, "USD", "visa-4242")


@pytest.fixture
def ledger(tmp_path: Path) -> ProviderLedger:
    return ProviderLedger(tmp_path / "books" / "payments.db")


@pytest.fixture
def provider(ledger: ProviderLedger) -> DemoProvider:
    return DemoProvider(ledger)


def test_what_is_accepted_is_paid_when_the_bank_is_done(ledger: ProviderLedger) -> None:
    moment = [1000.0]
    provider = DemoProvider(ledger, clock=lambda: moment[0])
    answer = provider.refund("k", *TERMS, seconds=1)
    assert (answer.state, answer.amount, answer.currency) == ("accepted", 7900, "USD")
    moment[0] += SETTLES.total_seconds() - 1
    assert provider.find("k", seconds=1) == answer
    moment[0] += 1
    assert provider.find("k", seconds=1) == replace(answer, state="paid")


def test_the_same_again_gets_the_saved_answer(provider: DemoProvider, ledger: ProviderLedger) -> None:
    provider.tell("pay")
    first = provider.refund("k", *TERMS, seconds=1)
    provider.tell("refuse")  # too late for this one
    assert provider.refund("k", *TERMS, seconds=1) == first
    assert first.state == "paid"
    assert [row.key for row in ledger.rows()] == ["k"]


@pytest.mark.parametrize(("place", "value"), [(0, "KF10000002"), (1, 7901), (2, "EUR"), (3, "paypal")])
def test_a_key_with_other_content_is_an_error(provider: DemoProvider, place: int, value: object) -> None:
    provider.refund("k", *TERMS, seconds=1)
    other = [*TERMS]
    other[place] = value  # type: ignore[call-overload]
    with pytest.raises(KeyConflict):
        provider.refund("k", *other, seconds=1)
    found = provider.find("k", seconds=1)
    assert found is not None and found.amount == 7900


def test_a_refusal_is_remembered_too(provider: DemoProvider) -> None:
    provider.tell("refuse")
    refused = provider.refund("k", *TERMS, seconds=1)
    provider.tell("pay")
    assert (refused.state, bool(refused.reason)) == ("refused", True)
    assert provider.refund("k", *TERMS, seconds=1) == refused == provider.find("k", seconds=1)


def test_what_was_never_booked_is_not_found(provider: DemoProvider) -> None:
    assert provider.find("k", seconds=1) is None


@pytest.mark.parametrize(("behaviour", "booked"), [("timeout_before", 0), ("timeout_after", 1)])
def test_no_answer_comes_in_time_whether_it_paid_or_not(
    provider: DemoProvider, ledger: ProviderLedger, behaviour: str, booked: int
) -> None:
    provider.tell(behaviour)
    began = time.monotonic()
    with pytest.raises(Unanswered):
        provider.refund("k", *TERMS, seconds=0.05)
    assert 0.05 <= time.monotonic() - began < 1
    assert len(ledger.rows()) == booked


def test_slow_is_an_answer_within_the_limit_and_none_beyond_it(provider: DemoProvider) -> None:
    provider.tell("slow", 0.05)
    began = time.monotonic()
    assert provider.refund("k", *TERMS, seconds=5).state == "accepted"
    assert time.monotonic() - began >= 0.05
    with pytest.raises(Unanswered):
        provider.refund("other", *TERMS, seconds=0.01)
    with pytest.raises(Unanswered):
        provider.find("k", seconds=0.01)


def test_another_process_sees_the_same_books_and_behaviour(
    provider: DemoProvider, ledger: ProviderLedger, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from kefu.shop.payments import DemoProvider; "
        "from kefu.store.provider_ledger import ProviderLedger; "
        "p = DemoProvider(ProviderLedger(Path(sys.argv[1]))); p.tell('pay'); "
        "p.refund('theirs', 'KF10000001', 7900, 'USD', 'visa-4242', seconds=1); "
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    file = tmp_path / "books" / "payments.db"
    ended = subprocess.run([sys.executable, "-c", code, str(file)], env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    found = provider.find("theirs", seconds=1)
    assert found is not None and found.state == "paid"
    assert provider.refund("ours", *TERMS, seconds=1).state == "paid"


def test_forty_at_once_under_one_key_are_one_payment(provider: DemoProvider, ledger: ProviderLedger) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: provider.refund("k", *TERMS, seconds=30), range(40)))
    assert len({answer.reference for answer in answers}) == 1
    assert len(ledger.rows()) == 1


def test_an_unknown_behaviour_is_refused_with_the_known_ones(provider: DemoProvider) -> None:
    with pytest.raises(ConfigError, match="timeout_after"):
        provider.tell("explode")


def test_books_that_cannot_be_kept_are_an_error_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="writable"):
        DemoProvider(ProviderLedger(tmp_path / "file" / "payments.db")).find("k", seconds=1)


def made_by_a_shop(settings: Settings) -> DemoProvider:
    """What KEFU_PAYMENT_PROVIDER may name."""
    return demo_provider(settings)


def test_the_settings_choose_the_provider(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_SHOP_SECRET": "x" * 32, "KEFU_SESSION_SECRET": "y" * 32}
    chosen = provider_of(Settings.load(env))
    chosen.refund("k", *TERMS, seconds=1)
    own = {**env, "KEFU_PAYMENT_PROVIDER": f"{__name__}:made_by_a_shop"}
    found = provider_of(Settings.load(own)).find("k", seconds=1)
    assert found is not None
    for wrong in ("bank", "kefu.shop.payments:nobody", ":x"):
        with pytest.raises(ConfigError, match="module:function"):
            provider_of(Settings.load({**env, "KEFU_PAYMENT_PROVIDER": wrong}))
