"""The two that compete: a fine-tuned network and the frozen encoder with logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from kefu.language.calibration import Calibration, Strangeness, fit_blends, log_sum_exp
from kefu.language.decoding import transitions
from kefu.language.lexical import LexicalHead
from kefu.language.text import han_count
from kefu.language.training.challenger import frozen_heads, intent_head
from kefu.language.training.items import IGNORED, Item, Material
from kefu.language.training.journal import Journal
from kefu.language.training.kit import Kit, make_kit
from kefu.language.training.loop import learnt, train
from kefu.language.training.network import Network
from kefu.language.training.vectors import head_arrays, seen, tag_f1
from kefu.language.understanding import Heads

TUNED, FROZEN = "tuned", "frozen"
_MOVES = "tags.transitions"  # the head's array that the tags are decoded with
_KEPT = 0.975  # of the held-out messages, which are in scope, stay so at the threshold
_LEAST_VARIANCE = 0.01  # of one answer: a share of 1 among a few examples is no certainty
_TIE = 1e-9  # two sums of the same shares may differ by their rounding
_GENTLY = 0.5  # of both rates, for who goes on: what is known already shall not be moved far
_ENOUGH_TO_JUDGE = 300  # held-out examples; fewer cannot tell one epoch from the next


@dataclass(frozen=True)
class Candidate:
    """A trained model: ``heads`` as plain linear ones, class ``means`` (intents, width) of length 1."""

    name: str
    kit: Kit
    network: Network
    heads: Mapping[str, np.ndarray]
    means: np.ndarray
    lexical: LexicalHead | None
    epochs: int

    @property
    def weights(self) -> dict[str, Tensor]:
        """What fine-tuning learnt, by name: all that ``continued`` goes on from."""
        return learnt(self.network)

    @property
    def whole(self) -> Heads:
        """Every head, with the class means."""
        return Heads({**self.heads, "means": self.means})

    def views(self, items: Sequence[Item]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Sentence vectors (n, width), the encoder's scores and those of the n-grams (n, intents)."""
        sentences = seen(self.network, items, recipe=self.kit.recipe).sentences
        ngrams = self.lexical.logits([item.text for item in items]) if self.lexical else None
        return sentences, self.whole.logits("intents", sentences), ngrams


@dataclass(frozen=True)
class Measured:
    """Accuracy and F1 of tags (0..1, 1 without any) on ``held`` examples, and the calibration that fits.

    ``right``: of each of them in order, whether its intent was found.
    """

    accuracy: float
    tags: float
    held: int
    calibration: Calibration
    right: tuple[bool, ...] = ()

    def beats(self, challenger: Measured) -> bool:
        """Whether this one is kept: better in both together, or within what few examples leave to chance."""
        lead = self.accuracy + self.tags - challenger.accuracy - challenger.tags
        if self.held >= _ENOUGH_TO_JUDGE:
            return lead >= -_TIE
        shares = (self.accuracy, self.tags, challenger.accuracy, challenger.tags)
        chance = sum(max(share * (1 - share), _LEAST_VARIANCE) for share in shares) / max(self.held, 1)
        return lead >= -2 * float(np.sqrt(chance))


def frozen(kit: Kit, material: Material, *, competes: bool = True) -> Candidate:
    """The challenger, learnt from ``material``; what only begins a fine-tuning needs no head of intents."""
    network, items = kit.network(FROZEN), material.items
    wanted = kit.recipe.tuning == FROZEN or len(kit.labels.tags) > 1
    vectors = seen(network, items, recipe=kit.recipe, with_units=wanted)
    heads = frozen_heads(items, vectors, kit.labels, seed=kit.recipe.seed, intents=competes)
    heads[_MOVES] = _moves(kit, items)
    means = class_means(vectors.sentences, items, classes=len(kit.labels.intents))
    return Candidate(FROZEN, kit, network, heads, means, _lexical(kit, items), 0)


