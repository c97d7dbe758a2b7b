"""`kefu returns …` as the people of the shop type it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.store import Store
from kefu.store.seed import seed
from tests.support.cli import Kefu, runner

ROOT = Path(__file__).parents[2]


@pytest.fixture
def kefu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kefu:
    """Run `kefu …` in this process, on a home with the demo shop, by a provider that pays."""
    with closing(Store.open(database(tmp_path), migrate=True)) as store:
        seed(store, ROOT / "data" / "shop", now=datetime.now(timezone.utc), fresh=True)
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    monkeypatch.setenv("KEFU_PAYMENT_SECONDS", "1")
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)

    run = runner(monkeypatch, capsys)
    assert run("refunds", "behave", "pay").returncode == 0
    return run


def database(home: Path) -> str:
    return f"sqlite:///{home / 'kefu.db'}"


def ask(home: Path, customer: str, kind: str, order: str, *items: Item) -> str:
    """The id of the return that a customer asked for."""
    wish, now = Operation(kind, order, items=items, reason="unwanted"), datetime.now(timezone.utc)
    with closing(Store.open(database(home))) as store, store.write() as tx:
        outcome = perform(tx, Identity("s", customer), wish, now=now, key=f"{kind}-{order}-{len(items)}")
    (row,) = outcome.facts["returns"]
    return str(row.return_id)


def test_goods_are_received_and_paid_once(kefu: Kefu, tmp_path: Path) -> None:
    row = ask(tmp_path, "C1001", "return", "KF10000003")
    assert f"{row}  approved  return of 1 (unwanted), order KF10000003" in kefu("returns", "list").stdout
    done = kefu("returns", "receive", row, "--by", "Wei")
    assert (done.returncode, f"{row}  received" in done.stdout) == (0, True)
    assert "succeeded  149.00 USD to visa-4242" in done.stdout
    again = kefu("returns", "receive", row, "--by", "Wei")
    assert (again.returncode, "nothing was changed" in again.stdout) == (0, True)
    assert kefu("returns", "list").stdout.strip() == "no return is open"
    assert row in kefu("returns", "list", "--all").stdout
    assert kefu("audit", "reconcile").stdout.count(row) == 0


def test_what_waits_is_approved_received_and_decided_once_more(kefu: Kefu, tmp_path: Path) -> None:
    row = ask(tmp_path, "C1002", "return", "KF10000010")
    early = kefu("returns", "receive", row, "--by", "Wei")
    assert (early.returncode, "only what is approved" in early.stderr) == (1, True)
    own = kefu("returns", "approve", row, "--by", "Bob Smith")
    assert (own.returncode, "somebody else" in own.stderr) == (1, True)
    assert f"{row}  approved" in kefu("returns", "approve", row, "--by", "Sam").stdout
    told = kefu("returns", "receive", row, "--by", "Wei").stdout
    refund = next(word for word in told.split() if word.startswith("RF-"))
    assert f"kefu refunds approve {refund} --by NAME" in told
    assert "succeeded  650.00" in kefu("refunds", "approve", refund, "--by", "Sam").stdout


def test_what_waits_is_rejected_with_a_reason(kefu: Kefu, tmp_path: Path) -> None:
    row = ask(tmp_path, "C1002", "return", "KF10000010")
    assert kefu("returns", "reject", row, "--by", "Sam").returncode == 2
    assert f"{row}  rejected" in kefu("returns", "reject", row, "--by", "Sam", "--reason", "used").stdout
    decided = kefu("returns", "approve", row, "--by", "Sam")
    assert (decided.returncode, "is rejected" in decided.stderr) == (1, True)


def test_an_exchange_says_what_to_send(kefu: Kefu, tmp_path: Path) -> None:
    row = ask(tmp_path, "C1007", "exchange", "KF10000021")
    assert "send 1 of green to the customer" in kefu("returns", "receive", row, "--by", "Wei").stdout


def test_a_refund_in_the_way_is_named(kefu: Kefu, tmp_path: Path) -> None:
    kefu("refunds", "behave", "accept")
    rows = [
        ask(tmp_path, "C1006", "return", "KF10000019", Item(1, 1)),
        ask(tmp_path, "C1006", "return", "KF10000019"),
    ]
    assert kefu("returns", "receive", rows[0], "--by", "Wei").returncode == 0
    blocked = kefu("returns", "receive", rows[1], "--by", "Wei")
    assert (blocked.returncode, "of the same line is submitted" in blocked.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (("receive", "RT-NONE", "--by", "Wei"), "kefu returns list"),
        (("approve", "RT-NONE", "--by", "Sam"), "kefu returns list"),
        (("receive", "RT-NONE", "--by", " "), "--by NAME"),
    ],
)
def test_an_error_is_one_line_with_the_next_step(kefu: Kefu, words: tuple[str, ...], next_step: str) -> None:
    failed = kefu("returns", *words)
    (line,) = failed.stderr.splitlines()
    assert failed.returncode == 1 and next_step in line and "not foreseen" not in line
