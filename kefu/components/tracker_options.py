"""The keys of ``tracker_store`` in endpoints.yml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackerOptions:
    """``turns`` of a conversation are kept as they were said; from ``most_turns`` on older ones are folded.

    The ``remembered`` conversations that spoke last are kept in this process too (0: none), some 0.2 MB each.
    ``recent`` and ``seen``: see ``checkpoints.Depth``. ``seconds``: how long the database may take.
    """

    turns: int = 4
    most_turns: int = 16
    remembered: int = 200
    recent: int = 16
    seen: int = 10
    seconds: float = 15.0
