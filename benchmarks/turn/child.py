"""An understanding in a process of its own: `python -m benchmarks.turn.child parse|parse-ours|limit ARCHIVE`.

A line of JSON in, a line out, so that the processes of two assistants can be asked in turn.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa.core.agent import Agent

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def parsing_as_served(archive: Path) -> Answer:
    """``parsing`` with the graph run as our server runs it."""
    from kefu.channels.graph_runner import planned

    agent = _agent(archive)
    assert agent.processor is not None  # a model was loaded
    agent.processor.graph_runner = planned(agent.processor.graph_runner)
    return _parsing(agent)


def parsing(archive: Path) -> Answer:
    """Reads texts with the whole pipeline of ``archive``: seconds of each, CPU seconds of all, intents."""
    return _parsing(_agent(archive))


def _agent(archive: Path) -> Agent:
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # else Rasa prints every message
    return Agent.load(str(archive))


def _parsing(agent: Agent) -> Answer:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        seconds, intents, before = [], [], process_time()
        for text in asked["texts"]:
            began = perf_counter()
            parsed = loop.run_until_complete(agent.parse_message(text))
            seconds.append(perf_counter() - began)
            intents.append(parsed["intent"]["name"])
        return {"seconds": seconds, "cpu_seconds": process_time() - before, "intents": intents}

    return answer


def limit(archive: Path) -> Answer:
    """Reads texts with the encoder and the head of intents alone: no pipeline around them can take less."""
    import numpy as np

    from kefu.language.encoder import Encoder
    from kefu.language.understanding import HEADS, Heads

    with tempfile.TemporaryDirectory() as scratch:
        folder = _unpacked(archive, Path(scratch))
        encoder = Encoder.open(folder, threads=1)
        with np.load(folder / HEADS) as arrays:
            heads = Heads({name: arrays[name].astype(np.float32) for name in arrays.files})

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        seconds = []
        for text in asked["texts"]:
            began = perf_counter()
            heads.logits("intents", encoder.sentences([text]))
            seconds.append(perf_counter() - began)
        return {"seconds": seconds}

    return answer


def _unpacked(archive: Path, folder: Path) -> Path:
    """The folder of the classifier within an archive."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    return next(
        path for path in folder.rglob("*") if path.is_dir() and "BertIntentEntityClassifier" in path.name
    )


def main() -> int:
    """Say that it is loaded, then answer until there is nothing more."""
    answer = {"parse": parsing, "parse-ours": parsing_as_served, "limit": limit}[sys.argv[1]](
        Path(sys.argv[2])
    )
    out = sys.stdout
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=out, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
