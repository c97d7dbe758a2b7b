"""The training loop by itself: rates, parts of a batch, precision, patience, and when a winner wins."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from kefu.language.calibration import Calibration
from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from kefu.language.training import loop
from kefu.language.training.candidates import Measured, frozen, tuned
from kefu.language.training.fit import fit_understanding
from kefu.language.training.items import Material, batch_of
from kefu.language.training.journal import Journal
from kefu.language.training.kit import Kit, make_kit
from kefu.language.training.network import Network
from kefu.language.understanding import Understanding
from tests.support.learnable import learnable
from tests.support.tiny_bert import save_tiny_bert

SILENT = Journal(None, "test", "digest", quiet=True)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """What a tiny BERT needs to learn the small lesson; no dropout, nothing mistyped."""
    model = str(save_tiny_bert(tmp_path_factory.mktemp("bert")))
    recipe = Recipe(model=model, epochs=6, learning_rate=1e-3, head_rate=1e-2, typos=0.0, dropout=0.0,
                    batch=8, precision="float32", characters=False, spelling=False, ngrams=False)  # fmt: skip
    return make_kit(learnable(), recipe)


@pytest.fixture(scope="module")
def material(kit: Kit) -> Material:
    return kit.reader.material(learnable())


def weights(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def test_a_fine_tuning_begins_the_same_without_the_challengers_head_of_intents(
    kit: Kit, material: Material
) -> None:
    short = replace(kit, recipe=replace(kit.recipe, epochs=1))
    ends = [
        tuned(short, material, Material((), ()), start=frozen(short, material, competes=own), journal=SILENT)
        for own in (True, False)
    ]
    assert ends[0].heads.keys() == ends[1].heads.keys()
    assert all(np.array_equal(ends[0].heads[name], ends[1].heads[name]) for name in ends[0].heads)
    vectors = [end.views(material.items)[0] for end in ends]
    assert np.array_equal(*vectors)


def test_the_rate_rises_while_warming_up_and_falls_in_a_line_to_nothing(kit: Kit) -> None:
    recipe = replace(kit.recipe, warmup=0.2)
    state = loop._started(kit.network("all"), recipe, steps=50)
    rates = []
    for _ in range(50):
        rates.append(state.schedule.get_last_lr()[0] / recipe.learning_rate)
        state.optimizer.step()
        state.schedule.step()
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    falls = [before - after for before, after in zip(rates[10:], rates[11:], strict=False)]
    assert falls == pytest.approx([1 / 40] * len(falls))
    assert state.schedule.get_last_lr() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("parts", [2, 3, 16])
def test_a_batch_in_parts_teaches_as_the_whole_does(kit: Kit, material: Material, parts: int) -> None:
    """Intents alone: the mean over tags is one over a part's tags, which are not as many in each."""
    recipe = replace(kit.recipe, tag_weight=0.0)
    items = material.items[:16]
    learnt = []
    for accumulate in (1, parts):
        network = kit.network("all")
        state = loop._started(network, recipe, steps=4)
        network.train()
        losses = [loop._step(state, items, replace(recipe, accumulate=accumulate)) for _ in range(2)]
        learnt.append((losses, weights(network)))
    (whole_losses, whole), (part_losses, in_parts) = learnt
    assert part_losses == pytest.approx(whole_losses, rel=1e-4)
    before = weights(kit.network("all"))
    assert any(not torch.equal(before[name], value) for name, value in whole.items()), "something was learnt"
    # Adam divides by the gradient's size: where that is nothing but rounding, steps may differ by one of them
    far = [name for name in whole if (whole[name] - in_parts[name]).abs().mean() > 2e-5]
    assert far == []


def test_bfloat16_is_on_where_wanted_and_stays_finite(kit: Kit, material: Material) -> None:
    inputs = torch.ones(4, 4)
    for precision, kind in (("bfloat16", torch.bfloat16), ("float32", torch.float32)):
        with loop.mixed_precision(replace(kit.recipe, precision=precision)):
            assert (inputs @ inputs).dtype == kind
    fast = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()
    with loop.mixed_precision(replace(kit.recipe, precision="auto")):
        assert (inputs @ inputs).dtype == (torch.bfloat16 if fast else torch.float32)
    network = kit.network("all")
    recipe = replace(kit.recipe, precision="bfloat16")
    loop.train(network, kit.reader, material, recipe=recipe, epochs=2, journal=SILENT)
    learnt = weights(network).values()
    assert all(value.isfinite().all() and value.dtype == torch.float32 for value in learnt)


