"""Settings: typed, frozen, and the one place that reads the environment."""

from __future__ import annotations

import difflib
import hmac
import json
import os
import re
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
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SHORTEST_SECRET = 32  # bytes: RFC 7518 3.2 wants a key as long as the hash for HS256
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")
_MAY_BE_NONE = (
    "proxies", "messages_per_session", "messages_per_address", "messages_per_customer",
    "sessions_per_address", "attachments_per_session",
)  # fmt: skip
_AT_LEAST_ONE = (
    "session_hours", "token_minutes", "code_minutes", "code_tries", "codes_per_hour", "patience_seconds",
    "confirmation_minutes", "action_seconds", "payment_seconds", "reconcile_seconds", "ready_seconds",
)  # fmt: skip
MAILERS = ("console", "smtp")
PURPOSES = ("shop", "session")  # whose tokens a key signs


def _setting(doc: str, *, default: str = "", secret: bool = False) -> Any:
    """A field that comes from ``KEFU_<NAME>``; ``default`` in the words of the settings page."""
    return field(repr=not secret, metadata={"doc": doc, "default": default})


@dataclass(frozen=True)
class Keys:
    """Signing keys, secrets by id; the first signs. ``kept_in``: the file that they stand in, if any."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept_in: Path | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside; each field is ``KEFU_<NAME>`` in the environment."""

    root: Path = _setting("the project root: what Rasa reads, data/, models/", default="the checkout")
    home: Path = _setting("where Kefu keeps its own files", default="<root>/.kefu")
    database_url: str = _setting("the store: sqlite:///PATH or postgresql://…",
                                 default="sqlite:///<home>/kefu.db", secret=True)  # fmt: skip
    shop_secret: str = _setting("the secret of customer tokens without a key id (kid)",
                                default="made once, in <home>/secrets.json", secret=True)  # fmt: skip
    shop_keys: Keys = _setting("keys of customer tokens, `id:secret,id:secret`: the first signs, all verify",
                               default="those of <home>/secrets.json")  # fmt: skip
    session_secret: str = _setting("the secret of the chat's own session tokens without a key id",
                                   default="made once, in <home>/secrets.json", secret=True)  # fmt: skip
    session_keys: Keys = _setting("keys of session tokens, as KEFU_SHOP_KEYS",
                                  default="those of <home>/secrets.json")  # fmt: skip
    action_secret: str = _setting("what the action server asks of who calls it; the same for both servers",
                                  default="made from a given session secret, else <home>/action-secret",
                                  secret=True)  # fmt: skip
    token_audience: str = _setting("whom a customer token must be for (`aud`)", default="nobody named")
    token_issuer: str = _setting("who must have issued a customer token (`iss`)", default="anybody")
    token_leeway_seconds: int = _setting("how far the shop's clock may be off when a customer token is read, "
                                         "seconds", default="5")  # fmt: skip
    dev: bool = _setting("a developer's shell: `cmdline` speaks as KEFU_SHELL_CUSTOMER", default="0")
    shell_customer: str = _setting("the customer of a developer's shell", default="C1001")
    serve: bool = _setting("a process that serves and never trains: torch and TensorFlow stay out of it; "
                           "`kefu up` sets it", default="0")  # fmt: skip
    demo: bool = _setting("a demo: `kefu outbox` shows one-time codes, the page offers customers",
                          default="1")  # fmt: skip
    host: str = _setting("the address that servers listen on", default="127.0.0.1")
    port: int = _setting("the port of the Rasa server, 1 to 65535", default="5005")
    action_port: int = _setting(
        "the port of an action server (`kefu shell`, or no actions_module), 1 to 65535", default="5055"
    )
    session_hours: int = _setting("how long a chat session lasts, hours", default="24")
    token_minutes: int = _setting("how long a customer token of `kefu token` lasts, minutes", default="60")
    code_minutes: int = _setting("how long a one-time code is good, minutes", default="10")
    code_tries: int = _setting("how often a one-time code may be tried", default="5")
    codes_per_hour: int = _setting("how many one-time codes an order, and a session, may ask for in an hour",
                                   default="12")  # fmt: skip
    mail: str = _setting("how mails leave: `console` (printed) or `smtp`", default="console")
    smtp_url: str = _setting("the mail server: smtp://HOST:PORT, smtp+starttls://USER:PASSWORD@HOST, smtps://…",
                             default="none", secret=True)  # fmt: skip
    mail_from: str = _setting("the sender's address of mails", default="none")
    web_origins: tuple[str, ...] = _setting("web origins that may embed the chat and call it, "
                                            "`https://shop.example,https://…`", default="none")  # fmt: skip
    proxies: int = _setting("how many reverse proxies stand in front and write X-Forwarded-For", default="0")
    redis_url: str = _setting("what counts limits for several Rasa servers and tells each what was said in "
                              "another: redis://[USER:PASSWORD@]HOST:PORT/DB",
                              default="none: each server counts by itself, and looks once a second",
                              secret=True)  # fmt: skip
    messages_per_session: int = _setting("messages a minute in one session; 0 is no limit, here and below",
                                         default="60")  # fmt: skip
    messages_per_address: int = _setting("messages a minute from one address", default="600")
    messages_per_customer: int = _setting("messages a minute of one signed-in customer", default="120")
    sessions_per_address: int = _setting("sessions that one address may open in an hour", default="600")
    attachments_per_session: int = _setting("pictures that one session may send in an hour", default="20")
    patience_seconds: int = _setting("after how long the chat says that an answer takes longer, seconds",
                                     default="8")  # fmt: skip
    confirmation_minutes: int = _setting("how long a yes to a confirmation is taken, minutes", default="10")
    action_seconds: int = _setting("how long an action may take, seconds", default="5")
    payment_provider: str = _setting("who pays refunds: `demo`, which keeps its books in <home>, or "
                                     "`module:function`", default="demo")  # fmt: skip
    payment_seconds: int = _setting("how long a call of the payment provider may take, seconds", default="2")
    generator_url: str = _setting("the OpenAI-compatible endpoint that rewords answers, https://HOST/v1",
                                  default="none: answers are plain")  # fmt: skip
    generator_model: str = _setting("the model that it is asked for", default="none")
    generator_key: str = _setting("its key", default="none", secret=True)
    generator_seconds: int = _setting("how long it may take, 1 to 4 seconds; then the plain answer is sent",
                                      default="2")  # fmt: skip
    reconcile_seconds: int = _setting("how often open refunds are asked for at the provider, seconds",
                                      default="30")  # fmt: skip
    ready_seconds: int = _setting("how long `kefu up` waits for its servers, seconds", default="180")
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
        signing = {purpose: _signing(env, purpose, home=home) for purpose in PURPOSES}
        return cls(
            root=base,
            home=home,
            database_url=env.get("KEFU_DATABASE_URL") or f"sqlite:///{home / 'kefu.db'}",
            shop_secret=signing["shop"][0],
            shop_keys=signing["shop"][1],
            session_secret=signing["session"][0],
            session_keys=signing["session"][1],
            action_secret=_action_secret(env, signing["session"], home=home),
            token_audience=env.get("KEFU_TOKEN_AUDIENCE", ""),
            token_issuer=env.get("KEFU_TOKEN_ISSUER", ""),
            token_leeway_seconds=_number(env, "token_leeway_seconds", least=0, most=300),
            shell_customer=env.get("KEFU_SHELL_CUSTOMER") or _default("shell_customer"),
            host=env.get("KEFU_HOST") or _default("host"),
            dev=_flag(env, "dev"),
            serve=serves_only(env),
            demo=_flag(env, "demo"),
            port=_number(env, "port", most=65535),
            action_port=_number(env, "action_port", most=65535),
            mail=_mail(env),
            smtp_url=env.get("KEFU_SMTP_URL", ""),
            mail_from=env.get("KEFU_MAIL_FROM", ""),
            web_origins=_origins(env),
            redis_url=_redis(env),
            **{name: _number(env, name, least=0) for name in _MAY_BE_NONE},
            **{name: _number(env, name) for name in _AT_LEAST_ONE},
            payment_provider=env.get("KEFU_PAYMENT_PROVIDER") or _default("payment_provider"),
            generator_url=env.get("KEFU_GENERATOR_URL", "").strip(),
            generator_model=env.get("KEFU_GENERATOR_MODEL", "").strip(),
            generator_key=env.get("KEFU_GENERATOR_KEY", "").strip(),
            generator_seconds=_number(env, "generator_seconds", most=4),
            bench_data=_path(env, "bench_data") or base.parent / "shared" / "bench",
        )


