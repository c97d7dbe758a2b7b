"""The pages of docs/ say what stands: the settings are those of the code, links lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from kefu.settings import Settings
from tests.support.project import ROOT, modules

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
WANTED = {"architecture.md", "decisions.md", "settings.md", "operations.md", "evaluation.md"}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
# What is written as code and has a slash or an ending is a path of the project.
PATH = re.compile(
    r"`((?:actions|data|deploy|docs|kefu|scripts|tests)/[\w./-]+|[\w-]+\.(?:yml|toml|lock|in))`"
)


def test_the_pages_are_there() -> None:
    assert {path.name for path in (ROOT / "docs").glob("*.md")} >= WANTED


def test_the_settings_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/settings_page.py", "--check"], cwd=ROOT, capture_output=True
    )
    assert done.returncode == 0, done.stdout.decode()


def test_every_setting_is_read_by_something() -> None:
    code = [m for m in modules("kefu", "actions", "benchmarks") if m.name != "kefu.settings"]
    read = {node.attr for m in code for node in ast.walk(m.tree) if isinstance(node, ast.Attribute)}
    assert sorted(setting.name for setting in fields(Settings) if setting.name not in read) == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        str(module.path)
        for module in modules("kefu", "actions")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("os.getenv", "os.environ.get", "environ.get")
        or isinstance(node, ast.Subscript)
        and ast.unparse(node.value) in ("os.environ", "environ")
    ]
    assert readers == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [target for target in LINK.findall(text) if not target.startswith(("http:", "https:"))]
    lost = [target for target in links if not (page.parent / target).exists()]
    lost += [path for path in PATH.findall(text) if not (ROOT / path).exists() and "*" not in path]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_tells_to_type_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make (?:-s )?([a-z-]+)", text)) <= targets
    from kefu.cli.app import app

    commands = {
        command.name or str(getattr(command.callback, "__name__", "")) for command in app.registered_commands
    }
    groups = {str(group.name) for group in app.registered_groups}
    assert set(re.findall(r"`kefu ([a-z]+)", text)) <= commands | groups
