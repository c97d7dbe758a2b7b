"""The two that compete: a fine-tuned network and the frozen encoder with logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from kefu.language.calibration import Calibration, Strangeness, fit_blends, log_sum_exp
from kefu.language.examples import Example
from kefu.language.lexical import LexicalHead
from kefu.language.tagging import joined, units
from kefu.language.text import han_count
from kefu.language.training import challenger
from kefu.language.training.items import Item
from kefu.language.training.journal import Journal
from kefu.language.training.kit import Kit, make_kit
from kefu.language.training.loop import train
from kefu.language.training.network import Network
from kefu.language.training.vectors import head_arrays, seen, tag_f1

TUNED, FROZEN = "tuned", "frozen"
_KEPT = 0.975  # of held-out messages in scope stay in scope: BANKING77 and CLINC150 dev keep their accuracy
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

    def views(self, examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Sentence vectors (n, width), the encoder's scores and those of the n-grams (n, intents)."""
        items = self.kit.reader.items(examples)
        sentences = seen(self.network, items, recipe=self.kit.recipe).sentences
        ngrams = self.lexical.logits(spelt(self.kit, examples)) if self.lexical else None
        return sentences, challenger.logits(self.heads, sentences), ngrams


@dataclass(frozen=True)
class Measured:
    """Accuracy and F1 of tags (0..1, 1 without any) on ``held`` examples, and the calibration that fits."""

    accuracy: float
    tags: float
    held: int
    calibration: Calibration

    def beats(self, challenger: Measured) -> bool:
        """Whether this one is kept: better in both together, or within what few examples leave to chance."""
        doubt = float(np.sqrt(max(self.accuracy * (1 - self.accuracy), 0.01) / max(self.held, 1)))
        lead = self.accuracy + self.tags - challenger.accuracy - challenger.tags
        return lead >= (0.0 if self.held >= _ENOUGH_TO_JUDGE else -2 * doubt)


def frozen(kit: Kit, examples: Sequence[Example]) -> Candidate:
    """The challenger, learnt from ``examples``."""
    network, items = kit.network(FROZEN), kit.reader.items(examples)
    wanted = kit.recipe.tuning == FROZEN or len(kit.labels.tags) > 1
    vectors = seen(network, items, recipe=kit.recipe, with_units=wanted)
    heads = challenger.frozen_heads(items, vectors, kit.labels, seed=kit.recipe.seed)
    means = class_means(vectors.sentences, items, classes=len(kit.labels.intents))
    return Candidate(FROZEN, kit, network, heads, means, _lexical(kit, examples, items), 0)


def tuned(kit: Kit, examples: Sequence[Example], held: Sequence[Example], *, journal: Journal) -> Candidate:
    """A network fine-tuned on ``examples``; where enough are ``held``, to the epoch that is best on them."""
    network, reader = kit.network(kit.recipe.tuning), kit.reader
    items = reader.items(examples)
    intents = torch.tensor([item.intent for item in items])
    start = torch.from_numpy(seen(network, items, recipe=kit.recipe).sentences)
    network.start_from_means(start[intents >= 0], intents[intents >= 0])
    judged = reader.items(held) if len(held) >= _ENOUGH_TO_JUDGE else []
    epochs = train(
        network, reader, examples, recipe=kit.recipe, epochs=kit.recipe.epochs_for(len(examples)),
        journal=journal, judge=(lambda own: score(own, judged, kit)) if judged else None,
        taught=lessons(kit, examples, journal=journal) if kit.recipe.teacher else (),
    )  # fmt: skip
    vectors = seen(network, items, recipe=kit.recipe).sentences
    means = class_means(vectors, items, classes=len(kit.labels.intents))
    lexical = _lexical(kit, examples, items)
    return Candidate(TUNED, kit, network, head_arrays(network), means, lexical, epochs)


def lessons(kit: Kit, examples: Sequence[Example], *, journal: Journal) -> list[list[float]]:
    """What the teacher, fine-tuned on ``examples`` first, scores them: (examples, intents)."""
    recipe = replace(kit.recipe, model=kit.recipe.teacher, teacher="", layers=0)
    teacher = tuned(make_kit(examples, recipe), examples, (), journal=journal.of("teacher"))
    return [list(map(float, row)) for row in teacher.views(examples)[1]]


def score(network: Network, items: Sequence[Item], kit: Kit) -> float:
    """What early stopping looks at: accuracy, the F1 of tags where there are any, and a little the loss."""
    vectors = seen(network, items, recipe=kit.recipe)
    logits = challenger.logits(head_arrays(network), vectors.sentences)
    wanted = np.array([item.intent for item in items])
    accuracy = float((logits.argmax(axis=1) == wanted).mean())
    loss = float(np.mean(log_sum_exp(logits) - logits[np.arange(len(wanted)), wanted]))
    tags = tag_f1(vectors.tags, vectors.guessed) if len(kit.labels.tags) > 1 else accuracy
    return (accuracy + tags) / 2 - 0.01 * loss


def measure(candidate: Candidate, held: Sequence[Example]) -> Measured:
    """The candidate on ``held`` examples; where there are none, an uncalibrated one of accuracy 0."""
    if not held:
        return Measured(0.0, 1.0, 0, Calibration())
    numbers = {name: place for place, name in enumerate(candidate.kit.labels.intents)}
    wanted = np.array([numbers[str(example.intent)] for example in held])
    vectors, encoder, ngrams = candidate.views(held)
    han = [bool(han_count(example.text)) for example in held]
    blends = fit_blends(encoder, ngrams, wanted, han)
    distance = 1.0 - (vectors @ candidate.means.T).max(axis=1)
    strangeness = Strangeness.fit(-log_sum_exp(encoder), distance, kept=_KEPT)
    calibration = Calibration(*blends, strangeness)
    found = calibration.logits(encoder, ngrams, han).argmax(axis=1)
    accuracy = float((found == wanted).mean())
    return Measured(accuracy, _tag_score(candidate, held), len(held), calibration)


def _tag_score(candidate: Candidate, held: Sequence[Example]) -> float:
    """The F1 of the candidate's tags; 1 where there are none to find."""
    if len(candidate.kit.labels.tags) == 1:
        return 1.0
    items = candidate.kit.reader.items(held)
    vectors = seen(candidate.network, items, recipe=candidate.kit.recipe, with_units=True)
    scores = vectors.units @ candidate.heads["tags.weights"].T + candidate.heads["tags.bias"]
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


def spelt(kit: Kit, examples: Sequence[Example]) -> list[str]:
    """The texts as the n-grams read them: spelt right."""
    texts = []
    for example in examples:
        cut = units(example.text)
        words = [unit.text for unit in cut]
        texts.append(joined(cut, kit.speller.correct(words) if kit.speller else words))
    return texts


def _lexical(kit: Kit, examples: Sequence[Example], items: Sequence[Item]) -> LexicalHead | None:
    own = [(example, item.intent) for example, item in zip(examples, items, strict=True) if item.intent >= 0]
    if not kit.recipe.ngrams or len({intent for _, intent in own}) < 2:
        return None
    texts = spelt(kit, [example for example, _ in own])
    return LexicalHead.fit(texts, [intent for _, intent in own], classes=len(kit.labels.intents))
