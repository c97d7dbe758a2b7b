"""The limit of a turn: what even an assistant without any other work has to do."""

from __future__ import annotations

import http.client
import sqlite3
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.turn.asked import child
from benchmarks.turn.figures import percentile
from benchmarks.turn.plan import Plan
from benchmarks.turn.projects import OURS, Project
from benchmarks.turn.servers import Serving

TWELVE = "where is my order and when will it arrive here"  # sub-tokens, with those at both ends


def measure(root: Path, folder: Path, serving: Serving, plan: Plan) -> dict[str, Any]:
    """Median milliseconds of reading a message, of a commit, of a call over loopback, and of all three."""
    with child("limit", Project(OURS, folder / OURS), root) as reading:
        reading.ask([TWELVE] * 5)
        read = reading.ask([TWELVE] * plan.limits)["seconds"]
    parts = {"read": read, "commit": _commits(plan.limits), "call": _calls(serving, plan.limits)}
    found = {name: round(1000 * percentile(seconds, 0.5), 2) for name, seconds in parts.items()}
    return {**found, "turn": round(sum(found.values()), 2)}


def _commits(count: int) -> list[float]:
    """Seconds of a transaction of one row in SQLite, as durable as those of the store."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "limit.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE said (place INTEGER PRIMARY KEY, words TEXT)")
        for place in range(count):
            began = perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO said VALUES (?, ?)", (place, "where is my order" * 20))
            connection.execute("COMMIT")
            found.append(perf_counter() - began)
        connection.close()
    return found


def _calls(serving: Serving, count: int) -> list[float]:
    """Seconds of the smallest request to the Rasa server, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=30)
    found = []
    for _ in range(count):
        began = perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        found.append(perf_counter() - began)
    connection.close()
    return found
