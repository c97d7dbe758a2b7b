"""The rooms of the house: what stands where, and nothing that Rasa would read by mistake."""

from __future__ import annotations

import re

import yaml

from tests.support.project import ROOT, files, topics

ROOT_FILES = {
    "config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "Makefile", "pyproject.toml", "README.md",
    "CHANGELOG.md", "requirements.in", "requirements-dev.in", "requirements.lock", ".gitignore",
    "rasa_sdk_plugins.py",  # rasa-sdk finds its hook by this name, at the root
}  # fmt: skip
FOLDERS = {
    "actions", "benchmarks", "data", "deploy", "docs", "kefu", "scripts", "shared", "tests", "web", ".ci",
}  # fmt: skip
ROOMS = {
    "language", "knowledge", "store", "shop", "dialogue", "components", "channels", "desk", "learning",
    "evaluation", "cli",
}  # fmt: skip
BUILT = ROOMS - {"dialogue", "desk", "learning"}
# Top-level keys by which Rasa takes a YAML file for training data or test stories.
READ_BY_RASA = {"nlu", "rules", "stories"}


def test_the_root_holds_what_rasa_reads_and_little_else() -> None:
    there = {path.name for path in ROOT.iterdir() if path.is_file()}
    assert there >= ROOT_FILES
    suffixes = (".py", ".yml", ".yaml", ".json", ".md")
    assert {name for name in there - ROOT_FILES if name.endswith(suffixes)} == set()


def test_the_folders_are_those_of_the_plan() -> None:
    there = {path.relative_to(ROOT).parts[0] for path in files() if path.parent != ROOT}
    assert there <= FOLDERS


def test_the_rooms_are_those_of_the_plan() -> None:
    kefu = ROOT / "kefu"
    packages = {path.name for path in kefu.iterdir() if (path / "__init__.py").is_file()}
    assert packages >= BUILT
    assert packages <= ROOMS
    free = {"__init__.py", "errors.py", "settings.py", "tfidf.py"}
    assert {path.name for path in kefu.glob("*.py")} == free


def test_actions_are_flat() -> None:
    assert {path.parent for path in files(ROOT / "actions")} == {ROOT / "actions"}


def test_data_holds_what_training_reads_in_its_place() -> None:
    allowed = re.compile(
        r"(nlu/(en|zh)|rules|stories)/[a-z_]+\.yml|shop/[a-z_]+\.csv|knowledge/[a-z_]+\.md"
        r"|sentiment/(en|zh)\.csv"
    )
    below = [path.relative_to(ROOT / "data").as_posix() for path in files(ROOT / "data")]
    assert [name for name in below if not allowed.fullmatch(name)] == []


def test_no_stray_file_that_rasa_would_take_for_training_data() -> None:
    homes = (ROOT / "data", ROOT / "tests" / "conversations")
    stray = [
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path.suffix in (".yml", ".yaml") and not any(home in path.parents for home in homes)
        if READ_BY_RASA & set(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    ]
    assert stray == []


def test_no_json_beside_the_code() -> None:
    # Rasa reads JSON as its old training format wherever it looks for training data.
    found = [path.relative_to(ROOT).as_posix() for path in files() if path.suffix == ".json"]
    read = ("data/", "tests/conversations/")
    assert [name for name in found if name.startswith(read) or "/" not in name] == []


def test_conversations_are_named_as_rasa_wants_them() -> None:
    folder = ROOT / "tests" / "conversations"
    if folder.is_dir():
        assert [path.name for path in folder.iterdir() if not re.fullmatch(r"test_\w+\.yml", path.name)] == []


def test_topics_are_mirrored() -> None:
    english, chinese = topics("en"), topics("zh")
    assert {name: set(found) for name, found in english.items()} == {
        name: set(found) for name, found in chinese.items()
    }
    rules = {path.stem for path in (ROOT / "data" / "rules").glob("*.yml")}
    assert rules - {"confirmation", "fallback"} <= set(english)
    stories = {path.stem for path in (ROOT / "data" / "stories").glob("*.yml")}
    assert stories <= rules
