"""An answer kept under its key, so that the same request hears the same again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from kefu.shop.lines import Portion
from kefu.shop.money import Money
from kefu.shop.outcome import Outcome
from kefu.shop.tickets import Hours
from kefu.store import records

# the types of facts besides records
OURS: Mapping[str, type] = MappingProxyType({"Money": Money, "Portion": Portion, "Hours": Hours})
MOMENTS: Mapping[str, Any] = MappingProxyType({kind.__name__: kind for kind in (datetime, date, time)})


def saved(outcome: Outcome) -> str:
    """The outcome as JSON."""
    return json.dumps(_packed(vars(outcome)), ensure_ascii=False)


def restored(text: str) -> Outcome:
    """The outcome that ``saved`` wrote, with the fact ``replayed``."""
    return Outcome(**_unpacked(json.loads(text))).with_facts(replayed=True)


def _packed(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (date, time)):
        return {"kind": type(value).__name__, "value": value.isoformat()}
    if isinstance(value, (tuple, list)):
        return [_packed(item) for item in value]
    if isinstance(value, Mapping):
        return {"kind": "mapping", "value": {name: _packed(item) for name, item in value.items()}}
    if is_dataclass(value):
        inside = {field.name: _packed(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__, "value": inside}
    raise TypeError(f"found a fact of type {type(value).__name__}; wanted plain values and records")


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unpacked(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind, inside = value["kind"], value["value"]
    if kind in MOMENTS:
        return MOMENTS[kind].fromisoformat(inside)
    unpacked = {name: _unpacked(item) for name, item in inside.items()}
    return unpacked if kind == "mapping" else _type(kind)(**unpacked)


def _type(name: str) -> type:
    found: type = OURS.get(name) or getattr(records, name)
    return found
