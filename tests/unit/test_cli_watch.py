"""`kefu import watch`: the store is kept like folders and pages, and loses nothing to a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kefu.cli import watching
from kefu.cli.imports import Options
from kefu.errors import ConfigError
from kefu.knowledge.readers.web import Web
from kefu.store import Store
from tests.support.cli import Kefu, Said, runner
from tests.support.demo_shop import demo_shop
from tests.support.pages import Pages, pages

HEAD = "id,language,question,answer\n"
GIFT, PLUG = "gift,en,How do gift cards work?,Enter the code.\n", "plug,en,Which plug?,Type G.\n"
FAQ = "<h2>How do I pay?</h2><p>By card.</p>"


@dataclass(frozen=True)
class Desk:
    store: Store
    folder: Path
    site: Pages
    kefu: Kefu

    def watch(self, *sources: object, words: tuple[str, ...] = ()) -> Said:
        return self.kefu("import", "watch", *sources, "--once", *words)

    def put(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def answers(self) -> dict[str, str]:
        with self.store.read() as tx:
            return {passage.passage_id: passage.answer for passage in tx.passages.all()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Desk]:
    (tmp_path / "files").mkdir()
    with demo_shop(tmp_path) as shop, pages() as site:
        monkeypatch.setenv("KEFU_HOME", str(tmp_path))
        monkeypatch.setenv("KEFU_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
        yield Desk(shop.store, tmp_path / "files", site, runner(monkeypatch, capsys))


def test_a_folder_is_followed(desk: Desk) -> None:
    desk.put("a.csv", HEAD + GIFT + PLUG)
    desk.put("deep/b.html", FAQ)
    desk.put(".hidden.csv", HEAD + "x,en,X?,X.\n")
    assert desk.watch(desk.folder).stdout.endswith("2 sources: same 0, changed 2, gone 0, unreadable 0\n")
    assert set(desk.answers()) == {"gift", "plug", "how-do-i-pay"}
    counter = desk.store.change_counter("passages")
    assert desk.watch(desk.folder).stdout == "2 sources: same 2, changed 0, gone 0, unreadable 0\n"
    assert desk.store.change_counter("passages") == counter
    desk.put("a.csv", HEAD + GIFT.replace("Enter", "Type"))
    shown = desk.watch(desk.folder).stdout
    assert "    - Enter the code.\n    + Type the code." in shown and "- plug (en) Which plug?" in shown
    assert desk.answers() == {"gift": "Type the code.", "how-do-i-pay": "By card."}
    (desk.folder / "deep" / "b.html").unlink()
    assert "gone 1" in desk.watch(desk.folder).stdout and set(desk.answers()) == {"gift"}


def test_what_cannot_be_read_keeps_its_passages_and_says_so(desk: Desk) -> None:
    page = desk.site.put("/faq", FAQ)
    desk.put("a.csv", HEAD + GIFT)
    desk.watch(desk.folder, page)
    before = desk.answers()
    failures = [
        (lambda: desk.site.put("/faq", status=404), "answers 404"),
        (lambda: desk.site.put("/faq", "%PDF-", "application/pdf"), "damaged PDF"),
        (lambda: desk.site.put("/faq", "<p>Please sign in</p>"), "found no question"),
        (lambda: desk.site.put("/faq", "<h2>How do I pay?</h2><h2>What?</h2><p>x</p>"), "1 bad rows"),
    ]
    for fail, wanted in failures:
        fail()
        done = desk.watch(page)
        assert done.returncode == 1 and wanted in done.stderr and "its passages stay" in done.stderr
        assert desk.answers() == before
        with desk.store.read() as tx:
            assert wanted in str(tx.passage_sources.get(page).problem)
    (desk.folder / "a.csv").unlink()
    gone = desk.watch(desk.folder)  # a share that is not mounted looks like this
    assert gone.returncode == 1 and "all that it brought stays" in gone.stderr
    desk.folder.rmdir()
    assert "is not there" in desk.watch(desk.folder).stderr and desk.answers() == before
    desk.site.put("/faq", FAQ.replace("card", "cheque"))
    assert desk.watch(page).returncode == 0 and desk.answers()["how-do-i-pay"] == "By cheque."
    with desk.store.read() as tx:
        assert tx.passage_sources.get(page).problem is None


def test_a_page_that_is_the_same_is_not_sent_again(desk: Desk) -> None:
    page = desk.site.put(
        "/faq", FAQ, headers={"ETag": '"a"', "Last-Modified": "Sun, 22 Nov 2026 00:00:00 GMT"}
    )
    desk.watch(page)
    assert "same 1" in desk.watch(page).stdout
    asked = desk.site.asked[-1][1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"a"', "Sun, 22 Nov 2026 00:00:00 GMT")


def test_a_list_of_pages_is_followed(desk: Desk) -> None:
    one = desk.site.put("/one", FAQ)
    two = desk.site.put("/two", "<h2>Where are you?</h2><p>In Leeds.</p>")
    urls = desk.put("../urls.txt", f"# ours\n{one}\n{two}\n")
    told = json.loads(desk.watch(urls, words=("--json",)).stdout)
    assert [(source["source"], source["state"]) for source in told["sources"]] == [
        (one, "changed"),
        (two, "changed"),
    ]
    urls.write_text(f"{two}\n", encoding="utf-8")
    desk.watch(urls)
    assert set(desk.answers()) == {"where-are-you"}
    urls.write_text("ftp://x\n", encoding="utf-8")
    assert desk.watch(urls).returncode == 1 and len(desk.answers()) == 1


def test_a_dry_run_shows_and_remembers_nothing(desk: Desk) -> None:
    page = desk.site.put("/faq", FAQ)
    assert "+ how-do-i-pay" in desk.watch(page, words=("--dry-run",)).stdout and desk.answers() == {}
    with desk.store.read() as tx:
        assert tx.passage_sources.get(page) is None


def test_one_passage_belongs_to_one_source(desk: Desk) -> None:
    desk.kefu("import", "faq", desk.put("../own.csv", HEAD + GIFT))
    first = desk.put("a.csv", HEAD + GIFT)
    second = desk.put("b.csv", HEAD + GIFT.replace("Enter", "Type") + PLUG)
    done = desk.watch(desk.folder)
    assert f"the passage gift (en) belongs to {first}" in done.stderr and done.returncode == 1
    assert desk.answers() == {"gift": "Enter the code."}
    first.unlink()
    # what the first brought goes with it, and the second is read again, since it was refused
    assert desk.watch(desk.folder).returncode == 1
    assert desk.watch(desk.folder).returncode == 0
    assert set(desk.answers()) == {"gift", "plug"} and second.is_file()


def test_it_goes_on_after_a_round_that_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page, slept = desk.site.put("/faq", FAQ), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.site.put("/faq", FAQ.replace("card", f"card {len(slept)}"))
        if len(slept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watching.watch([page], Options(), web=Web(first_wait=0.01), every=60, sleep=sleep)
    assert slept == [60] * 3 and desk.answers() == {"how-do-i-pay": "By card 2."}


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("15m", 900), ("1h", 3600), ("2d", 172800)])
def test_times(text: str, seconds: float) -> None:
    assert watching.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["0s", "h", "1.5h", "-1m", "1w"])
def test_no_times(text: str) -> None:
    with pytest.raises(ConfigError, match="wanted a time like"):
        watching.seconds_of(text)


@pytest.mark.parametrize("source", ["ftp://x.example/faq", "no/such/folder", "README.rst"])
def test_no_sources(desk: Desk, source: str) -> None:
    assert desk.watch(source).returncode == 1
