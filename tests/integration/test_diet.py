"""DIET on the features of BertFeaturizer, as config.yml says it is put in place of our own classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

from kefu.components import wiring
from tests.support.tiny_bert import save_tiny_bert

EXAMPLES = {
    "greet": ["hello there", "good morning to you", "hi shop", "hey, good day", "hello shop"],
    "track_order": [
        "where is my parcel",
        "track my parcel please",
        "when does the parcel come",
        "parcel status please",
        "my parcel is where",
    ],
    "cancel_order": [
        "cancel the [lamp](product)",
        "i want to cancel my [keyboard](product)",
        "please cancel that [lamp](product)",
        "cancel it, the [keyboard](product)",
        "stop the order of the [lamp](product)",
    ],
}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of DIET behind our tokenizer and featurizer, on a tiny encoder."""
    monkeypatch.setenv("KEFU_HOME", str(tmp_path / "home"))
    wiring.store_source.cache_clear()
    pipeline: list[dict[str, Any]] = [
        {"name": "kefu.components.tokenizer.MixedTokenizer"},
        {
            "name": "kefu.components.featurizer.BertFeaturizer",
            "alias": "bert",
            "model": str(save_tiny_bert(tmp_path / "bert")),
        },
        {
            "name": "DIETClassifier",
            "epochs": 60,
            "featurizers": ["bert"],
            "random_seed": 1,
            "run_eagerly": True,  # compiling takes a minute, these few steps do not
        },
    ]
    config = {"recipe": "default.v1", "assistant_id": "kefu", "language": "en", "pipeline": pipeline}
    groups = [
        {"intent": name, "examples": "".join(f"- {text}\n" for text in texts)}
        for name, texts in EXAMPLES.items()
    ]
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": groups}), encoding="utf-8")
    made = train_nlu(str(tmp_path / "config.yml"), str(tmp_path / "nlu.yml"), str(tmp_path / "models"))
    assert made is not None
    return Path(made)


async def test_diet_learns_intents_and_entities_from_our_features(archive: Path) -> None:
    agent = Agent.load(str(archive))
    plain = {text.replace("[", "").replace("](product)", ""): name for name, own in EXAMPLES.items()
             for text in own}  # fmt: skip
    found = {text: await agent.parse_message(text) for text in plain}
    right = [found[text]["intent"]["name"] == name for text, name in plain.items()]
    assert sum(right) >= 13, [text for text, ok in zip(plain, right, strict=True) if not ok]
    lamps = found["cancel the lamp"]["entities"]
    told = [(lamp["entity"], lamp["value"], lamp["extractor"]) for lamp in lamps]
    assert told == [("product", "lamp", "DIETClassifier")]
