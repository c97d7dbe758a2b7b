"""`kefu refunds …` as a supervisor types it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.operations import perform
from kefu.store import Store
from kefu.store.seed import seed
from tests.support.cli import Kefu, runner

ROOT = Path(__file__).parents[2]
LARGE = ("C1004", "KF10000015")  # USD 650, which a supervisor decides about


@pytest.fixture
def kefu(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kefu:
    """Run `kefu refunds …` in this process, on the store of ``home``."""
    monkeypatch.setenv("KEFU_HOME", str(home))
    monkeypatch.setenv("KEFU_PAYMENT_SECONDS", "1")
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)

    return runner(monkeypatch, capsys, "refunds")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the demo shop and one refund that waits."""
    store = Store.open(f"sqlite:///{tmp_path / 'kefu.db'}", migrate=True)
    now = datetime.now(timezone.utc)
    seed(store, ROOT / "data" / "shop", now=now, fresh=True)
    with store.write() as tx:
        wish = Operation("cancel", LARGE[1])
        assert perform(tx, Identity("s", LARGE[0]), wish, now=now, key="k").code == "done_cancel_waiting"
    store.close()
    return tmp_path


def waiting(kefu: Kefu) -> str:
    lines = kefu("list").stdout.splitlines()
    return next(line.split()[0] for line in lines if "requested" in line)


def test_a_supervisor_approves_what_waits(kefu: Kefu) -> None:
    refund = waiting(kefu)
    assert kefu("behave", "pay").returncode == 0
    own = kefu("approve", refund, "--by", "C1004")
    assert (own.returncode, "somebody else" in own.stderr) == (1, True)
    done = kefu("approve", refund, "--by", "Sam")
    assert (done.returncode, f"{refund}  succeeded  650.00 USD" in done.stdout) == (0, True)
    again = kefu("approve", refund, "--by", "Kim")
    assert (again.returncode, "is succeeded" in again.stderr) == (1, True)
    shown = kefu("show", refund).stdout
    assert "decided_by: Sam" in shown and "state: succeeded" in shown and "key" not in shown


def test_a_supervisor_rejects_what_waits_with_a_reason(kefu: Kefu) -> None:
    refund = waiting(kefu)
    assert kefu("reject", refund, "--by", "Sam").returncode == 2
    assert kefu("reject", refund, "--by", "Sam", "--reason", "goods kept").returncode == 0
    assert refund not in kefu("list").stdout
    (line,) = [line for line in kefu("list", "--all").stdout.splitlines() if refund in line]
    assert "rejected" in line and "decided by Sam" in line


def test_refunds_are_stopped_and_resumed(kefu: Kefu) -> None:
    stopped = kefu("stop", "--by", "Sam", "--reason", "odd figures")
    assert "stopped since" in stopped.stdout and "by Sam: odd figures" in stopped.stdout
    assert "odd figures" in kefu("list").stdout
    assert "made again" in kefu("resume", "--by", "Sam", "--reason", "found it").stdout
    assert "stopped" not in kefu("list").stdout


def test_reconciling_says_what_became_of_what(kefu: Kefu, home: Path) -> None:
    with closing(Store.open(f"sqlite:///{home / 'kefu.db'}")) as store, store.write() as tx:
        wish, now = Operation("cancel", "KF10000001"), datetime.now(timezone.utc)
        left = perform(tx, Identity("s", "C1001"), wish, now=now, key="left").facts["refund"].refund_id
    assert kefu("behave", "timeout_before").returncode == 0
    silent = kefu("reconcile")
    assert (silent.returncode, f"unanswered: 1 {left}" in silent.stdout) == (1, True)
    assert kefu("behave", "pay").returncode == 0
    settled = kefu("reconcile")
    assert (settled.returncode, f"settled: 1 {left}" in settled.stdout) == (0, True)
    assert "settled: 0" in kefu("reconcile").stdout


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (("approve", "RF-NONE", "--by", "Sam"), "kefu refunds list"),
        (("show", "RF-NONE"), "kefu refunds list"),
        (("behave", "explode"), "timeout_after"),
        (("stop", "--by", " ", "--reason", "x"), "--by NAME"),
    ],
)
def test_an_error_is_one_line_with_the_next_step(kefu: Kefu, words: tuple[str, ...], next_step: str) -> None:
    failed = kefu(*words)
    (line,) = failed.stderr.splitlines()
    assert failed.returncode == 1 and next_step in line and "not foreseen" not in line
