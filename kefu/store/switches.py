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
        """The switch as it stands; in a write transaction it stays so until the end of that.

        Readers share the hold: they wait for whoever turns the switch, not for each other.
        """
        here = sa.select(_TABLE).where(_TABLE.c.name == name)
        if self._connection.get_execution_options().get("kefu_write"):
            here = here.with_for_update(read=True)
        return Switch(**self._all(here)[0])

    def turn(self, name: str, *, stopped: bool, by: str, reason: str, now: datetime) -> None:
        """Stop or resume; waits until transactions that read the switch are over."""
        values = {"stopped": stopped, "set_by": by, "reason": reason, "set_at": now}
        changed = sa.update(_TABLE).where(_TABLE.c.name == name).values(**values)
        self._must_change(changed, f"there is no switch {name!r}")
