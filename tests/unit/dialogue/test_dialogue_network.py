"""The learned policy's network: it learns, is saved and loaded as it was, looks back as far as told."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.dialogue.mixing import mixed
from kefu.dialogue.moments import LISTEN, Example, Moment, turns
from kefu.dialogue.network import FILES, META, WEIGHTS, Network
from kefu.dialogue.recipe import Recipe
from kefu.dialogue.training import fit, forward
from kefu.errors import ConfigError, ModelError

BOUND = 9
QUICK = Recipe(width=16, heads=2, copies=4, epochs=40, batch=16, rate=0.01, max_history=BOUND, dropout=0.0)
INTENTS = ("greet", "order", "faq", "thank")
START = Moment()


def turn(intent: str, *actions: str) -> list[Example]:
    """The choices of one turn at the start of a conversation."""
    history, found = (START, Moment(intent, LISTEN)), []
    for action in (*actions, LISTEN):
        found.append(Example(history, action))
        history = (*history, Moment(intent, action))
    return found


def lessons() -> list[Example]:
    """Four intents with their answers, and "yes", which means what was offered before it."""
    told = [example for intent in INTENTS for example in turn(intent, f"utter_{intent}", "action_resume")]
    for offered in ("order", "faq"):
        before = (*turn(offered, f"utter_{offered}", "action_resume")[-1].history, Moment("yes", LISTEN))
        told += [Example(before, f"action_{offered}")]
        told += [Example((*before, Moment("yes", f"action_{offered}")), LISTEN)]
    return told


@pytest.fixture(scope="module")
def network() -> Network:
    return fit(lessons(), QUICK)


MOMENTS = st.builds(
    Moment,
    intent=st.sampled_from(["", "yes", "never seen", *INTENTS]),
    action=st.sampled_from(["", LISTEN, "action_resume", "utter_faq", "never seen"]),
    loop=st.sampled_from(["", "some_form"]),
    entities=st.sampled_from([(), ("product",)]),
    slots=st.sampled_from([(), (("mood", (1.0, 0.0)),), (("mood", (math.nan, math.inf)),)]),
)
HISTORIES = st.lists(MOMENTS, min_size=1, max_size=6)


def test_it_learns_what_it_is_told(network: Network) -> None:
    assert [network.best(example.history)[0] for example in lessons()] == [e.action for e in lessons()]


def test_what_was_said_right_before_decides_and_what_came_earlier_does_not(network: Network) -> None:
    told = {example.action: example.history for example in lessons() if example.history[-1].intent == "yes"}
    thanks = turn("thank", "utter_thank", "action_resume")[-1].history[1:]
    for offered in ("order", "faq"):
        *before, yes = told[f"action_{offered}"]
        assert network.best([*before, yes])[0] == f"action_{offered}"
        assert network.best([START, *thanks, *before[1:], yes])[0] == f"action_{offered}"


def test_saved_and_loaded_it_says_the_same(network: Network, tmp_path: Path) -> None:
    """On histories that it did not learn; the values were computed before it was saved."""
    fresh = [example.history[-2:] for example in lessons()] + [(Moment("never seen", LISTEN),)]
    before = [network.probabilities(history) for history in fresh]
    network.save(tmp_path)
    loaded = Network.load(tmp_path)
    for one, history in zip(before, fresh, strict=True):
        assert np.array_equal(one, loaded.probabilities(history))


def test_one_seed_makes_one_network(network: Network) -> None:
    again, other = fit(lessons(), QUICK), fit(lessons(), replace(QUICK, seed=1))
    for name, weight in network.weights.items():
        assert np.array_equal(weight, again.weights[name]), name
    assert not np.array_equal(network.weights["keys"], other.weights["keys"])


def test_a_training_leaves_the_random_numbers_and_threads_of_others_alone() -> None:
    torch.manual_seed(5)
    threads, wanted = torch.get_num_threads(), torch.rand(3)
    torch.manual_seed(5)
    fit(lessons(), replace(QUICK, epochs=1))
    assert torch.equal(torch.rand(3), wanted) and torch.get_num_threads() == threads


@settings(deadline=None, max_examples=60)
@given(older=st.lists(MOMENTS, max_size=20), recent=st.lists(MOMENTS, min_size=BOUND, max_size=BOUND))
def test_what_lies_behind_the_bound_changes_nothing(
    network: Network, older: list[Moment], recent: list[Moment]
) -> None:
    assert np.array_equal(network.probabilities([*older, *recent]), network.probabilities(recent))


@settings(deadline=None, max_examples=60)
@given(history=HISTORIES, further=st.integers(0, 5))
def test_padding_changes_nothing_and_numpy_says_what_torch_does(
    network: Network, history: list[Moment], further: int
) -> None:
    """Training fills histories up; serving has none to fill. Both must come to the same."""
    columns = {name: column for column, name in enumerate(network.features)}
    known = torch.zeros(len(history) + 1, len(columns))
    for row, moment in enumerate(history[::-1]):
        for name, value in moment.features():
            if name in columns:
                known[row, columns[name]] += value
    length = min(len(history) + further, network.max_history)
    rows = torch.full((1, length), len(history))
    rows[0, : len(history)] = torch.arange(len(history))
    weights = {name: torch.from_numpy(np.asarray(weight)) for name, weight in network.weights.items()}
    weights["places"] = weights["places"][:length]
    likely = forward(weights, known, rows, heads=network.heads).softmax(-1)[0].numpy()
    assert np.allclose(likely, network.probabilities(history), atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(history=HISTORIES)
def test_whatever_a_history_holds_probabilities_add_up(network: Network, history: list[Moment]) -> None:
    likely = network.probabilities(history)
    assert np.isfinite(likely).all() and abs(likely.sum() - 1) < 1e-4


def test_a_history_of_nothing_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="one moment at least"):
        network.probabilities([])


def test_an_intent_that_nothing_taught_is_not_known(network: Network) -> None:
    assert network.knows(Moment("greet")) and network.knows(Moment())
    assert not network.knows(Moment("never seen"))


@pytest.mark.parametrize("examples", [[], turn("greet")], ids=["none", "one action"])
def test_nothing_to_choose_is_refused(examples: list[Example]) -> None:
    with pytest.raises(ModelError, match="needs two actions at least. Write stories below data/stories"):
        fit(examples, QUICK)


@pytest.mark.parametrize(("file", "what"), [(WEIGHTS, "not what was saved"), (META, "no JSON")])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_damaged_file_is_named(network: Network, tmp_path: Path, file: str, what: str, how: str) -> None:
    network.save(tmp_path)
    whole = (tmp_path / file).read_bytes()
    if how == "cut":
        (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    else:
        (tmp_path / file).unlink()
    with pytest.raises(ModelError, match=rf"{file} is absent or {what}. Train again"):
        Network.load(tmp_path)


def test_another_format_is_refused(network: Network, tmp_path: Path) -> None:
    network.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    meta = json.loads((tmp_path / META).read_text())
    (tmp_path / META).write_text(json.dumps({**meta, "format": 99}))
    with pytest.raises(ModelError, match=f"{META} is not of format 1"):
        Network.load(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("epochs", 0, "epochs is 0, wanted more than 0"), ("heads", 3, "wanted a multiple of heads"),
     ("dropout", 1.0, "dropout is 1.0, wanted"), ("copies", -1, "copies is -1, wanted 0 or more")],
)  # fmt: skip
def test_a_recipe_that_cannot_work_is_refused(key: str, value: float, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        replace(Recipe(), **{key: value})


def test_mixing_keeps_the_turn_and_what_it_asks_for() -> None:
    told = lessons()
    made = mixed(told, copies=6, seed=0)
    assert made == mixed(told, copies=6, seed=0) != mixed(told, copies=6, seed=1)
    assert set(told) < set(made) and len(set(made)) == len(made)
    last = {(turns(example.history)[-1], example.action) for example in told}
    assert {(turns(example.history)[-1], example.action) for example in made} == last


def test_inside_a_form_a_rule_holds_and_the_form_asks_again() -> None:
    asked = Example((START, Moment("order", LISTEN), Moment("order", "order_form", "order_form")), LISTEN)
    made = mixed([*turn("faq", "utter_faq"), asked], copies=40, seed=0)
    answer, ended = (Moment("faq", LISTEN, "order_form"), Moment("faq", "utter_faq", "order_form"))
    assert Example((*asked.history, answer), "utter_faq") in made
    assert Example((*asked.history, answer, ended), "order_form") in made
    inside = [example for example in made if example.history[-1] == ended]
    assert {example.action for example in inside} == {"order_form"}


def test_serving_imports_no_torch() -> None:
    rooms = "kefu.dialogue.network, kefu.dialogue.mixing, kefu.dialogue.recipe"
    told = f"import sys, {rooms}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
