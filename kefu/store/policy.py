"""The shop's policy: versioned clauses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Clause

_TABLE = schema.policy_clauses
_FIELDS = ("clause", "version", "params", "text_en", "text_zh", "effective_from", "effective_to")
_VERSIONS = 1_000  # of clauses that are read lately
# the parameters as text: a clause that was read before is known by its row, and not parsed again
_COLUMNS = [sa.cast(_TABLE.c.params, sa.Text) if name == "params" else _TABLE.c[name] for name in _FIELDS]
_ALL = sa.select(*_COLUMNS).order_by(_TABLE.c.position, _TABLE.c.version)
_ONE = _ALL.where(_TABLE.c.clause == sa.bindparam("name"))


class Policy(Repository):
    """Read the clauses in force; only the seed writes them."""

    def in_force(self, at: datetime) -> dict[str, Clause]:
        """The clauses that hold at an instant, by name: of each its latest version by then.

        A version that has ended does not bring back the one before it.
        """
        return _in_force(self._remembered("policy", lambda: self._read(_ALL)), at)

    def clause(self, name: str, at: datetime) -> Clause | None:
        """One clause as it holds at an instant; None where none of that name does."""
        known = self._memory.known("policy")
        if known is None:
            known = self._remembered(("clause", name), lambda: self._read(_ONE, name))
        return _in_force(known, at).get(name)

    def _read(self, statement: Any, name: str | None = None) -> list[Clause]:
        return [_clause(*row) for row in self._run(statement, {"name": name} if name else None)]

    def replace_all(self, clauses: Sequence[Clause]) -> None:
        """Put a whole policy in place of the old one, all versions at once."""
        self._run(sa.delete(_TABLE))
        rows = [
            {**{name: getattr(clause, name) for name in _FIELDS}, "position": position}
            for position, clause in enumerate(clauses)
        ]
        self._put(_TABLE, rows)


def _in_force(clauses: Iterable[Clause], at: datetime) -> dict[str, Clause]:
    latest: dict[str, Clause] = {}
    for clause in clauses:  # a file may give the newest version first
        known = latest.get(clause.clause)
        if clause.effective_from <= at and (known is None or known.version < clause.version):
            latest[clause.clause] = clause
    return {
        name: clause
        for name, clause in latest.items()
        if clause.effective_to is None or at < clause.effective_to
    }


@lru_cache(maxsize=_VERSIONS)
def _clause(
    clause: str, version: int, params: str, text_en: str, text_zh: str,
    effective_from: datetime, effective_to: datetime | None,
) -> Clause:  # fmt: skip
    return Clause(clause, version, json.loads(params), text_en, text_zh, effective_from, effective_to)
