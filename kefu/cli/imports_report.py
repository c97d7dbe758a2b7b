"""What an import did or would do, for a person or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kefu.cli import console
from kefu.knowledge.conflicts import Finding
from kefu.knowledge.differences import lines
from kefu.knowledge.passages import Passage
from kefu.knowledge.readers.rows import Bad

if TYPE_CHECKING:
    from kefu.cli.imports import Plan

_MOST = 200  # lines of a kind that are printed; --json has all


def counts(plan: Plan) -> dict[str, int]:
    """How many passages came, changed, stayed and went, and how many rows were bad."""
    change = plan.change
    return {"added": len(change.added), "changed": len(change.changed), "same": len(change.same),
            "removed": len(change.removed), "bad": len(plan.bad)}  # fmt: skip


def show(plan: Plan, *, written: bool, as_json: bool) -> None:
    """Print the plan; ``written``: it has been carried out."""
    if as_json:
        console.say(json.dumps({"written": written, **told(plan)}, ensure_ascii=False))
        return
    for some in (_changes(plan), _bad(plan.bad), _look(plan.look)):
        _some(list(some))
    figures = ", ".join(f"{name} {number}" for name, number in counts(plan).items())
    console.say(f"{'imported' if written else 'would be'}: {figures}")


def refuse(bad: int) -> None:
    """Say that nothing was taken, and what to do."""
    console.complain(f"nothing was taken: {bad} bad rows; mend them, or --keep-good takes the rest")


def show_findings(found: Sequence[Finding], *, passages: int, as_json: bool) -> None:
    """Print what is wrong among the passages that stand."""
    if as_json:
        told = [vars(one) for one in found]
        console.say(json.dumps({"passages": passages, "findings": told}, ensure_ascii=False))
        return
    for one in found:
        console.say(str(one))
    console.say(f"{passages} passages, {len(found)} to look at")


def told(plan: Plan) -> dict[str, Any]:
    """The whole plan as an object of JSON."""
    return {
        "counts": counts(plan),
        "added": [_named(passage) for passage in plan.change.added],
        "changed": [{**_named(after), "lines": list(lines(before, after))}
                    for before, after in plan.change.changed],
        "removed": [_named(passage) for passage in plan.change.removed],
        "bad": [vars(one) for one in plan.bad],
        "look": [vars(one) for one in plan.look],
    }  # fmt: skip


def _changes(plan: Plan) -> Iterator[str]:
    for passage in plan.change.added:
        yield f"+ {_line(passage)}"
    for before, after in plan.change.changed:
        yield f"~ {_line(after)}"
        yield from (f"    {line}" for line in lines(before, after))
    for passage in plan.change.removed:
        yield f"- {_line(passage)}"


def _bad(bad: Sequence[Bad]) -> Iterator[str]:
    yield from (f"bad: {one.place}: {one.reason}" for one in bad)


def _look(found: Sequence[Finding]) -> Iterator[str]:
    yield from (f"look: {one}" for one in found)


def _some(all_lines: Sequence[str]) -> None:
    for line in all_lines[:_MOST]:
        console.say(line)
    if len(all_lines) > _MOST:
        console.say(f"… and {len(all_lines) - _MOST:,} lines more (--json has all)")


def _line(passage: Passage) -> str:
    return f"{passage.passage_id} ({passage.language}) {passage.title}"


def _named(passage: Passage) -> dict[str, str]:
    return {"id": passage.passage_id, "language": passage.language, "title": passage.title}
