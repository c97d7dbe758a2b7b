"""The turn's benchmark: the same data for both, turns that alternate, answers compared, figures and table."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from benchmarks.turn import load, projects, turns
from benchmarks.turn.clients import Speaker, Talk, words_of
from benchmarks.turn.figures import percentile, ratio, spread
from benchmarks.turn.plan import TALK, TALKS, Line, Plan, quick
from benchmarks.turn.profile import REST, condensed
from benchmarks.turn.projects import OURS, STOCK, Project
from benchmarks.turn.run import Places, is_current
from benchmarks.turn.slices import FAQ, Slice, draw
from benchmarks.turn.table import BEGIN, END, HEAD, block
from kefu.errors import KefuError
from tests.support.project import ROOT

PLAN = quick()


@pytest.fixture(scope="module")
def data() -> Slice:
    """A small slice of our own examples."""
    return draw(ROOT, PLAN)


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    lines = [line for b in blocks if "intent" in b for line in b["examples"].splitlines()]
    return sorted(re.sub(r"\[(\w+)\]\(order_number\)", r"\1", line) for line in lines)


def test_a_slice_is_drawn_by_its_seed_and_holds_what_the_talk_says(data: Slice) -> None:
    first, again, other = data, draw(ROOT, PLAN), draw(ROOT, replace(PLAN, seed=1))
    assert first == again
    assert first.digest != other.digest
    assert TALK[-1].text in first.examples["track_order"]
    assert "shipping-cost" in [answer.passage_id for answer in first.answers]
    assert {len(lines) for lines in first.examples.values() if not set(lines) & set(PLAN.examples_said)} == {
        2 * PLAN.examples
    }


def test_both_learn_the_same_texts(data: Slice) -> None:
    stock, ours = projects.examples(data, stock=True), projects.examples(data, stock=False)
    assert texts(stock) == texts(ours)
    assert len(texts(ours)) == data.size
    assert {b["intent"].partition("/")[0] for b in stock if "intent" in b} == {b["intent"] for b in ours}


@pytest.fixture(scope="module")
def written(data: Slice, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """Both projects, laid out."""
    folder = tmp_path_factory.mktemp("turn")
    made = {system: Project(system, folder / system) for system in (STOCK, OURS)}
    for project in made.values():
        projects.write(ROOT, project, data, PLAN)
    return made


def test_stock_answers_by_its_selector_and_ours_by_its_action(written: dict[str, Project]) -> None:
    domains, told = {}, {}
    for system, project in written.items():
        domains[system] = yaml.safe_load((project.folder / "domain.yml").read_text())
        told[system] = (project.folder / "data" / "rules" / "policy.yml").read_text()
    added = set(domains[STOCK]["responses"]) - set(domains[OURS]["responses"])
    assert len(added) == PLAN.passages and all(name.startswith("utter_faq/") for name in added)
    assert "{" not in domains[STOCK]["responses"]["utter_faq/shipping-cost"][0]["text"]
    assert f"utter_{FAQ}" in told[STOCK] and "action_faq" not in told[STOCK]
    assert "action_faq" in told[OURS]


def test_stock_learns_what_an_order_number_is() -> None:
    assert projects.marked("track KF10000002 now") == "track [KF10000002](order_number) now"
    told = 'the [KF10000002 one]{"entity": "ordinal"} and [KF10000003](order_number)'
    assert projects.marked(told) == told
    assert projects.marked("no number, KF12") == "no number, KF12"


def test_a_change_is_one_line(written: dict[str, Project]) -> None:
    project = written[STOCK]
    nlu, domain = project.folder / "data" / "nlu" / "nlu.yml", project.folder / "domain.yml"
    before = len(nlu.read_text().splitlines()), len(domain.read_text().splitlines())
    projects.change_example(project)
    projects.change_sentence(project)
    projects.change_answer(project, "shipping-cost")
    assert (len(nlu.read_text().splitlines()), len(domain.read_text().splitlines())) == (
        before[0] + 1,
        before[1] + 2,
    )
    assert len(yaml.safe_load(domain.read_text())["responses"]["utter_faq/shipping-cost"]) == 2
    track = next(b for b in yaml.safe_load(nlu.read_text())["nlu"] if b.get("intent") == "track_order")
    assert "where it has got to" in track["examples"]
    with pytest.raises(KefuError, match="wanted it as the place"):
        projects.change_answer(project, "no-such-passage")


def test_figures() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.1, 0.5, 0.99)] == [1.0, 2.0, 3.0]
    assert spread([0.001] * 99 + [0.1]) == {"p50": 1.0, "p95": 1.0, "p99": 1.0, "of": 100}
    assert (ratio(6.0, 2.0), ratio(6.0, 0.0)) == (3.0, None)
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


class _Assistant(BaseHTTPRequestHandler):
    """Says back what it heard, as Rasa's list."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        heard = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append(heard)  # type: ignore[attr-defined]
        said = [{"recipient_id": "x", "text": f"you said {heard['message']}", "buttons": [{"title": "Yes"}]}]
        body = json.dumps(said if heard["message"] != "break" else {}).encode()
        self.send_response(200 if heard["message"] != "break" else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@dataclass
class _Serving:
    """Stands for a running assistant: one server behind both, what happened to it noted."""

    system: str
    port: int
    notes: list[str] = field(default_factory=list)
    spent: float = 0.0

    @property
    def project(self) -> SimpleNamespace:
        return SimpleNamespace(system=self.system)

    def pause(self) -> None:
        self.notes.append(f"{self.system} pauses")

    def go_on(self) -> None:
        self.notes.append(f"{self.system} goes on")

    def cpu_seconds(self) -> float:
        self.spent += 0.012 if self.system == STOCK else 0.006
        return self.spent

    def rss_mb(self) -> float:
        return 100.0


@contextmanager
def assistant() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Assistant)
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, _Serving]]:
    """Both assistants, of which each answers the same."""
    with assistant() as server:
        notes: list[str] = []
        made = {system: _Serving(system, server.server_port, notes) for system in (STOCK, OURS)}
        for module in (turns, load):
            monkeypatch.setattr(module, "begin", lambda serving: Speaker(serving.port, {}, serving.system))
        yield made


