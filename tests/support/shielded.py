"""A process that serves only, asked by a test: python -m … ARCHIVE, with texts as JSON on stdin."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from kefu.channels.shield import HEAVY, raise_shield

ROOT = Path(__file__).resolve().parents[2]


def answers(archive: Path, texts: list[str]) -> dict[str, Any]:
    """``intents`` of the texts, and ``loaded``: the heavy libraries that the process holds."""
    command = [sys.executable, "-m", "tests.support.shielded", str(archive)]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(texts), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Load the archive behind the shield, read the texts, say what came."""
    raise_shield()
    from rasa.core.agent import Agent

    agent = Agent.load(sys.argv[1])
    parsed = [asyncio.run(agent.parse_message(text)) for text in json.load(sys.stdin)]
    loaded = [name for name in HEAVY if sys.modules.get(name) is not None]
    told = [[one["intent"]["name"], round(one["intent"]["confidence"], 4)] for one in parsed]
    print("\n" + json.dumps({"intents": told, "loaded": loaded}))


if __name__ == "__main__":
    main()
