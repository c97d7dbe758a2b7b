"""What people stop and resume, read fresh by whoever depends on it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Switch

_TABLE = schema.switches


class Switches(Repository):
    """Switches; their rows are made by the migrations."""

    def get(self, name: str) -> Switch:
        """The switch as it stands."""
        return Switch(**self._all(sa.select(_TABLE).where(_TABLE.c.name == name))[0])

    def hold(self, name: str) -> None:
        """Keep the switch as it is until the end of the write transaction.

        Holders share it: they wait for whoever turns the switch, not for each other.
        """
        self._run(sa.select(_TABLE.c.name).where(_TABLE.c.name == name).with_for_update(read=True))

    def turn(self, name: str, *, stopped: bool, by: str, reason: str, now: datetime) -> None:
        """Stop or resume; waits until transactions that hold the switch are over."""
        values = {"stopped": stopped, "set_by": by, "reason": reason, "set_at": now}
        changed = sa.update(_TABLE).where(_TABLE.c.name == name).values(**values)
        self._must_change(changed, f"there is no switch {name!r}")
