"""The shop's rules in force at a moment, read from the store with their types.

Services ask here for every number: none of them stands in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kefu.errors import ConfigError
from kefu.shop.money import Money
from kefu.store.records import Clause

if TYPE_CHECKING:
    from kefu.store import Transaction


@dataclass(frozen=True)
class Policy:
    """The clauses in force, by id."""

    clauses: Mapping[str, Clause]

    @classmethod
    def load(cls, tx: Transaction, *, now: datetime) -> Policy:
        """The policy in force at ``now``."""
        return cls(tx.policy.in_force(now))

    @classmethod
    def of_clause(cls, tx: Transaction, clause: str, *, now: datetime) -> Policy:
        """As ``load``, for whoever asks for one clause alone."""
        held = tx.policy.clause(clause, now)
        return cls({clause: held} if held is not None else {})

    def clause(self, clause: str) -> Clause:
        """One clause; raises ConfigError when the shop's policy has none of that id."""
        if clause not in self.clauses:
            known = ", ".join(sorted(self.clauses)) or "none"
            raise ConfigError(
                f"found no clause {clause!r} in force (known: {known}); wanted it in policy.csv; "
                "add it and run `kefu seed`"
            )
        return self.clauses[clause]

    def text(self, clause: str, param: str) -> str:
        """A parameter as it was written."""
        params = self.clause(clause).params
        if param not in params:
            known = ", ".join(sorted(params)) or "none"
            raise ConfigError(
                f"found no parameter {param!r} in clause {clause} (known: {known}); wanted it in policy.csv; "
                "add it and run `kefu seed`"
            )
        return params[param]

    def number(self, clause: str, param: str) -> int:
        """A parameter as a whole number."""
        text = self.text(clause, param)
        try:
            return int(text)
        except ValueError:
            raise ConfigError(
                f"found {clause} {param}={text!r}; wanted a whole number; correct policy.csv and seed again"
            ) from None

    def money(self, clause: str, param: str) -> Money:
        """A parameter as an amount in the clause's own ``currency``."""
        return Money.parse(self.text(clause, param), self.text(clause, "currency"))

    def values(self, clause: str, param: str) -> tuple[str, ...]:
        """A parameter that lists values, ``US|CN|HK``."""
        return tuple(part.strip() for part in self.text(clause, param).split("|") if part.strip())

    def hour(self, clause: str, param: str) -> time:
        """A parameter as a time of day, ``09:00``; 24:00 is the day's end."""
        text = self.text(clause, param)
        try:
            return time.max if text == "24:00" else time.fromisoformat(text)
        except ValueError:
            raise ConfigError(
                f"found {clause} {param}={text!r}; wanted a time like 09:00; "
                "correct policy.csv and seed again"
            ) from None

    @property
    def zone(self) -> ZoneInfo:
        """Shop time."""
        name = self.text("hours.1", "tz")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ConfigError(
                f"found the time zone {name!r} in hours.1; wanted an IANA name like Asia/Shanghai; "
                "correct policy.csv and seed again"
            ) from None
