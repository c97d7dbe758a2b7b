"""The benchmark of the learned policy: what is put in between changes no answer; the page tells the files."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, UserUttered

from benchmarks.dialogue.table import BEGIN, END, block
from benchmarks.dialogue.talks import Talks, Turn, interrupted, reordered
from benchmarks.files import read_json
from tests.support.project import ROOT

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [faq, order, affirm, inform]
entities: [size]
forms: {order_form: {required_slots: []}}
actions: [action_faq, action_submit, action_affirm]
""")
LISTEN = ActionExecuted("action_listen")
FAQ = (UserUttered(None, {"name": "faq"}), ActionExecuted("action_faq"), LISTEN)
ORDER: list[Turn] = [
    (UserUttered(None, {"name": "order"}), ActionExecuted("order_form"), ActiveLoop("order_form"), LISTEN),
    (
        UserUttered(None, {"name": "inform"}, [{"entity": "size", "value": "M"}]),
        ActionExecuted("order_form"),
        ActiveLoop(None),
        ActionExecuted("action_submit"),
        LISTEN,
    ),
    (UserUttered(None, {"name": "affirm"}), ActionExecuted("action_affirm"), LISTEN),
]


def wanted(talks: Sequence[Sequence[Turn]]) -> dict[tuple[str, str, str], set[str]]:
    """What is right at each intent, last action and form."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for case in Talks(DOMAIN, [], []).cases(talks, most=10_000, seed=0):
        last = case.moments[-1]
        found.setdefault((last.intent, last.action, last.loop), set()).add(case.wanted)
    return found


def test_a_choice_is_held_against_the_state_before_it() -> None:
    assert wanted([ORDER])["order", "order_form", ""] == {"action_submit"}
    assert wanted([ORDER])["affirm", "action_listen", ""] == {"action_affirm"}


def test_an_interruption_is_answered_and_the_form_asks_again() -> None:
    made = interrupted([ORDER] * 20, [FAQ], seed=0)
    assert made != [ORDER] * 20 and made == interrupted([ORDER] * 20, [FAQ], seed=0)
    told = wanted(made)
    assert told["faq", "action_listen", "order_form"] == {"action_faq"}
    assert told["faq", "action_faq", "order_form"] == {"order_form"}
    assert told["faq", "action_faq", ""] == {"action_listen"}
    assert all(len(actions) == 1 for actions in told.values() if "order_form" not in actions)


def test_a_new_order_leaves_together_what_belongs_together() -> None:
    made = reordered([ORDER, [FAQ, FAQ]] * 10, seed=0)
    names = [[turn[0].intent_name for turn in talk] for talk in made]  # type: ignore[union-attr]
    assert {"order", "faq"} <= {talk[0] for talk in names}
    for talk in names:
        for place in [n for n, name in enumerate(talk) if name == "order"]:
            assert talk[place : place + 3] == ["order", "inform", "affirm"]
    values = {e["value"] for talk in made for turn in talk for e in turn[0].entities}  # type: ignore[union-attr]
    assert values == {"another"}


@pytest.mark.parametrize("files", ["none", "those of the project"])
def test_the_page_tells_the_files(files: str) -> None:
    if files == "none":
        assert block([]) == "No result is there yet.\n"
        return
    results = [read_json(file) for file in sorted((ROOT / "results" / "dialogue").glob("*.json"))]
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == f"\n{block(results)}"
