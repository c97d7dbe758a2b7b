"""Generated messages through both doors of running servers: each is answered or refused, none takes long."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks.fuzz.inputs import Sent, drawn
from benchmarks.fuzz.talking import Came, Rest, Socket
from benchmarks.fuzz.watching import Watched

SLICE = 100  # messages drawn from one seed
TURNS = 20  # of one conversation
WAYS = {"REST": Rest, "socket.io": Socket}


@dataclass(frozen=True)
class Cost:
    """What an input took: by the clock, and of the servers' processors."""

    wall: float
    cpu: float


def thrown(url: str, watched: Watched, *, number: int, count: int) -> dict[str, Any]:
    """A slice: the bodies of seed ``number``, every second conversation over socket.io."""
    rows = []
    bodies = drawn(number, count=count)
    for at in range(0, len(bodies), TURNS):
        way = list(WAYS)[(at // TURNS) % len(WAYS)]
        rows += _conversation(url, watched, way, bodies[at : at + TURNS])
    return _tally(rows) | {"exits": watched.exits()}


Row = tuple[str, Sent, Came, Cost]


def _conversation(url: str, watched: Watched, way: str, bodies: list[Sent]) -> list[Row]:
    door: Rest | Socket = WAYS[way](url)
    try:
        return [_one(door, watched, way, sent) for sent in bodies]
    finally:
        door.close()


def _one(door: Rest | Socket, watched: Watched, way: str, sent: Sent) -> Row:
    cpu, wall = watched.cpu_seconds(), time.monotonic()
    came = door.send(sent)
    return way, sent, came, Cost(time.monotonic() - wall, watched.cpu_seconds() - cpu)


def _tally(rows: list[Row]) -> dict[str, Any]:
    slowest = max(rows, key=lambda row: row[3].cpu)
    longest = max(rows, key=lambda row: row[3].wall)
    return {
        "messages": len(rows),
        "by_way": dict(Counter(way for way, _, _, _ in rows)),
        "by_kind": dict(Counter(sent.kind for _, sent, _, _ in rows)),
        "came": dict(Counter(came.what for _, _, came, _ in rows)),
        "wrong": [_told(row) for row in rows if not row[2].right],
        "most_cpu": _told(slowest),
        "longest": _told(longest),
    }


def _told(row: Row) -> dict[str, Any]:
    way, sent, came, cost = row
    shown = sent.body if len(sent.body) <= 400 else sent.body[:400] + b"..."
    return {
        "kind": sent.kind, "way": way, "came": came.what, "bytes": len(sent.body),
        "cpu_seconds": round(cost.cpu, 2), "wall_seconds": round(cost.wall, 2),
        "body": shown.decode("latin-1"),
    }  # fmt: skip