def serves_only(env: Mapping[str, str] = os.environ) -> bool:
    """KEFU_SERVE by itself, for who must know before anything else is read."""
    return _flag(env, "serve")


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


def _number(env: Mapping[str, str], name: str, *, least: int = 1, most: int = 1_000_000) -> int:
    value = (env.get(_variable(name)) or _default(name)).strip()
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ConfigError(f"{_variable(name)}: found {value!r}; wanted a whole number from {least} to {most}")
    return int(value)


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in env.get("KEFU_WEB_ORIGINS", "").split(",") if part.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(f"KEFU_WEB_ORIGINS: found {origin!r}; wanted https://HOST, without a path")
    return origins


def _redis(env: Mapping[str, str]) -> str:
    url = env.get("KEFU_REDIS_URL", "").strip()
    if url and not re.match(r"(redis|rediss|unix)://", url):
        raise ConfigError("KEFU_REDIS_URL begins otherwise; wanted redis://HOST:PORT/DB or rediss://…")
    return url


def _mail(env: Mapping[str, str]) -> str:
    value = (env.get("KEFU_MAIL") or _default("mail")).strip().lower()
    if value not in MAILERS:
        raise ConfigError(f"KEFU_MAIL: found {value!r}; wanted one of {', '.join(MAILERS)}")
    missing = [name for name in ("KEFU_SMTP_URL", "KEFU_MAIL_FROM") if not env.get(name)]
    if value == "smtp" and missing:
        raise ConfigError(f"KEFU_MAIL is smtp and {' and '.join(missing)} is not set; set it too")
    return value


