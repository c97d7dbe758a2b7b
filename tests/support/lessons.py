"""What there is to learn in tests of components: Rasa's messages, a recipe of seconds, further labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.nlu.training_data.message import Message

from tests.support.learnable import learnable

_FEELINGS = """text,sentiment,urgency
this is awful i hate it,negative,low
it burns help me now,negative,high
what a lovely lamp,positive,low
when do you open,neutral,low
太差了,negative,low
着火了快来人,negative,high
"""


def lessons() -> list[Message]:
    """The examples of ``learnable`` as Rasa hands them to a component."""
    return [
        Message({
            "text": e.text,
            "intent": e.intent,
            "entities": [{**vars(span), "value": e.text[span.start : span.end]} for span in e.spans],
        })
        for e in learnable()
    ]  # fmt: skip


def feelings(folder: Path) -> str:
    """A folder with labels of sentiment and urgency."""
    folder.mkdir()
    (folder / "both.csv").write_text(_FEELINGS, encoding="utf-8")
    return str(folder)


def quick(model: Path, further: str = "", **changes: Any) -> dict[str, Any]:
    """Keys with which a tiny BERT learns ``lessons`` by heart in seconds."""
    return {
        "model": str(model), "further": further, "epochs": 40, "learning_rate": 3e-3, "head_rate": 1e-2,
        "typos": 0.0, "dropout": 0.0, "batch": 16, "precision": "float32", "scale": 10.0,
        "characters": False, **changes,
    }  # fmt: skip
