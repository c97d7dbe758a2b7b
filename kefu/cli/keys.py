"""`kefu keys`: the keys that tokens are signed with, in <home>/secrets.json."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from kefu.cli import console
from kefu.errors import ConfigError
from kefu.settings import PURPOSES, Keys, Settings, read_secrets, write_secrets

SINGLE = "single"  # how the secret of tokens without a key id is named here


def show() -> None:
    """Print the ids of all keys, the signing ones first, and where they stand; never a secret."""
    settings = Settings.load()
    for purpose in PURPOSES:
        keys, single = _of(settings, purpose)
        ids = [*keys.secrets, *([SINGLE] if single else [])]
        where = str(keys.kept_in) if keys.kept_in else "the environment"
        for place, key_id in enumerate(ids):
            console.say(f"{purpose:8} {key_id:24} {'signs' if place == 0 else 'verifies':9} {where}")


def rotate(purpose: str) -> None:
    """Make a key that signs from now on; what the old ones signed stays good until they are retired."""
    file = _file(purpose)
    with _held(file) as kept:
        before = kept[f"{purpose}_keys"]
        key_id = _new_id(before)
        write_secrets(file, {**kept, f"{purpose}_keys": {key_id: secrets.token_hex(32), **before}})
    console.say(f"{key_id} signs {purpose} tokens from now on; the earlier keys still verify")
    if purpose == "shop":
        console.say(
            f"the shop's page signs with it too: id and secret stand in {file} (shop_keys, the first)"
        )


def retire(key_id: str, purpose: str) -> None:
    """Forget a key: what it signed is refused from now on. The key that signs cannot be retired."""
    file = _file(purpose)
    with _held(file) as kept:
        keys = dict(kept[f"{purpose}_keys"])
        known = [*keys, *([SINGLE] if kept[f"{purpose}_secret"] else [])]
        if key_id not in known:
            raise ConfigError(f"found no {purpose} key {key_id!r}; wanted one of {', '.join(known)}")
        if key_id == known[0]:
            raise ConfigError(
                f"{key_id} is the key that signs {purpose} tokens; `kefu keys rotate {purpose}` first"
            )
        keys.pop(key_id, None)
        single = "" if key_id == SINGLE else kept[f"{purpose}_secret"]
        write_secrets(file, {**kept, f"{purpose}_keys": keys, f"{purpose}_secret": single})
    console.say(f"{key_id} is gone: {purpose} tokens that it signed are refused from now on")


def _of(settings: Settings, purpose: str) -> tuple[Keys, str]:
    if purpose == "shop":
        return settings.shop_keys, settings.shop_secret
    return settings.session_keys, settings.session_secret


def _file(purpose: str) -> Path:
    """The file that the keys of ``purpose`` are kept in; ConfigError where the environment gives them."""
    if purpose not in PURPOSES:
        raise ConfigError(f"found {purpose!r}; wanted one of {', '.join(PURPOSES)}")
    keys, _ = _of(Settings.load(), purpose)
    if keys.kept_in is None:
        upper = purpose.upper()
        raise ConfigError(
            f"the {purpose} keys come from KEFU_{upper}_KEYS or KEFU_{upper}_SECRET; change them there "
            "(KEFU_…_KEYS=new:secret,old:secret: the first signs)"
        )
    return keys.kept_in


@contextmanager
def _held(file: Path) -> Iterator[dict[str, Any]]:
    """What the file holds, while no other `kefu keys` changes it."""
    lock = file.with_suffix(".lock")
    try:
        stream = lock.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {lock}: {error}; check whose folder it is") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield read_secrets(file)


def _new_id(taken: dict[str, str]) -> str:
    """The day and four random characters, so that keys sort by age and no id comes twice."""
    while True:
        key_id = f"{datetime.now(timezone.utc):%Y%m%d}-{secrets.token_hex(2)}"
        if key_id not in taken:
            return key_id