def _signing(env: Mapping[str, str], purpose: str, *, home: Path) -> tuple[str, Keys]:
    """The single secret ("" for none) and the keys of ``shop`` or ``session``: all given, or all kept."""
    secret, listed = (
        env.get(f"KEFU_{purpose.upper()}_SECRET", ""),
        env.get(f"KEFU_{purpose.upper()}_KEYS", ""),
    )
    if secret or listed:
        return secret, Keys(_listed_keys(f"KEFU_{purpose.upper()}_KEYS", listed))
    file = home / "secrets.json"
    if not file.exists():
        _make_secrets(file)
    kept = read_secrets(file)
    return kept[f"{purpose}_secret"], Keys(kept[f"{purpose}_keys"], kept_in=file)


def _listed_keys(variable: str, text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    # what was found is not repeated: it may hold a secret
    for place, part in enumerate((part for part in text.split(",") if part.strip()), 1):
        key_id, _, secret = part.strip().partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in keys or len(secret.encode()) < _SHORTEST_SECRET:
            raise ConfigError(
                f"{variable}: the {place}. part cannot be used; wanted id:secret, the id once, of letters, "
                f"digits, - and _, the secret of {_SHORTEST_SECRET} bytes or more"
            )
        keys[key_id] = secret
    return keys


def read_secrets(file: Path) -> dict[str, Any]:
    """What ``<home>/secrets.json`` holds: shop_secret, session_secret ("" for none), shop_keys, session_keys.

    Raises ConfigError where the file cannot be read, or leaves a purpose without any key.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        kept = {f"{purpose}_secret": str(found.get(f"{purpose}_secret") or "") for purpose in PURPOSES}
        keys = {f"{purpose}_keys": _plain_keys(found.get(f"{purpose}_keys")) for purpose in PURPOSES}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise _damaged(file, type(error).__name__) from error
    if lacking := [p for p in PURPOSES if not kept[f"{p}_secret"] and not keys[f"{p}_keys"]]:
        raise _damaged(file, f"no key for {' and '.join(lacking)}")
    return {**kept, **keys}


def _plain_keys(found: Any) -> dict[str, str]:
    return {str(key_id): str(secret) for key_id, secret in dict(found or {}).items()}


def _action_secret(env: Mapping[str, str], session: tuple[str, Keys], *, home: Path) -> str:
    """As given; else made from the session's given secret, which both servers have; else the kept one."""
    given = env.get("KEFU_ACTION_SECRET", "")
    secret, keys = session
    if not given and keys.kept_in is None:
        source = secret or next(iter(keys.secrets.values()))
        return hmac.new(source.encode(), b"kefu actions", "sha256").hexdigest()
    return given or _kept_secret(home / "action-secret")


def _kept_secret(file: Path) -> str:
    """The secret that ``file`` holds, made at the first use; ConfigError where it cannot be."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            _place_once(file, secrets.token_hex(32))
        kept = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot use {file}: {error}; set KEFU_HOME to a folder that can be") from error
    if len(kept) < _SHORTEST_SECRET:
        raise ConfigError(f"{file} holds {len(kept)} characters, wanted {_SHORTEST_SECRET}; delete it")
    return kept


def _damaged(file: Path, found: str) -> ConfigError:
    return ConfigError(
        f"{file}: wanted shop_secret and session_secret, or shop_keys and session_keys, found something else "
        f"({found}); delete the file to have new ones made"
    )


def write_secrets(file: Path, kept: Mapping[str, Any]) -> None:
    """Put ``kept`` into the place of the file at once, for its owner alone to read; else ConfigError."""
    try:
        os.replace(_written(file, json.dumps(kept)), file)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error}; check whose folder it is") from error


def _written(file: Path, text: str) -> str:
    """A new file beside ``file`` with ``text`` in it; mkstemp gives it the mode 0600."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".secrets-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return name


def _place_once(file: Path, text: str) -> None:
    """Write the file whole and never over another's: server and action server may start at once."""
    name = _written(file, text)
    try:
        os.link(name, file)
    except FileExistsError:
        return  # the other process was first; its secrets count
    finally:
        os.unlink(name)


def _make_secrets(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = {f"{purpose}_secret": secrets.token_hex(32) for purpose in PURPOSES}
        _place_once(file, json.dumps(kept))
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error}; set KEFU_HOME to a folder that can be") from error


def usable_cores(env: Mapping[str, str] = os.environ) -> int:
    """The threads to compute on: what OMP_NUM_THREADS says, else the cores that this process may use.

    More threads than cores wait for each other, busily.
    """
    told = env.get("OMP_NUM_THREADS", "")
    if told.isdecimal() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
