"""Settings come from the environment alone, typed, and errors name the variable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kefu.errors import ConfigError
from kefu.settings import Settings


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
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


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
