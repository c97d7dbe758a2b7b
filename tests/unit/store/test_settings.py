"""Settings come from the environment alone, typed, and errors name the variable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop.keys import customer_keys, session_keys


def test_without_any_variable_everything_has_a_value(tmp_path: Path) -> None:
    settings = Settings.load({}, root=tmp_path / "kefu")
    home = tmp_path / "kefu" / ".kefu"
    assert settings.home == home and settings.database_url == f"sqlite:///{home / 'kefu.db'}"
    assert (settings.host, settings.port, settings.action_port) == ("127.0.0.1", 5005, 5055)
    assert (settings.dev, settings.demo) == (False, True)
    assert settings.shell_customer == "C1001" and settings.code_tries == 5


def test_the_root_is_the_checkout(tmp_path: Path) -> None:
    root = Settings.load({"KEFU_HOME": str(tmp_path)}).root
    assert (root / "kefu" / "settings.py").is_file()


def test_secrets_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Settings.load(env), range(8)))
    assert len({(s.shop_secret, s.session_secret) for s in found}) == 1
    assert found[0].shop_secret != found[0].session_secret and len(found[0].shop_secret) == 64
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["action-secret", "secrets.json"]


def test_given_secrets_touch_no_file_and_stay_out_of_repr(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_SHOP_SECRET": "s3cr3t-a", "KEFU_SESSION_SECRET": "s3cr3t-b",
           "KEFU_DATABASE_URL": "postgresql://u:s3cr3t-c@h/d"}  # fmt: skip
    settings = Settings.load(env)
    assert (settings.shop_secret, settings.session_secret) == ("s3cr3t-a", "s3cr3t-b")
    assert list(tmp_path.iterdir()) == [] and "s3cr3t" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("KEFU_PORT", "tcp://10.0.0.1:80"), ("KEFU_PORT", "70000"), ("KEFU_DEV", "maybe"),
     ("KEFU_SESSION_HOURS", "0"), ("KEFU_CODE_MINUTES", "-1"), ("KEFU_ACTION_PORT", "٣")],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_variable(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Settings.load({"KEFU_HOME": str(tmp_path), name: value})


def test_a_misspelt_variable_is_refused_and_a_strange_one_is_not(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_VENV": "x", "KEFU_SERVICE_HOST": "10.0.0.1", "OTHER": "1"}
    Settings.load(env)
    with pytest.raises(ConfigError, match="did you mean KEFU_DATABASE_URL"):
        Settings.load({**env, "KEFU_DATABSE_URL": "x"})


def test_a_damaged_secrets_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    with pytest.raises(ConfigError, match="delete the file"):
        Settings.load({"KEFU_HOME": str(tmp_path)})


# --- keys by id

LONG, LONGER = "k" * 32, "k" * 40


def test_keys_by_id_come_from_the_environment_and_touch_no_file(tmp_path: Path) -> None:
    env = {
        "KEFU_HOME": str(tmp_path),
        "KEFU_SHOP_KEYS": f"b:{LONG}, a:{LONGER}",
        "KEFU_SESSION_KEYS": f"s:{LONG}",
    }
    settings = Settings.load(env)
    assert list(settings.shop_keys.secrets.items()) == [("b", LONG), ("a", LONGER)]
    assert settings.shop_keys.kept_in is None and settings.shop_secret == ""
    assert customer_keys(settings).signing() == ("b", LONG) and session_keys(settings).signing() == (
        "s",
        LONG,
    )
    assert list(tmp_path.iterdir()) == [] and "kkk" not in repr(settings)


def test_keys_and_the_single_secret_stand_beside_each_other(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_SHOP_KEYS": f"a:{LONG}", "KEFU_SHOP_SECRET": "single"}
    ring = customer_keys(Settings.load(env))
    assert ring.signing() == ("a", LONG)
    assert (ring.secret_of(None), ring.secret_of("a"), ring.secret_of("b")) == ("single", LONG, None)
    assert len(set(ring.code_keys())) == 2


@pytest.mark.parametrize("keys", [f":{LONG}", "a:short", f"a:{LONG},a:{LONGER}", f"a b:{LONG}", LONG, "a"])
def test_a_key_that_cannot_be_used_is_named_without_its_secret(tmp_path: Path, keys: str) -> None:
    with pytest.raises(ConfigError, match="KEFU_SHOP_KEYS") as caught:
        Settings.load({"KEFU_HOME": str(tmp_path), "KEFU_SHOP_KEYS": keys})
    assert LONG not in str(caught.value) and "short" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["[]", "7", "nonsense", '{"shop_secret": "x"}', '{"shop_keys": 7, "session_secret": "x"}']
)
def test_a_secrets_file_without_a_key_for_every_purpose_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(ConfigError, match="delete the file"):
        Settings.load({"KEFU_HOME": str(tmp_path)})


# --- mails


def test_mails_go_to_the_console_until_a_mail_server_is_named_whole(tmp_path: Path) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_MAIL": "smtp", "KEFU_SMTP_URL": "smtps://u:s3cr3t@mail.example"}
    assert Settings.load({"KEFU_HOME": str(tmp_path)}).mail == "console"
    with pytest.raises(ConfigError, match="KEFU_MAIL_FROM is not set"):
        Settings.load(env)
    assert "s3cr3t" not in repr(Settings.load({**env, "KEFU_MAIL_FROM": "shop@example.com"}))
    with pytest.raises(ConfigError, match="console, smtp"):
        Settings.load({"KEFU_HOME": str(tmp_path), "KEFU_MAIL": "pigeon"})
