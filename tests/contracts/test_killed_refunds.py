"""`kill -9` at every step of a refund: one payment after the restart, and true words before and after."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from actions.confirm import ActionAffirm
from actions.orders import ActionSubmitRefundStatus
from kefu.shop.identity import Identity
from kefu.shop.settlement import reconcile
from kefu.store import Store
from tests.support.acting import SESSION, Stage, bot, stage, user
from tests.support.payments import Till

ROOT = Path(__file__).resolve().parents[2]
ALICE = Identity(SESSION, "C1001")
ORDER = "KF10000001"
NONE = ("no return or refund on record", "没有退货或退款记录")
CHECKED = ("not confirmed by the payment provider yet", "尚未得到支付机构确认")
PAID = ("is paid out", "已到账")
# what the customer hears before anybody reconciles, and how often the provider has paid by then
AT = {
    "before_commit": (NONE, 0),
    "after_submitted": (CHECKED, 0),
    "during_the_call": (CHECKED, 0),
    "after_paid": (CHECKED, 1),
    "before_succeeded": (CHECKED, 1),
    "after_succeeded": (PAID, 1),
}


def killed_at(step: str, url: str, till: Till, folder: Path) -> str:
    """The nonce of the confirmation during which the process died."""
    nonce = till.ask(ALICE, "cancel", ORDER)
    command = [sys.executable, "-m", "tests.support.killed", step, url, str(folder / "payments.db"), nonce]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return nonce


def status(on: Stage) -> tuple[str, str]:
    """Where the refund of the order is, in English and in Chinese."""
    words = [replace(on, language=language).hear(ActionSubmitRefundStatus(), slots={"item": [[ORDER, None]]})
             for language in ("en", "zh")]  # fmt: skip
    return words[0], words[1]


@pytest.mark.parametrize("step", AT)
def test_one_payment_and_the_truth(
    databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    url, now = databases.shop(), datetime.now(timezone.utc)
    with stage(monkeypatch, url, tmp_path, "C1001") as on:
        till = Till.open(on.store, tmp_path, now=now)
        nonce = killed_at(step, url, till, tmp_path)
        words, booked = AT[step]
        assert [word in heard for word, heard in zip(words, status(on), strict=True)] == [True, True]
        assert len(till.booked(ORDER)) == booked

        restarted = Store.open(url)
        reconcile(restarted, till.provider, now=now)
        restarted.close()
        if step == "before_commit":  # nothing had happened: the yes is still good, once
            assert till.booked(ORDER) == []
            on.hear(ActionAffirm(), bot(confirmation=nonce), user("affirm"))
        # the chat server may have died too and take the same yes up again: it hears what was done
        assert "is cancelled" in on.hear(ActionAffirm(), bot(confirmation=nonce), user("affirm"))
        assert len(till.booked(ORDER)) == 1
        assert [(row.state, row.key) for row in till.refunds(ORDER)] == [("succeeded", nonce)]
        assert [word in heard for word, heard in zip(PAID, status(on), strict=True)] == [True, True]
