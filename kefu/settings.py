"""Settings: typed, frozen, and the one place that reads the environment."""

from __future__ import annotations

import difflib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kefu.errors import ConfigError

_PREFIX = "KEFU_"
_OTHERS_NAMES = ("KEFU_VENV",)  # read by the Makefile, not here
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def _setting(doc: str, *, default: str = "", secret: bool = False) -> Any:
    """A field that comes from ``KEFU_<NAME>``; ``default`` in the words of the settings page."""
    return field(repr=not secret, metadata={"doc": doc, "default": default})


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside; each field is ``KEFU_<NAME>`` in the environment."""

    root: Path = _setting("the project root: what Rasa reads, data/, models/", default="the checkout")
    home: Path = _setting("where Kefu keeps its own files", default="<root>/.kefu")
    database_url: str = _setting("the store: sqlite:///PATH or postgresql://…",
                                 default="sqlite:///<home>/kefu.db", secret=True)  # fmt: skip
    shop_secret: str = _setting("signs the customer tokens that the shop hands out",
                                default="made once, in <home>/secrets.json", secret=True)  # fmt: skip
    session_secret: str = _setting("signs the chat's own session tokens",
                                   default="made once, in <home>/secrets.json", secret=True)  # fmt: skip
    dev: bool = _setting("a developer's shell: `cmdline` speaks as KEFU_SHELL_CUSTOMER", default="0")
    shell_customer: str = _setting("the customer of a developer's shell", default="C1001")
    demo: bool = _setting("a demo: `kefu outbox` shows one-time codes, the page offers customers",
                          default="1")  # fmt: skip
    host: str = _setting("the address that servers listen on", default="127.0.0.1")
    port: int = _setting("the port of the Rasa server, 1 to 65535", default="5005")
    action_port: int = _setting("the port of the action server, 1 to 65535", default="5055")
    session_hours: int = _setting("how long a chat session lasts, hours", default="24")
    token_minutes: int = _setting("how long a customer token of `kefu token` lasts, minutes", default="60")
    code_minutes: int = _setting("how long a one-time code is good, minutes", default="10")
    code_tries: int = _setting("how often a one-time code may be tried", default="5")
    confirmation_minutes: int = _setting("how long a yes to a confirmation is taken, minutes", default="10")
    action_seconds: int = _setting("how long an action may take, seconds", default="5")
    payment_provider: str = _setting("who pays refunds: `demo`, which keeps its books in <home>, or "
                                     "`module:function`", default="demo")  # fmt: skip
    payment_seconds: int = _setting("how long a call of the payment provider may take, seconds", default="2")
    reconcile_seconds: int = _setting("how often open refunds are asked for at the provider, seconds",
                                      default="30")  # fmt: skip
    ready_seconds: int = _setting("how long `kefu up` waits for its servers, seconds", default="60")
    bench_data: Path = _setting("the public data that `python -m benchmarks.nlu` measures on",
                                default="<root>/../shared/bench")  # fmt: skip

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ, *, root: Path | None = None) -> Settings:
        """Read the settings; ConfigError for values and misspelt names.

        Where a secret is not given it is made once and kept in ``<home>/secrets.json``,
        readable by its owner alone.
        """
        _refuse_misspelt(env)
        base = (root or _path(env, "root") or Path(__file__).resolve().parents[1]).resolve()
        home = _path(env, "home") or base / ".kefu"
        given = {name: env.get(_variable(name), "") for name in ("shop_secret", "session_secret")}
        kept = {} if all(given.values()) else _kept_secrets(home / "secrets.json")
        return cls(
            root=base,
            home=home,
            database_url=env.get("KEFU_DATABASE_URL") or f"sqlite:///{home / 'kefu.db'}",
            shop_secret=given["shop_secret"] or kept["shop_secret"],
            session_secret=given["session_secret"] or kept["session_secret"],
            shell_customer=env.get("KEFU_SHELL_CUSTOMER") or _default("shell_customer"),
            host=env.get("KEFU_HOST") or _default("host"),
            dev=_flag(env, "dev"),
            demo=_flag(env, "demo"),
            port=_number(env, "port", most=65535),
            action_port=_number(env, "action_port", most=65535),
            session_hours=_number(env, "session_hours"),
            token_minutes=_number(env, "token_minutes"),
            code_minutes=_number(env, "code_minutes"),
            code_tries=_number(env, "code_tries"),
            confirmation_minutes=_number(env, "confirmation_minutes"),
            action_seconds=_number(env, "action_seconds"),
            payment_provider=env.get("KEFU_PAYMENT_PROVIDER") or _default("payment_provider"),
            payment_seconds=_number(env, "payment_seconds"),
            reconcile_seconds=_number(env, "reconcile_seconds"),
            ready_seconds=_number(env, "ready_seconds"),
            bench_data=_path(env, "bench_data") or base.parent / "shared" / "bench",
        )


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _default(name: str) -> str:
    return next(str(f.metadata["default"]) for f in fields(Settings) if f.name == name)


def _refuse_misspelt(env: Mapping[str, str]) -> None:
    # unknown names alone are no error: a cluster adds its own KEFU_… variables for a service "kefu"
    known = [_variable(f.name) for f in fields(Settings)] + list(_OTHERS_NAMES)
    for name in sorted(n for n in env if n.startswith(_PREFIX) and n not in known):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
        if near:
            raise ConfigError(f"{name} is in the environment and is no setting; did you mean {near[0]}?")


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(_variable(name))
    return Path(value).expanduser().resolve() if value else None


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(_variable(name), _default(name)).strip().lower()
    if value not in _TRUE + _FALSE:
        raise ConfigError(f"{_variable(name)}: found {value!r}; wanted 1 or 0")
    return value in _TRUE


def _number(env: Mapping[str, str], name: str, *, most: int = 1_000_000) -> int:
    value = (env.get(_variable(name)) or _default(name)).strip()
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        raise ConfigError(f"{_variable(name)}: found {value!r}; wanted a whole number from 1 to {most}")
    return int(value)


def _kept_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        _make_secrets(file)
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {name: str(kept[name]) for name in ("shop_secret", "session_secret")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file}: wanted shop_secret and session_secret, found something else ({error}); "
            "delete the file to have new ones made"
        ) from error


def _make_secrets(file: Path) -> None:
    """Write the file whole and never over another's: server and action server may start at once."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".secrets-")  # mode 0600
        made = {"shop_secret": secrets.token_hex(32), "session_secret": secrets.token_hex(32)}
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(made, stream)
        try:
            os.link(name, file)
        except FileExistsError:
            return  # the other process was first; its secrets count
        finally:
            os.unlink(name)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error}; set KEFU_HOME to a folder that can be") from error
