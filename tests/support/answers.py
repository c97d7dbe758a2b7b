"""The packaged passages in words, as customers hear them."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache

from kefu.knowledge.passages import load, render
from kefu.store.policy_file import read_policy
from tests.support.project import ROOT


@lru_cache(maxsize=1)
def answers() -> dict[tuple[str, str], str]:
    """Every answer by passage id and language."""
    policy = read_policy(ROOT / "data" / "shop" / "policy.csv", now=datetime.now(timezone.utc))
    clauses = {clause.clause: clause for clause in policy}
    passages = load(ROOT / "data" / "knowledge")
    return {(passage.passage_id, passage.language): render(passage, clauses) for passage in passages}
