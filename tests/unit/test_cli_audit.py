"""`kefu audit` and `kefu policy`: what they print, as words and as JSON, and how they end."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kefu.shop.operation import KINDS
from kefu.store.provider_ledger import LedgerRow, ProviderLedger
from tests.support.cli import Kefu, runner

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "data" / "shop" / "policy.csv"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SQLite file that the commands use."""
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    monkeypatch.setenv("KEFU_DATABASE_URL", f"sqlite:///{tmp_path / 'kefu.db'}")
    return tmp_path / "kefu.db"


@pytest.fixture
def kefu(database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kefu:
    """Runs a command on a store with the demo shop."""

    run = runner(monkeypatch, capsys)
    assert run("seed")[0] == 0
    return run


def tamper(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


def test_a_whole_chain_is_verified_against_its_head(kefu: Kefu) -> None:
    status, out, _ = kefu("audit", "head")
    head = out.split()[-1]
    assert status == 0 and head.startswith("6:")
    status, out, _ = kefu("audit", "verify", "--head", head)
    assert status == 0 and out.startswith("6 rows") and head in out
    status, out, _ = kefu("audit", "verify", "--json")
    assert status == 0 and json.loads(out) == {
        "holds": True, "rows": 6, "head": head, "bad_row": None, "problem": None,
    }  # fmt: skip


def test_an_altered_row_is_named_and_ends_with_status_one(kefu: Kefu, database: Path) -> None:
    tamper(database, "UPDATE audit SET actor = 'somebody else' WHERE audit_id = 4")
    status, out, _ = kefu("audit", "verify")
    assert status == 1 and out.startswith("row 4: ")
    status, out, _ = kefu("audit", "verify", "--json")
    assert status == 1 and json.loads(out)["bad_row"] == 4


def test_a_cut_off_end_shows_against_the_kept_head_only(kefu: Kefu, database: Path) -> None:
    head = kefu("audit", "head")[1].split()[-1]
    tamper(database, "DELETE FROM audit WHERE audit_id = 6")
    assert kefu("audit", "verify")[0] == 0
    for kept in (head, head.partition(":")[2]):
        status, out, _ = kefu("audit", "verify", "--head", kept)
        assert status == 1 and "missing at the end" in out
    status, _, error = kefu("audit", "verify", "--head", "nonsense")
    assert status == 1 and "kefu audit head" in error


def test_books_that_agree_and_books_that_do_not(kefu: Kefu, database: Path) -> None:
    status, out, _ = kefu("audit", "reconcile", "--json")
    assert (status, json.loads(out)) == (0, {"agrees": True, "findings": []})
    tamper(database, "DELETE FROM refunds WHERE order_number = 'KF10000009'")
    status, out, _ = kefu("audit", "reconcile")
    assert status == 1 and "cancelled_is_refunded: KF10000009" in out and "audit_in_refunds" in out
    found = json.loads(kefu("audit", "reconcile", "--json")[1])
    assert not found["agrees"] and {"check", "subject", "problem"} == set(found["findings"][0])


def test_the_grants_are_printed_and_need_postgres_to_be_applied(kefu: Kefu) -> None:
    status, out, _ = kefu("audit", "grants", "serving")
    assert status == 0 and 'GRANT SELECT, INSERT ON audit TO "serving";' in out.splitlines()
    assert all(line.endswith(";") for line in out.splitlines())
    status, _, error = kefu("audit", "grants", "serving", "--apply")
    assert status == 1 and "PostgreSQL" in error


def test_a_policy_decision_is_explained(kefu: Kefu) -> None:
    status, out, _ = kefu("policy", "explain", "kf10000006")
    assert status == 0 and "refund: refused (refused_course_watched), by refund.course" in out
    assert "does not hold: progress_percent 60, percent 20" in out
    told = json.loads(kefu("policy", "explain", "KF10000006", "--json")[1])
    assert told["order"] == "KF10000006" and len(told["operations"]) == len(KINDS)


def test_one_operation_on_one_line_at_a_time_is_explained(kefu: Kefu) -> None:
    words = ("policy", "explain", "KF10000019", "--operation", "return", "--reason", "unwanted", "--line", 1)
    told = json.loads(kefu(*words, "--quantity", 1, "--json")[1])["operations"]
    assert [(one["code"], one["amount"], one["items"]) for one in told] == [
        ("confirm_return", "45.00 USD", [[1, 1]])
    ]
    status, out, _ = kefu(*words, "--quantity", 1, "--at", "2099-01-01")
    assert status == 0 and "refused_return_window" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "KF00000000"), "KF00000000"),
        (("explain", "KF10000001", "--operation", "burn"), "burn"),
        (("explain", "KF10000001", "--reason", "boredom"), "boredom"),
        (("explain", "KF10000001", "--quantity", "1"), "--line"),
        (("explain", "KF10000001", "--at", "soon"), "soon"),
        (("replay", "nowhere.csv"), "nowhere.csv"),
        (("replay", str(POLICY), "--operation", "burn"), "burn"),
        (("replay", str(POLICY), "--since", "yesterday"), "yesterday"),
    ],
)
def test_what_cannot_be_done_is_one_line(kefu: Kefu, words: tuple[str, ...], said: str) -> None:
    status, out, error = kefu("policy", *words)
    assert (status, out) == (1, "") and said in error
    assert len(error.splitlines()) == 1 and "not foreseen" not in error


def test_a_policy_is_replayed_and_nothing_is_written(kefu: Kefu, tmp_path: Path) -> None:
    before = kefu("audit", "head")[1]
    status, out, _ = kefu("policy", "replay", POLICY)
    assert status == 0 and out.splitlines() == ["29 orders, 324 decisions: 0 differ"]
    stricter = tmp_path / "stricter.csv"
    stricter.write_text(POLICY.read_text(encoding="utf-8").replace("days=30;ship", "days=4;ship"), "utf-8")
    status, out, _ = kefu("policy", "replay", stricter, "--operation", "return", "--json")
    found = json.loads(out)
    now = {one["order"] for one in found["differences"] if not one["decided"]}
    assert now == {"KF10000010", "KF10000016", "KF10000019"}
    assert {one["order"] for one in found["differences"] if one["decided"]} >= {"KF10000008"}
    (total,) = found["totals"]
    assert (total["operation"], total["new"], total["change"]) == ("return", 0, -total["old"])
    lines = kefu("policy", "replay", stricter, "--operation", "return", "--since", "2000-01-01")[
        1
    ].splitlines()
    assert len(lines) == len(found["differences"]) + 2
    assert lines[-1].startswith("return: ") and "confirm_return" in lines[0]
    assert kefu("audit", "head")[1] == before


def test_the_provider_is_one_more_book(kefu: Kefu, tmp_path: Path) -> None:
    ledger = ProviderLedger(tmp_path / "payments.db")
    hash_, now = "0" * 64, 1_700_000_000.0
    ledger.book(LedgerRow("k1", hash_, "KF10000002", 100, "USD", "Visa", "booked", "PV-1", now, now))
    status, out, _ = kefu("audit", "reconcile")
    assert status == 1 and "provider: k1: the provider has 100 USD for KF10000002: no such refund" in out
    assert kefu("seed", "--fresh")[0] == 0
    status, out, _ = kefu("audit", "reconcile")
    assert status == 0 and out.strip() == "refunds, audit, orders and provider agree"
