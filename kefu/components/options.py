"""Typed configuration of graph components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, TypeVar, cast

from rasa.shared.exceptions import InvalidConfigException

from kefu.errors import ConfigError

#: Keys that Rasa itself puts into a component's configuration.
#: ("output" is what a node has whose result came from the training cache.)
FRAMEWORK_KEYS = frozenset({"name", "finetuning_epoch_fraction", "output"})

Options = TypeVar("Options")


class ComponentConfigError(ConfigError, InvalidConfigException):
    """A key or value of config.yml that a component cannot use; Rasa shows it as it is."""


def defaults(options: type[Any]) -> dict[str, Any]:
    """The default configuration of an options dataclass, as Rasa wants it."""
    return asdict(options())


def typed(options: type[Options], config: Mapping[str, Any], *, component: str) -> Options:
    """``config`` as a frozen ``options`` dataclass.

    Raises:
        ComponentConfigError: an unknown key (the known ones are listed), a value of another
            type than its default, or one that the dataclass itself refuses.
    """
    known = {f.name: f for f in fields(cast(Any, options))}
    given = {key: value for key, value in config.items() if key not in FRAMEWORK_KEYS or key in known}
    for key, value in given.items():
        if key not in known:
            raise ComponentConfigError(
                f"config.yml: {component} has no key {key!r}. Known keys: {', '.join(sorted(known))}."
            )
        default = known[key].default
        if default is not MISSING and not _fits(value, default):
            wanted = "list" if isinstance(default, tuple) else type(default).__name__
            raise ComponentConfigError(
                f"config.yml: {component}.{key} is {value!r}, wanted {wanted} (the default is {default!r})."
            )
    try:
        return options(**given)
    except ConfigError as error:
        raise ComponentConfigError(f"config.yml: {component}: {error}") from error


def _fits(value: Any, default: Any) -> bool:
    if default is None or value is None:
        return default is None
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, tuple):
        return isinstance(value, (list, tuple))  # YAML knows lists alone
    if isinstance(default, float):
        return isinstance(value, (int, float))
    return isinstance(value, type(default))
