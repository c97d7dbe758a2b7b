"""`kefu evaluate retrieval --bank --queries` on a small bank as a shop would keep it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from kefu.cli import console
from kefu.cli.app import app
from kefu.components import wiring
from kefu.knowledge.views import as_it_is
from tests.unit.knowledge.fakes import fake_embed

BANK = """faq_id,variant
shipping-time,how long does shipping take
shipping-time,when will my parcel arrive
shipping-time,delivery time to germany
shipping-time,how many days for delivery
returns,can i return shoes that do not fit
returns,how do i send something back
returns,return policy
returns,i want to return my order
refund,when do i get my money back
refund,how long does a refund take
refund,refund not on my card yet
refund,where is my refund
invoice,i need an invoice for my company
invoice,please send me the invoice again
invoice,invoice with vat number
invoice,download invoice
payment,can i pay with paypal
payment,do you take credit cards
payment,pay by bank transfer
payment,which payment methods are there
sizes,which size should i order
sizes,are the shoes true to size
sizes,size chart for kids
sizes,how do i measure my foot size
returns,where is my refund
"""
QUERIES = """query,faq_id,accept
shipping time to germany,shipping-time,
how do i return my order,returns,
refund on my card,refund,returns
invoice for my company,invoice,
pay with credit cards,payment,
size of the shoes,sizes,
sing me a song about the sea,NONE,
quantum chromodynamics lecture notes,NONE,
"""


@pytest.fixture(autouse=True)
def embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model: the sum of a random direction a word."""
    monkeypatch.setattr(wiring, "packaged_embedding", lambda: (fake_embed, as_it_is))


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8-sig")
    return tmp_path / "bank.csv"


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    (tmp_path / "queries.csv").write_text(QUERIES, encoding="utf-8")
    return tmp_path / "queries.csv"


def kefu(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["kefu", *map(str, words)])
    return console.guarded(app, name="kefu")


def test_a_bank_is_learnt_and_queries_are_looked_up(monkeypatch, capsys, bank, queries, tmp_path) -> None:
    out, plots = tmp_path / "new" / "out.csv", tmp_path / "plots"
    options = ("--bank", bank, "--queries", queries, "--json", "--predictions", out, "--plots", plots)
    assert kefu(monkeypatch, "evaluate", "retrieval", *options) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)  # and nothing else on standard output
    assert "bank.csv, line 26" in printed.err and "line 13" in printed.err  # one text, two ids
    assert (told["answerable"], told["unanswerable"]) == (6, 2)
    assert told["recall_1"] >= 5 / 6 and told["recall_3"] == 1
    assert told["bank"]["languages"] == ["en"] and len(told["problems"]) == 1
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["query", "wanted", "first", "probability", "given", "second", "third"]
    assert [row["wanted"] for row in rows][-1] == "NONE" and rows[2]["wanted"] == "refund|returns"
    right = [row["first"] in row["wanted"].split("|") for row in rows[:6]]
    assert sum(right) / 6 == pytest.approx(told["recall_1"])
    given = [row["given"] != "NONE" for row in rows]
    assert given == [float(row["probability"]) >= 0.5 for row in rows]
    assert {path.name for path in plots.iterdir()} == {"coverage.png", "reliability.png"}


def test_a_table_without_options(monkeypatch, capsys, bank, queries) -> None:
    assert kefu(monkeypatch, "evaluate", "retrieval", "--bank", bank, "--queries", queries) == 0
    assert "handled rightly, of all" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "wanted FILE"),
        (("--bank", "b.csv"), "with --queries"),
        (("file.csv", "--bank", "b.csv", "--queries", "q.csv"), "wanted FILE"),
        (("file.csv", "--predictions", "out.csv"), "go with --bank"),
        (("--bank", "none.csv", "--queries", "q.csv"), "found no file none.csv"),
    ],
)
def test_a_command_that_cannot_be_is_told(monkeypatch, capsys, words, complaint) -> None:
    assert kefu(monkeypatch, "evaluate", "retrieval", *words) == 1
    assert complaint in capsys.readouterr().err


def test_a_bank_of_one_id_is_refused(monkeypatch, capsys, tmp_path, queries) -> None:
    (tmp_path / "one.csv").write_text("faq_id,variant\na,how long\n", encoding="utf-8")
    (tmp_path / "q.csv").write_text("query,faq_id\nhow,a\n", encoding="utf-8")
    options = ("--bank", tmp_path / "one.csv", "--queries", tmp_path / "q.csv")
    assert kefu(monkeypatch, "evaluate", "retrieval", *options) == 1
    assert "1 passages in 'en'; wanted at least 2" in capsys.readouterr().err
