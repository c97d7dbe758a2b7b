"""The project as files: what the tests of tests/project read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
# Folders that tools fill; none of them is the project.
FOREIGN = frozenset({
    ".git", ".kefu", ".rasa", ".gl", ".whl", "models", "results", "__pycache__", ".pytest_cache",
    ".mypy_cache", ".ruff_cache", ".hypothesis", "kefu.egg-info", "node_modules",
})  # fmt: skip
# Intents that inform the running form; every other one interrupts it.
INFORMING = frozenset({"inform", "correct", "affirm", "deny", "nlu_fallback"})
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Module:
    """A Python file of the project: its path below the root, its dotted name and its syntax tree."""

    path: Path
    name: str
    tree: ast.Module
    lines: int


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project, below ``folder``."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.name not in FOREIGN:
            yield from files(entry)
        elif entry.is_file():
            yield entry


def modules(*packages: str) -> Sequence[Module]:
    """The Python files of the top-level folders (or files) ``packages``, in the order of their paths."""
    paths = [path for package in packages for path in _below(ROOT / package) if path.suffix == ".py"]
    return [_module(path) for path in paths]


def _below(path: Path) -> Iterator[Path]:
    return iter([path]) if path.is_file() else files(path)


@cache
def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    below = path.relative_to(ROOT)
    parts = below.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(below, name, ast.parse(text, filename=str(below)), len(text.splitlines()))


@cache
def read_yaml(path: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def domain() -> Mapping[str, Any]:
    """domain.yml."""
    return read_yaml("domain.yml")


def intents() -> frozenset[str]:
    """The names of the domain's intents."""
    return frozenset(name for entry in domain()["intents"] for name in _names(entry))


def _names(entry: str | Mapping[str, Any]) -> Sequence[str]:
    return [entry] if isinstance(entry, str) else list(entry)


def rules() -> Sequence[Mapping[str, Any]]:
    """Every rule of data/rules."""
    paths = sorted((ROOT / "data" / "rules").glob("*.yml"))
    return [rule for path in paths for rule in read_yaml(str(path.relative_to(ROOT)))["rules"]]


def steps(kind: str) -> Sequence[Mapping[str, Any]]:
    """The steps of every rule (``rules``) or story (``stories``)."""
    paths = sorted((ROOT / "data" / kind).glob("*.yml"))
    told = [told for path in paths for told in read_yaml(str(path.relative_to(ROOT)))[kind]]
    return [step for one in told for step in one["steps"]]


def examples(language: str) -> Mapping[str, Sequence[str]]:
    """The training examples of each intent in ``language``, as written."""
    found: dict[str, list[str]] = {}
    for topic in topics(language).values():
        for intent, texts in topic.items():
            found.setdefault(intent, []).extend(texts)
    return found


def topics(language: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """File name without suffix to the examples of each of its intents."""
    found = {}
    for path in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
        rows = read_yaml(str(path.relative_to(ROOT)))["nlu"]
        found[path.stem] = {row["intent"]: _listed(row["examples"]) for row in rows if "intent" in row}
    return found


def _listed(text: str) -> Sequence[str]:
    return [line.strip()[2:].strip() for line in text.splitlines() if line.strip().startswith("- ")]