def test_a_talk_measures_and_says_where_an_answer_is_lacking() -> None:
    with assistant() as server:
        talk = Talk(Speaker(server.server_port, {"X-Who": "me"}, None))
        reply = talk.say("hello")
        assert reply.words == "you said hello [Yes]" and reply.seconds > 0
        assert list(server.heard[0]) == ["message", "message_id"]  # type: ignore[attr-defined]
        with pytest.raises(KefuError, match="answered 500"):
            talk.say("break")
        talk.close()


def test_blocks_alternate_while_the_other_waits(pair: dict[str, _Serving]) -> None:
    found = turns.measure(pair, replace(PLAN, blocks=2))  # type: ignore[arg-type]
    one, other = ["stock pauses", "stock goes on"], ["ours pauses", "ours goes on"]
    assert pair[STOCK].notes == one + other + other + one
    assert found["answers"] == {
        "same": 2 * len(TALK),
        "of": 2 * len(TALK),
        "different": [],
    }
    assert found[STOCK]["kinds"]["status"]["of"] == 2
    assert found["cpu_ratio"] == 2.0


def test_talks_of_which_every_line_is_answered_alike(pair: dict[str, _Serving]) -> None:
    found = turns.talks(pair, PLAN)  # type: ignore[arg-type]
    assert found["same"] == found["of"] == sum(map(len, TALKS))


def test_growth_counts_the_turns_up_to_each(pair: dict[str, _Serving]) -> None:
    found = turns.growth(pair, replace(PLAN, turns=(2, 6), window=2))  # type: ignore[arg-type]
    assert set(found[OURS]["p50"]) == {"2", "6"}
    assert found[OURS]["against_first"]["2"] == 1.0


