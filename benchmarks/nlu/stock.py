"""Rasa as it comes: the pipeline that `rasa init` suggests, trained and run by Rasa's own API."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.nlu.rows import Row
from kefu.language.examples import Example, Span

FALLBACK = "nlu_fallback"


def pipeline(*, epochs: int, seed: int, tokenizer: str) -> list[dict[str, Any]]:
    """Rasa 3.6's default pipeline, without the ResponseSelector that would have nothing to learn."""
    return [
        {"name": tokenizer},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": seed},
        {"name": "EntitySynonymMapper"},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


def train(examples: Sequence[Example], *, steps: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Train on ``examples`` into ``folder``/model.tar.gz."""
    from rasa.model_training import train_nlu
    from rasa.utils.tensorflow.environment import setup_tf_environment

    setup_tf_environment()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(json.dumps(_config(steps)), encoding="utf-8")  # JSON is YAML
    (folder / "nlu.json").write_text(json.dumps(training_data(examples)), encoding="utf-8")
    train_nlu(
        str(folder / "config.yml"), str(folder / "nlu.json"), str(folder), fixed_model_name="model.tar.gz"
    )
    return {}


def _config(steps: list[dict[str, Any]]) -> dict[str, Any]:
    language = "zh" if steps[0]["name"] == "JiebaTokenizer" else "en"  # Jieba's refuses any other
    return {"recipe": "default.v1", "assistant_id": "stock", "language": language, "pipeline": steps}


def training_data(examples: Sequence[Example]) -> dict[str, Any]:
    """``examples`` in Rasa's old JSON format: its YAML would read brackets in a text as entities."""
    return {"rasa_nlu_data": {"common_examples": [_example(example) for example in examples]}}


def _example(example: Example) -> dict[str, Any]:
    entities = [
        {"start": s.start, "end": s.end, "value": example.text[s.start : s.end], "entity": s.entity}
        for s in example.spans
    ]
    return {"text": example.text, "intent": example.intent, "entities": entities}


class Reader:
    """A trained stock model."""

    def __init__(self, folder: Path) -> None:
        """Load ``folder``/model.tar.gz."""
        from rasa.core.agent import Agent
        from rasa.utils.log_utils import configure_structlog
        from rasa.utils.tensorflow.environment import setup_tf_environment

        setup_tf_environment()
        configure_structlog(logging.WARNING)  # else Rasa prints every message
        self._agent = Agent.load(str(folder / "model.tar.gz"))
        self._loop = asyncio.new_event_loop()

    def read(self, texts: Sequence[str]) -> list[Row]:
        """One row a text; Rasa's DIET reads messages one by one in any case."""
        return [row_of(self._loop.run_until_complete(self._agent.parse_message(text))) for text in texts]


def row_of(parsed: dict[str, Any]) -> Row:
    """``parsed`` as a row; under a fallback the best real intent stands, in favour of the stock model."""
    ranking = [entry for entry in parsed.get("intent_ranking") or () if entry["name"] != FALLBACK]
    best: dict[str, Any] = ranking[0] if ranking else {"name": FALLBACK, "confidence": 0.0}
    spans = tuple(Span(e["start"], e["end"], e["entity"]) for e in parsed.get("entities") or ())
    confidence = float(best["confidence"])
    refused = parsed["intent"]["name"] == FALLBACK
    return Row(str(best["name"]), confidence, spans, 1.0 - confidence, refused)


def code() -> dict[str, str]:
    """The version of Rasa; our part is the pipeline alone."""
    return {"rasa": metadata.version("rasa")}