class Judge:
    """Gives the scores it was told, and keeps the weights that it saw."""

    def __init__(self, *scores: float) -> None:
        self._scores = list(scores)
        self.seen: list[dict[str, Tensor]] = []

    def __call__(self, network: Network) -> float:
        self.seen.append(copy.deepcopy(weights(network)))
        return self._scores[len(self.seen) - 1]


@pytest.mark.parametrize(
    ("scores", "seen", "best"),
    [
        ((0.1, 0.5, 0.4, 0.3, 0.9, 0.9), 4, 2),  # ended two epochs after the best: the 0.9 is never seen
        ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 6, 6),
        ((0.5, 0.4, 0.6, 0.6, 0.6, 0.9), 5, 3),  # as good is no better
    ],
)
def test_patience_ends_it_and_the_best_weights_come_back(
    kit: Kit, material: Material, scores: tuple[float, ...], seen: int, best: int
) -> None:
    network, judge = kit.network("all"), Judge(*scores)
    recipe = replace(kit.recipe, patience=2)
    epochs = loop.train(network, kit.reader, material, recipe=recipe, epochs=6, journal=SILENT, judge=judge)
    assert (len(judge.seen), epochs) == (seen, best)
    now = weights(network)
    assert all(torch.equal(now[name], value) for name, value in judge.seen[best - 1].items())
    if best < seen:
        assert any(not torch.equal(now[name], value) for name, value in judge.seen[-1].items())


def measured(accuracy: float, *, tags: float = 1.0, held: int) -> Measured:
    return Measured(accuracy, tags, held, Calibration())


@pytest.mark.parametrize(
    ("own", "other", "held", "wins"),
    [
        (0.75, 0.75, 1_000, True),
        (0.899, 0.90, 1_000, False),  # many were held out: worse is worse
        (0.90, 0.92, 50, True),  # within what fifty leave to chance
        (0.60, 0.95, 50, False),
        (0.95, 0.90, 50, True),
    ],
)
def test_who_beats_the_challenger(own: float, other: float, held: int, wins: bool) -> None:
    assert measured(own, held=held).beats(measured(other, held=held)) is wins


def test_intents_and_entities_count_together() -> None:
    own = measured(0.90, tags=0.95, held=1_000)
    assert own.beats(measured(0.92, tags=0.90, held=1_000))
    assert not own.beats(measured(0.92, tags=0.94, held=1_000))
    assert measured(0.98, tags=0.97, held=54).beats(measured(1.0, tags=1.0, held=54))  # as Bitext's


def test_an_item_without_a_label_of_a_head_costs_it_nothing(kit: Kit, material: Material) -> None:
    network = kit.network("all").eval()
    bare = [replace(item, intent=-100, tags=(-100,) * len(item.tags)) for item in material.items[:4]]
    batch = batch_of(bare)
    loss = loop.loss_of(network(batch.ids, batch.mask), batch, tag_weight=1.0)
    assert float(loss) == 0.0


def test_feeling_and_urgency_are_learnt_by_heart_and_kept(kit: Kit, tmp_path: Path) -> None:
    told = [
        ("this is awful i hate it", "negative", "low"),
        ("it burns help me now", "negative", "high"),
        ("what a lovely lamp", "positive", "low"),
        ("when do you open", "neutral", "low"),
        ("the order is on fire", "negative", "high"),
    ]
    felt = [Example(t, further=(("sentiment", feeling), ("urgency", haste))) for t, feeling, haste in told]
    recipe = replace(kit.recipe, epochs=60, learning_rate=3e-3)
    fit_understanding([*learnable(), *felt], recipe, folder=tmp_path, quiet=True)
    texts = [*(example.text for example in felt), "", "👍 x"]
    first, again = (Understanding.open(tmp_path).read(texts) for _ in range(2))
    for reading, (_, feeling, haste) in zip(first, told, strict=False):
        heard = {name: max(shares, key=shares.__getitem__) for name, shares in reading.further.items()}
        assert heard == {"sentiment": feeling, "urgency": haste}
    assert [one.further for one in first] == [one.further for one in again]
    assert all(sum(shares.values()) == pytest.approx(1.0) for one in first for shares in one.further.values())