def test_throughput_counts_every_message(pair: dict[str, _Serving]) -> None:
    found = load.throughput(pair, replace(PLAN, loads=((2, 6),), load_rounds=2))  # type: ignore[arg-type]
    assert found["2"][STOCK]["of"] == 12
    assert found["2"][STOCK]["messages_a_second"] > 0


def test_answers_are_the_same_where_ours_lacks_nothing_of_stock() -> None:
    assert turns.is_same("It is free.", "It is free.\n(Source: shipping)")
    assert not turns.is_same("It is free.", "It costs 5.")
    assert turns.is_same("Ticket TK-9F3A61C2D0 is open.", "Ticket TK-0123456789 is open.")
    assert turns.is_same("It is free.\nWhich one?", "It is free.\n(Source: shipping)\nWhich one?")
    assert not turns.is_same("It is free.\nWhich one?", "It is free.")
    assert not turns.is_same("", "anything")
    answers = turns.Answers()
    for _ in range(3):
        answers.compare("how much", "free", "5")
    assert answers.as_dict() == {
        "same": 0,
        "of": 3,
        "different": [{"text": "how much", "stock": "free", "ours": "5"}],
    }


def test_words_hold_what_buttons_say() -> None:
    assert words_of(
        [{"text": "Shall I?", "buttons": [{"title": "Yes"}, {"title": "No"}]}, {"text": "x"}]
    ) == ("Shall I? [Yes] [No]\nx")


def test_a_result_of_other_code_or_data_is_not_current(tmp_path: Path) -> None:
    places, of = Places(tmp_path, tmp_path, tmp_path), {"plan": Plan().as_dict(), "code": "a"}
    assert not is_current(places, "parse", of)
    (tmp_path / "parse.json").write_text(json.dumps({"of": of}))
    assert is_current(places, "parse", of)
    assert not is_current(places, "parse", {**of, "code": "b"})


def test_the_table_holds_stock_ours_and_the_limit() -> None:
    kind = {"p50": 90.0, "p95": 95.0, "p99": 99.0, "of": 10}
    ours = {"p50": 15.0, "p95": 19.0, "p99": 16.5, "of": 10}
    found = {
        STOCK: {"kinds": {"status": kind}, "cpu_ms": 80.0},
        OURS: {"kinds": {"status": ours}, "cpu_ms": 16.0},
        "ratios": {"status": {"p50": 6.0, "p95": 5.0, "p99": 6.0}},
        "cpu_ratio": 5.0,
        "answers": {"same": 11, "of": 12, "different": []},
        "rss_mb": {STOCK: 1600.0, OURS: 640.0},
    }
    machine = {"cpu": "a processor", "cores": 2}
    made = {
        "commit": "0123456789",
        "dirty": False,
        "at": "2026-11-22T10:00:00",
        "machine": machine,
        "load": 0.1,
    }
    of = {"examples": 12, "data": "abc", "plan": Plan().as_dict()}
    rows = {
        "turns": {"found": found, "of": of, "from": made},
        "limit": {"found": {"read": 1.6, "turn": 4.0}, "of": of, "from": made},
    }
    text = block(rows)
    assert "| order status through an action, p50 | 90.0 ms | 15.0 ms | 6.0× | 6× | 4.0 ms |" in text
    assert "| memory after these turns | 1600 MB | 640 MB | 0.40 | ≤ 0.45 |  |" in text
    assert "were the same: 11 of 12" in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {len(HEAD) + 1}


def test_the_page_has_a_place_for_the_table() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert page.index(BEGIN) < page.index(END)


def test_samples_count_for_the_first_place_that_fits() -> None:
    lines = [
        "run (rasa/a.py:1);read (kefu/language/x.py:2) 3",
        "run (rasa/a.py:1) 4",
        "tick (loop.py:9) 5",
        "run (rasa/a.py:1);select (selectors.py:9) 90",
    ]
    places = (("reading", ("(kefu/language/",)), ("rasa", ("(rasa/",)))
    assert condensed(lines, places) == [(REST, 5), ("rasa", 4), ("reading", 3)]


def test_a_line_without_a_kind_is_not_timed() -> None:
    assert Line("never mind").kind == ""
