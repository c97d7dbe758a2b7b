"""`kefu import`, `kefu export` and `kefu passages`: what they change, what they refuse, what they say."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kefu.store import Store
from kefu.store.knowledge_records import Passage
from tests.support.cli import Kefu, Said, runner
from tests.support.demo_shop import demo_shop

ROOT = Path(__file__).parents[2]
GOOD = """id,language,question,answer
gift,en,How do gift cards work?,Enter the code.
plug,en,Which plug?,A type G plug.
"""
CHATS = """conversation,from,text,at
1,customer,Do you repair bikes in the store?,1
1,agent,Yes: mail bob@x.example or come by.,2
"""


@dataclass(frozen=True)
class Desk:
    """A shop without passages, a folder for files, and the command."""

    store: Store
    folder: Path
    kefu: Kefu

    def file(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def answers(self) -> dict[str, str]:
        with self.store.read() as tx:
            return {passage.passage_id: passage.answer for passage in tx.passages.all()}

    def faq(self, text: str | bytes, *words: str, name: str = "f.csv") -> Said:
        return self.kefu("import", "faq", self.file(name, text), *words)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Desk]:
    (tmp_path / "files").mkdir()
    with demo_shop(tmp_path) as shop:
        monkeypatch.setenv("KEFU_HOME", str(tmp_path))
        monkeypatch.setenv("KEFU_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
        yield Desk(shop.store, tmp_path / "files", runner(monkeypatch, capsys))


def test_an_import_adds_changes_and_tells_both(desk: Desk) -> None:
    before = desk.store.change_counter("passages")
    assert desk.faq(GOOD).stdout.splitlines()[-1] == "imported: added 2, changed 0, same 0, removed 0, bad 0"
    counter = desk.store.change_counter("passages")
    assert counter > before  # what watches the counter finds them
    changed = desk.faq(GOOD.replace("Enter the code", "Type the code")).stdout
    assert "~ gift (en) How do gift cards work?" in changed
    assert "    - Enter the code.\n    + Type the code." in changed
    assert changed.endswith("imported: added 0, changed 1, same 1, removed 0, bad 0\n")
    counter = desk.store.change_counter("passages")
    assert "same 2" in desk.faq(GOOD.replace("Enter the code", "Type the code")).stdout
    assert desk.store.change_counter("passages") == counter
    assert desk.answers() == {"gift": "Type the code.", "plug": "A type G plug."}


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    desk.faq(GOOD)
    told = json.loads(
        desk.faq(GOOD.splitlines()[0] + "\nnew,en,New?,Yes.\n", "--dry-run", "--replace", "--json").stdout
    )
    assert (told["written"], told["counts"]) == (
        False, {"added": 1, "changed": 0, "same": 0, "removed": 2, "bad": 0})  # fmt: skip
    assert [one["id"] for one in told["removed"]] == ["gift", "plug"] and len(desk.answers()) == 2


def test_replacing_takes_out_what_no_file_holds(desk: Desk) -> None:
    desk.faq(GOOD)
    with desk.store.write() as tx:
        brought = Passage("page", "en", "P?", ("P?",), "P.", "c", None, "s", tx.passages.all()[0].updated)
        tx.passages.put(brought, origin="https://shop.example/faq")
    done = desk.faq("question,answer\nNew?,Yes.\n", "--replace")
    assert done.stdout.endswith("imported: added 1, changed 0, same 0, removed 2, bad 0\n")
    assert set(desk.answers()) == {"page", "new"}


@pytest.mark.parametrize("words", [(), ("--json",), ("--dry-run",)])
def test_one_bad_row_and_nothing_is_imported(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk.faq(GOOD + "no,en,No answer?,\nx y,en,Bad id?,A.\n", *words)
    assert done.returncode == 1 and "nothing was taken: 2 bad rows" in done.stderr and desk.answers() == {}
    assert "f.csv, line 4" in done.stdout and "f.csv, line 5" in done.stdout


def test_the_good_rows_are_kept_where_that_is_wanted(desk: Desk) -> None:
    done = desk.faq(GOOD + "no,en,No answer?,\n", "--keep-good")
    assert (done.returncode, len(desk.answers())) == (0, 2)
    assert "bad: f.csv, line 4: found no answer" in done.stdout


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("f.csv", b"", "f.csv is empty"),
        ("f.pdf", b"GIF89a", "f.pdf is no PDF"),
        ("f.docx", b"PK\x03\x04", "no Word file"),
        ("f.csv", "question,answer\nA?,a\0b\n", "line 2"),
        ("f.json", '[{"question": "A\\ud800?", "answer": "b"}]', "half a character"),
        ("f.xlsx", b"x", "wanted one of .csv"),
        ("f.csv", "question,answer\nA?,See {return.1:weeks}\n", "has no weeks"),
        (
            "f.csv",
            "question,answer\n怎么付款？,可以刷卡或者用支付宝付款".encode() + b"\xff\n",
            "line 2: byte",
        ),
    ],
)
def test_bad_input_is_named_and_leaves_the_store_alone(desk: Desk, name: str, data: Any, wanted: str) -> None:
    good = desk.file("good.csv", GOOD)
    done = desk.kefu("import", "faq", good, desk.file(name, data))
    assert wanted in done.stdout + done.stderr and "not foreseen" not in done.stderr
    assert (done.returncode, desk.answers()) == (1, {})


def test_a_large_file_is_refused_by_its_size(desk: Desk) -> None:
    with (desk.folder / "large.csv").open("wb") as out:
        out.truncate(200_000_000)
    done = desk.kefu("import", "faq", desk.folder / "large.csv")
    assert done.returncode == 1 and "at most 50,000,000 are read (--most-mb)" in done.stderr
    small = desk.kefu("import", "faq", desk.file("f.csv", GOOD + "x" * 1_100_000), "--most-mb", 1)
    assert "at most 1,000,000" in small.stderr and desk.answers() == {}


def test_one_id_in_two_files_is_bad(desk: Desk) -> None:
    done = desk.kefu("import", "faq", desk.file("a.csv", GOOD), desk.file("b.csv", GOOD))
    assert "bad: b.csv, line 2: the passage gift (en) stands in a.csv, line 2 too" in done.stdout


def test_what_gainsays_a_passage_or_the_policy_is_reported(desk: Desk) -> None:
    header = "id,language,question,answer,clause\n"
    desk.faq(header + "back,en,How long can I return goods?,Within {return.1:days} days.,return.1\n")
    done = desk.faq(header + "again,en,how long can i return goods,Within 14 days.,return.1\n")
    assert "look: contradiction: again (en) and back (en)" in done.stdout
    assert "day: 14 against 30" in done.stdout
    assert "look: policy: again (en): day: found 14; clause return.1 has 30" in done.stdout
    checked = desk.kefu("passages", "check")
    assert checked.returncode == 1 and checked.stdout.endswith("2 passages, 2 to look at\n")
    told = json.loads(desk.kefu("passages", "check", "--json").stdout)
    assert [one["kind"] for one in told["findings"]] == ["policy", "contradiction"]


def test_many_rows_tell_how_far_they_are(desk: Desk) -> None:
    rows = "".join(f"q{number},en,Question number {number}?,Answer {number}.\n" for number in range(20_000))
    done = desk.faq("id,language,question,answer\n" + rows, "--no-compare")
    assert "f.csv: 10,000 of 20,000 rows read" in done.stderr and len(done.stdout.splitlines()) < 250
    assert len(desk.answers()) == 20_000


@pytest.mark.parametrize("name", ["out.csv", "out.json"])
def test_an_export_is_imported_as_the_same(desk: Desk, name: str) -> None:
    desk.kefu("import", "faq", *sorted((ROOT / "data" / "knowledge").glob("*.md")), "--no-compare")
    with desk.store.read() as tx:
        before = tx.passages.all()
    out = desk.folder / name
    assert desk.kefu("export", "faq", out).stdout == f"{len(before)} passages in {out}\n"
    done = desk.kefu("import", "faq", out, "--replace").stdout
    assert done.endswith(f"imported: added 0, changed 0, same {len(before)}, removed 0, bad 0\n")
    one = desk.kefu("export", "faq", desk.folder / f"zh-{name}", "--language", "zh").stdout
    assert one.startswith(str(sum(passage.language == "zh" for passage in before)))
    assert desk.kefu("export", "faq", desk.folder / "out.xml").returncode == 1


def test_the_example_of_the_manual_is_imported(desk: Desk) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    example = manual.partition("```csv\n")[2].partition("```")[0]
    done = desk.faq(example)
    assert done.returncode == 0 and desk.answers(), done


def test_products_go_through_the_checks_of_the_seed(desk: Desk) -> None:
    rows = list(csv.DictReader((ROOT / "data" / "shop" / "products.csv").open(encoding="utf-8")))
    unchanged = desk.kefu("import", "products", ROOT / "data" / "shop" / "products.csv")
    assert unchanged.stdout.endswith(f"imported: added 0, changed 0, same {len(rows)}, bad 0\n")
    with desk.store.read() as tx:
        relations, order = tx.relations.of_product("P101"), [p.product_id for p in tx.products.all()]
    new = {**rows[0], "product_id": "P900", "price": "10.00", "attributes": "fits=P101"}
    cheaper = {**rows[0], "price": "59.00"}
    text = json.dumps([new, cheaper])
    shown = desk.kefu("import", "products", desk.file("p.json", text), "--dry-run").stdout
    assert "+ P900" in shown and "    price: 7900 → 5900" in shown
    desk.kefu("import", "products", desk.folder / "p.json")
    with desk.store.read() as tx:
        assert [p.product_id for p in tx.products.all()] == [*order, "P900"]
        assert tx.products.get("P101").price == 5900 and tx.relations.of_product("P101") == relations
        assert [(r.kind, r.other_id) for r in tx.relations.of_product("P900")] == [("fits", "P101")]


def test_bad_products_are_all_listed(desk: Desk) -> None:
    text = (ROOT / "data" / "shop" / "products.csv").read_text(encoding="utf-8").splitlines()
    wrong = [
        text[0],
        text[1].replace("79.00", "cheap"),
        text[2].replace("physical", "magic"),
        text[3],
        text[3],
    ]
    done = desk.kefu("import", "products", desk.file("p.csv", "\n".join(wrong)))
    assert done.returncode == 1
    assert [line.partition(": ")[2][:24] for line in done.stdout.splitlines() if line.startswith("bad")] == [
        "p.csv, line 2: column pr", "p.csv, line 3: column ki", "p.csv, line 5: P103 stan"]  # fmt: skip
    missing = desk.kefu("import", "products", desk.file("p.csv", "product_id\nP1\n"))
    assert "lacks the columns kind, name_en" in missing.stdout


def test_chats_become_a_file_that_is_imported_after_review(desk: Desk) -> None:
    done = desk.kefu("import", "dialogs", desk.file("chats.csv", CHATS))
    proposals = desk.folder / "chats.proposals.csv"
    assert done.returncode == 0 and "new 1" in done.stdout and desk.answers() == {}
    assert "bob@" not in proposals.read_text(encoding="utf-8-sig")
    assert desk.kefu("import", "dialogs", desk.folder / "chats.csv").returncode == 1  # it is there already
    assert desk.kefu("import", "faq", proposals).returncode == 0
    assert list(desk.answers().values()) == ["Yes: mail [email] or come by."]
