"""The audit's hash chain: each row holds the hash of the one before and its own over all of its fields.

The chain shows that rows were altered, removed, put in or reordered. Rows cut off its end, and a chain
that somebody computed anew, show only against a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kefu.errors import ConfigError

GENESIS = "0" * 64  # what the first row names as the one before
FIELDS = ("audit_id", "at", "actor", "action", "subject", "detail", "previous")


@dataclass(frozen=True)
class Link:
    """Where a chain stands: the number of a row and its hash; number None: any row of that hash."""

    number: int | None
    hash: str

    @classmethod
    def parse(cls, text: str) -> Link:
        """Read ``HASH`` or ``NUMBER:HASH`` as `kefu audit head` prints it; ConfigError for anything else."""
        found = re.fullmatch(r"(?:(\d{1,18}):)?([0-9a-f]{64})", text.strip().lower(), re.ASCII)
        if found is None:
            raise ConfigError(
                f"found the head {text[:80]!r}; wanted NUMBER:HASH or HASH; pass the last line of "
                "`kefu audit head`"
            )
        return cls(int(found[1]) if found[1] else None, found[2])

    def __str__(self) -> str:
        return self.hash if self.number is None else f"{self.number}:{self.hash}"


START = Link(0, GENESIS)


@dataclass(frozen=True)
class Verdict:
    """How far a chain holds: its rows up to there, the last good one, and the first bad row if any."""

    rows: int
    head: Link
    bad_row: int | None = None
    problem: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.problem is None


def moment(at: datetime) -> str:
    """An instant as the hash takes it: UTC, to the microsecond."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a row's fields; ``at`` as ``moment`` gives it."""
    fields = {name: row[name] for name in FIELDS}
    # default: a value that a column should not hold at all must give another hash, not an error
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def linked(entries: Iterable[Mapping[str, Any]], after: Link) -> Iterator[dict[str, Any]]:
    """Each entry (``at`` a datetime) as a row that follows the one before it, the first ``after``."""
    number, previous = after.number or 0, after.hash
    for entry in entries:
        number += 1
        row = {**entry, "audit_id": number, "previous": previous}
        previous = digest({**row, "at": moment(entry["at"])})
        yield {**row, "hash": previous}


def verify(rows: Iterable[Mapping[str, Any]], *, head: Link | None = None) -> Verdict:
    """Walk the rows in the order of their numbers up to the first bad one; ``head`` was kept elsewhere."""
    last, count, met = START, 0, head is None
    for row in rows:
        here = Link(row["audit_id"], row["hash"])
        problem = _problem(row, last) or _against(head, here)
        if problem is not None:
            bad = (last.number or 0) + 1 if "missing" in problem else here.number
            return Verdict(count, last, bad, problem)
        met = met or head is None or head.hash == here.hash
        last, count = here, count + 1
    if head is not None and not met:
        return Verdict(count, last, (last.number or 0) + 1, _cut(head, last))
    return Verdict(count, last)


def _problem(row: Mapping[str, Any], last: Link) -> str | None:
    number, wanted = row["audit_id"], (last.number or 0) + 1
    if number < wanted:
        return f"row {number} stands before the first: it was put in"
    if number > wanted:
        gap = f"row {wanted} is" if number == wanted + 1 else f"rows {wanted} to {number - 1} are"
        return f"{gap} missing"
    if row["hash"] != digest(row):
        return f"row {number} was altered or put in: its hash is not that of its fields"
    if row["previous"] != last.hash:
        return f"row {number} does not follow row {last.number}: one of them was altered, moved or put in"
    return None


def _against(head: Link | None, here: Link) -> str | None:
    if head is None or head.number != here.number or head.hash == here.hash:
        return None
    return f"row {here.number} has another hash than the head that was kept: the chain was written anew"


def _cut(head: Link, last: Link) -> str:
    if head.number is None:
        return "no row has the hash that was kept: rows are missing at the end, or all were written anew"
    return f"rows are missing at the end: the head that was kept is row {head.number}, the last {last.number}"
