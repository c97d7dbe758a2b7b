"""Writes a trained candidate as what serves."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kefu.language.examples import Example
from kefu.language.export import write_encoder
from kefu.language.training.candidates import Candidate, Measured
from kefu.language.training.kit import Kit
from kefu.language.training.network import merged
from kefu.language.understanding import HEADS, META, NEIGHBOURS

_MOST_NEIGHBOURS = 5_000  # training examples that explanations may show; 4 MB of vectors


def save(
    final: Candidate, measured: Measured, kit: Kit, examples: Sequence[Example], *, folder: Path, digest: str
) -> None:
    """Write encoder, heads, calibration, speller and the examples that explain."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = _spread([example for example in examples if example.intent is not None], _MOST_NEIGHBOURS)
    vectors = (
        final.views(kit.reader.items(shown))[0]
        if shown
        else np.zeros((0, final.means.shape[1]), dtype=np.float32)
    )
    write_encoder(
        merged(copy.deepcopy(final.network.encoder)).cpu().eval(), tokenizer_json=kit.subwords.json,
        folder=folder, digest=digest, model=kit.recipe.model,
    )  # fmt: skip
    np.savez(folder / HEADS, **final.whole.arrays)
    np.savez(folder / NEIGHBOURS, vectors=vectors.astype(np.float16))
    if final.lexical is not None:
        final.lexical.save(folder)
    meta = {
        "recipe": kit.recipe.as_dict(),
        "digest": digest,
        "chosen": final.name,
        "intents": kit.labels.intents,
        "tags": kit.labels.tags,
        "further": kit.labels.further,
        "calibration": measured.calibration.as_dict(),
        "speller": kit.speller.as_dict() if kit.speller else None,
        "examples": [[example.text, example.intent] for example in shown],
    }
    (folder / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")


def _spread(examples: Sequence[Example], most: int) -> list[Example]:
    """At most ``most`` of ``examples``, evenly spread over them."""
    if len(examples) <= most:
        return list(examples)
    return [examples[int(place)] for place in np.linspace(0, len(examples) - 1, most)]
