"""`kefu keys`: a new key signs, the old one verifies until it is retired, a running server follows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kefu.cli import keys
from kefu.errors import ConfigError, TokenError
from kefu.settings import Settings
from kefu.shop.identity import customer_token, read_customer_token
from kefu.shop.keys import customer_keys, session_keys

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=timezone.utc)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    for name in ("KEFU_SHOP_SECRET", "KEFU_SHOP_KEYS", "KEFU_SESSION_SECRET", "KEFU_SESSION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def sign(settings: Settings) -> str:
    return customer_token("C1001", keys=customer_keys(settings), now=NOW, minutes=5)


def test_a_rotation_is_followed_by_who_runs_already(home: Path) -> None:
    running = Settings.load()
    single = sign(running)
    keys.rotate("shop")
    (first,) = running_ids(running)
    named = sign(running)
    keys.rotate("shop")
    assert running_ids(running)[1:] == [first]
    for token in (single, named, sign(running)):
        assert read_customer_token(token, keys=customer_keys(running), now=NOW) == "C1001"
    keys.retire("single", "shop")
    keys.retire(first, "shop")
    for token in (single, named):
        with pytest.raises(TokenError, match="no known key"):
            read_customer_token(token, keys=customer_keys(running), now=NOW)
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600


def running_ids(settings: Settings) -> list[str]:
    return list(customer_keys(settings).named)


def test_session_keys_rotate_by_themselves_and_codes_made_before_still_count(home: Path) -> None:
    settings = Settings.load()
    before, shop = session_keys(settings), customer_keys(settings)
    keys.rotate("session")
    after = session_keys(settings)
    assert after.signing() != before.signing() and customer_keys(settings) == shop
    assert set(before.code_keys()) < set(after.code_keys())
    assert after.code_keys()[0] not in before.code_keys()


def test_the_key_that_signs_and_one_that_is_not_there_cannot_be_retired(home: Path) -> None:
    with pytest.raises(ConfigError, match="rotate shop"):
        keys.retire("single", "shop")
    with pytest.raises(ConfigError, match="wanted one of single"):
        keys.retire("nonsense", "shop")
    with pytest.raises(ConfigError, match="shop, session"):
        keys.rotate("nonsense")


def test_keys_of_the_environment_are_changed_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_SHOP_KEYS", "a:" + "k" * 32)
    with pytest.raises(ConfigError, match="KEFU_SHOP_KEYS"):
        keys.rotate("shop")


def test_the_list_names_ids_and_no_secret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys.rotate("shop")
    capsys.readouterr()
    keys.show()
    shown = capsys.readouterr().out
    kept = json.loads((home / "secrets.json").read_text())
    (key_id,) = kept["shop_keys"]
    assert [line.split()[:3] for line in shown.splitlines()] == [
        ["shop", key_id, "signs"], ["shop", "single", "verifies"], ["session", "single", "signs"],
    ]  # fmt: skip
    secrets = [kept["shop_secret"], kept["session_secret"], *kept["shop_keys"].values()]
    assert not [secret for secret in secrets if secret in shown]


def test_rotations_at_once_lose_no_key(home: Path) -> None:
    Settings.load()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keys.rotate("shop"), range(8)))
    assert len(json.loads((home / "secrets.json").read_text())["shop_keys"]) == 8
