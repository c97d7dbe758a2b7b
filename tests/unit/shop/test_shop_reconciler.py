"""The thread that settles refunds while servers run: from its start, again and again, whatever breaks."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from kefu.settings import Settings
from kefu.shop.identity import Identity
from kefu.shop.payments import demo_provider
from kefu.shop.reconciler import Reconciler
from tests.support.demo_shop import NOW, DemoShop
from tests.support.payments import Till

ALICE = Identity("alice", "C1001")
ORDER = "KF10000001"


def broken(settings: Settings) -> None:
    """A provider that cannot even be made."""
    raise RuntimeError("its library fell over")


def settings_of(home: Path, **more: str) -> Settings:
    env = {"KEFU_HOME": str(home), "KEFU_SHOP_SECRET": "x" * 32, "KEFU_SESSION_SECRET": "y" * 32,
           "KEFU_RECONCILE_SECONDS": "1", "KEFU_DATABASE_URL": f"sqlite:///{home / 'shop.db'}"}  # fmt: skip
    return Settings.load({**env, **more})


def test_a_refund_left_behind_is_settled_while_it_runs(shop: DemoShop, tmp_path: Path) -> None:
    till = Till.open(shop.store, tmp_path, now=NOW, behaviour="timeout_after")
    till.yes(ALICE, till.ask(ALICE, "cancel", ORDER))
    assert till.refunds(ORDER)[0].state == "submitted"
    thread = Reconciler(settings_of(tmp_path))
    thread.start()
    deadline = time.monotonic() + 30
    while till.refunds(ORDER)[0].state != "succeeded" and time.monotonic() < deadline:
        time.sleep(0.05)
    thread.stop()
    thread.join(timeout=30)
    assert (till.refunds(ORDER)[0].state, thread.is_alive()) == ("succeeded", False)
    assert len(till.booked(ORDER)) == 1


def test_a_store_that_is_not_there_yet_is_tried_again(
    shop: DemoShop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    till = Till.open(shop.store, tmp_path, now=NOW, behaviour="timeout_before")
    till.yes(ALICE, till.ask(ALICE, "cancel", ORDER))
    (tmp_path / "shop.db").rename(tmp_path / "away.db")
    thread = Reconciler(settings_of(tmp_path))
    thread.once()
    assert "there is no database" in caplog.text
    (tmp_path / "away.db").rename(tmp_path / "shop.db")
    demo_provider(settings_of(tmp_path)).tell("pay")
    thread.once()
    assert till.refunds(ORDER)[0].state == "succeeded"


def test_it_outlives_a_provider_that_falls_over(
    shop: DemoShop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        Reconciler(settings_of(tmp_path, KEFU_PAYMENT_PROVIDER=f"{__name__}:broken")).once()
    assert "reconciling refunds failed" in caplog.text