def tuned(kit: Kit, material: Material, held: Material, *, start: Candidate, journal: Journal) -> Candidate:
    """A network fine-tuned on ``material``; where enough is ``held``, to the epoch that is best on it.

    Its heads begin where those of the frozen candidate ``start`` are: the intents at the class means, which a
    cosine head can hold, the others at their logistic regression. ``start`` has learnt from the same
    ``material``: its n-grams and the order of its tags are taken over.
    """
    network = kit.network(kit.recipe.tuning)
    network.start_from(start.means, start.heads)
    epochs = kit.recipe.epochs_for(len(material.items))
    return _fitted(
        kit, network, material, held, epochs=epochs, lexical=start.lexical, moves=start.heads[_MOVES],
        journal=journal,
    )  # fmt: skip


def continued(
    kit: Kit, material: Material, held: Material, *, weights: Mapping[str, Tensor], share: float,
    journal: Journal,
) -> Candidate:  # fmt: skip
    """As ``tuned``, from the ``weights`` of one that learnt nearly the same: in a ``share`` of the epochs."""
    network = kit.network(kit.recipe.tuning)
    network.load_state_dict(dict(weights), strict=False)
    epochs = kit.recipe.epochs_again(len(material.items), share)
    return _fitted(
        kit, network, material, held, epochs=epochs, lexical=_lexical(kit, material.items),
        moves=_moves(kit, material.items), pace=_GENTLY, journal=journal,
    )  # fmt: skip


def _fitted(
    kit: Kit, network: Network, material: Material, held: Material, *, epochs: int,
    lexical: LexicalHead | None, moves: np.ndarray, journal: Journal, pace: float = 1.0,
) -> Candidate:  # fmt: skip
    items = material.items
    recipe = kit.recipe.for_size(len(items)).at(pace)
    judged = held.items if len(held.items) >= _ENOUGH_TO_JUDGE else ()
    made = train(
        network, kit.reader, material, recipe=recipe, epochs=epochs, journal=journal,
        judge=(lambda own: score(own, judged, kit)) if judged else None,
        taught=lessons(kit, material, journal=journal) if recipe.teacher else (),
    )  # fmt: skip
    vectors = seen(network, items, recipe=recipe).sentences
    means = class_means(vectors, items, classes=len(kit.labels.intents))
    heads = {**head_arrays(network), _MOVES: moves}
    if kit.labels.intents:
        heads = _joined(heads, intent_head(vectors, items, classes=len(kit.labels.intents)))
        heads |= _points(vectors, items, kit) if len(items) < recipe.refit_below else {}
    return Candidate(TUNED, kit, network, heads, means, lexical, made)


def _moves(kit: Kit, items: Sequence[Item]) -> np.ndarray:
    """Which tag follows which, unit by unit, in the examples that have tags."""
    sequences = ([tag for tag in item.tags if tag != IGNORED] for item in items)
    return transitions(sequences, tags=len(kit.labels.tags))


