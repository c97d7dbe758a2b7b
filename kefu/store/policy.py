"""The shop's policy: versioned clauses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Clause

_TABLE = schema.policy_clauses
_FIELDS = ("clause", "version", "params", "text_en", "text_zh", "effective_from", "effective_to")


class Policy(Repository):
    """Read the clauses in force; only the seed writes them."""

    def in_force(self, at: datetime) -> dict[str, Clause]:
        """The clauses that hold at an instant, by name: of each its latest version by then.

        A version that has ended does not bring back the one before it.
        """
        columns = (_TABLE.c[name] for name in _FIELDS)
        begun = sa.select(*columns).where(_TABLE.c.effective_from <= at)
        rows = self._all(begun.order_by(_TABLE.c.position, _TABLE.c.version))
        latest: dict[str, Clause] = {}
        for row in rows:  # a file may give the newest version first
            known = latest.get(row["clause"])
            if known is None or known.version < row["version"]:
                latest[row["clause"]] = Clause(**row)
        return {
            name: clause
            for name, clause in latest.items()
            if clause.effective_to is None or at < clause.effective_to
        }

    def replace_all(self, clauses: Sequence[Clause]) -> None:
        """Put a whole policy in place of the old one, all versions at once."""
        self._run(sa.delete(_TABLE))
        rows = [
            {**{name: getattr(clause, name) for name in _FIELDS}, "position": position}
            for position, clause in enumerate(clauses)
        ]
        self._put(_TABLE, rows)
