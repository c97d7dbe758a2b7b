"""`kefu evaluate`: a file of examples, the newest model, and the figures."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kefu.cli import console
from kefu.cli.models import chosen_model
from kefu.evaluation.examples import read_examples
from kefu.evaluation.intents import measure_intents
from kefu.evaluation.retrieval import measure_retrieval
from kefu.settings import Settings


def intents(file: Path, *, as_json: bool, model: Path | None) -> None:
    """Print accuracy, macro-F1 and the table of intents of ``file`` (columns text, intent)."""
    examples = read_examples(file, columns=("text", "intent"))
    parsed = parse_all([example["text"] for example in examples], model=model)
    report = measure_intents(
        wanted=[example["intent"] for example in examples],
        found=[str(row["intent"]["name"]) for row in parsed],
    )
    console.say(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_table())


def retrieval(file: Path, *, as_json: bool, model: Path | None) -> None:
    """Print how often the wanted passage was found (columns text, passage; an empty passage: none)."""
    examples = read_examples(file, columns=("text", "passage"))
    parsed = parse_all([example["text"] for example in examples], model=model)
    report = measure_retrieval(
        wanted=[example["passage"] or None for example in examples],
        found=[[str(hit["id"]) for hit in row.get("knowledge") or ()] for row in parsed],
    )
    console.say(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_table())


def parse_all(texts: Sequence[str], *, model: Path | None) -> list[dict[str, Any]]:
    """What the model makes of each text: Rasa's parse data, in the order of ``texts``."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    # else Rasa prints every message among the figures, and onto standard output
    configure_structlog(logging.WARNING)
    archive = chosen_model(Settings.load().root, model)
    agent = Agent.load(str(archive))

    async def parse() -> list[dict[str, Any]]:
        return [await agent.parse_message(text) for text in texts]

    return asyncio.run(parse())