def _joined(heads: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The sum of the cosine head, which was trained with the encoder, and of ``second``, a logistic
    regression on what came out: where a few examples moved the one too far, the other holds it. The
    first stays beside it for what is strange."""
    alone = {"cosine.weights": heads["intents.weights"], "cosine.bias": heads["intents.bias"]}
    return {**heads, **alone, **{name: heads[name] + second[name] for name in second}}


def _points(vectors: np.ndarray, items: Sequence[Item], kit: Kit) -> dict[str, np.ndarray]:
    """The examples themselves, which speak for their intents where there are few of them."""
    intents = np.array([item.intent for item in items])
    order = np.argsort(intents, kind="stable")[(intents < 0).sum() :]
    starts = np.unique(intents[order], return_index=True)[1]
    if len(starts) < len(kit.labels.intents):
        return {}  # an intent whose every example was held out
    return {"intents.points": vectors[order], "intents.starts": starts.astype(np.float32)}


def lessons(kit: Kit, material: Material, *, journal: Journal) -> list[list[float]]:
    """What the teacher, fine-tuned on ``material`` first, scores it: (examples, intents)."""
    recipe = replace(kit.recipe, model=kit.recipe.teacher, teacher="", layers=0)
    own = make_kit(material.examples, recipe)
    read = own.reader.material(material.examples)
    start = frozen(own, read, competes=False)
    teacher = tuned(own, read, Material((), ()), start=start, journal=journal.of("teacher"))
    return [list(map(float, row)) for row in teacher.views(read.items)[1]]


def score(network: Network, items: Sequence[Item], kit: Kit) -> float:
    """What early stopping looks at: accuracy, the F1 of tags where there are any, and a little the loss."""
    vectors = seen(network, items, recipe=kit.recipe)
    logits = Heads(head_arrays(network)).logits("intents", vectors.sentences)
    wanted = np.array([item.intent for item in items])
    accuracy = float((logits.argmax(axis=1) == wanted).mean())
    loss = float(np.mean(log_sum_exp(logits) - logits[np.arange(len(wanted)), wanted]))
    tags = tag_f1(vectors.tags, vectors.guessed) if len(kit.labels.tags) > 1 else accuracy
    return (accuracy + tags) / 2 - 0.01 * loss


def measure(candidate: Candidate, held: Material, outside: Sequence[Item] = ()) -> Measured:
    """The candidate on ``held``; where that is nothing, an uncalibrated one of accuracy 0.

    ``outside``: messages known to be out of scope, which move the threshold of strangeness alone.
    """
    if not held.items:
        return Measured(0.0, 1.0, 0, Calibration())
    wanted = np.array([item.intent for item in held.items])
    vectors, encoder, ngrams = candidate.views(held.items)
    han = [bool(han_count(item.text)) for item in held.items]
    blends = fit_blends(encoder, ngrams, wanted, han)
    strangeness = Strangeness.fit(
        *candidate.whole.signs(vectors), kept=_KEPT, outside=_signs(candidate, outside)
    )
    calibration = Calibration(*blends, strangeness)
    found = calibration.logits(encoder, ngrams, han).argmax(axis=1)
    right = found == wanted
    tags = _tag_score(candidate, held.items)
    return Measured(float(right.mean()), tags, len(wanted), calibration, tuple(map(bool, right)))


def _signs(candidate: Candidate, items: Sequence[Item]) -> tuple[np.ndarray, np.ndarray] | None:
    if not items:
        return None
    return candidate.whole.signs(candidate.views(items)[0])


def _tag_score(candidate: Candidate, held: Sequence[Item]) -> float:
    """The F1 of the candidate's tags; 1 where there are none to find."""
    if len(candidate.kit.labels.tags) == 1:
        return 1.0
    vectors = seen(candidate.network, held, recipe=candidate.kit.recipe, with_units=True)
    scores = candidate.whole.logits("tags", vectors.units)
    return tag_f1(vectors.tags, scores.argmax(axis=1))


def class_means(sentences: np.ndarray, items: Sequence[Item], *, classes: int) -> np.ndarray:
    """The mean vector of each intent's examples (intents, width), of length 1."""
    means = np.zeros((max(classes, 1), sentences.shape[1]), dtype=np.float32)
    intents = np.array([item.intent for item in items])
    for intent in range(classes):
        means[intent] = sentences[intents == intent].mean(axis=0) if (intents == intent).any() else 0.0
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    whole: np.ndarray = means / np.maximum(norms, 1e-9)
    return whole


def _lexical(kit: Kit, items: Sequence[Item]) -> LexicalHead | None:
    own = [item for item in items if item.intent >= 0]
    if not kit.recipe.ngrams or len({item.intent for item in own}) < 2:
        return None
    return LexicalHead.fit(
        [item.text for item in own], [item.intent for item in own], classes=len(kit.labels.intents)
    )
