"""An understanding in a process of its own: `python -m benchmarks.turn.child parse|limit ARCHIVE`.

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
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def parsing(archive: Path) -> Answer:
    """Reads texts with the whole pipeline of ``archive``: seconds of each, CPU seconds of all, intents."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # else Rasa prints every message
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    agent = Agent.load(str(archive))

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
    answer = {"parse": parsing, "limit": limit}[sys.argv[1]](Path(sys.argv[2]))
    out = sys.stdout
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=out, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
