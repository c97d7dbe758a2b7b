"""Trained models: which archive belongs to the configuration as it stands, and training where none does."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kefu.cli import console
from kefu.cli.children import child_environment, rasa_command
from kefu.errors import ModelError

# What a model is made from. `domain` is there for the day when domain.yml becomes a folder.
SOURCES = (
    "config.yml",
    "domain.yml",
    "domain",
    "data/nlu",
    "data/rules",
    "data/stories",
    "kefu/components",
    "kefu/language",
)


def configuration_digest(root: Path) -> str:
    """The digest (16 hex digits) of all that training reads: names and contents, not dates."""
    digest = hashlib.sha256()
    for path in _source_files(root):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def model_of_configuration(root: Path) -> Path:
    """Where the model of the configuration as it stands is, or will be."""
    return root / "models" / f"{configuration_digest(root)}.tar.gz"


def newest_model(root: Path) -> Path:
    """The archive that plain ``rasa run`` would take; raises ModelError where there is none."""
    archives = sorted((root / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not archives:
        raise ModelError(f"found no model in {root / 'models'}; train one with `kefu train`")
    return archives[-1]


def chosen_model(root: Path, model: Path | None) -> Path:
    """``model`` where one was named and exists, else the newest."""
    if model is None:
        return newest_model(root)
    if not model.is_file():
        raise ModelError(f"found no model archive at {model}; name a .tar.gz, or leave --model out")
    return model


def ensure_model(root: Path, *, force: bool = False) -> Path:
    """Return the model of this configuration, trained now if need be, and make it the newest."""
    model = model_of_configuration(root)
    if force or not model.is_file():
        _train(root, model)
    model.touch()
    return model


def _train(root: Path, model: Path) -> None:
    if not (root / "config.yml").is_file():
        raise ModelError(f"found no config.yml in {root}; run kefu from the project's folder")
    console.say(f"training {model.name}: this takes some minutes, Rasa shows how far it is")
    name = model.name.removesuffix(".tar.gz")
    done = subprocess.run(
        rasa_command("train", "--fixed-model-name", name), cwd=root, env=child_environment()
    )
    if done.returncode != 0 or not model.is_file():
        raise ModelError(f"training failed (status {done.returncode}); Rasa's reason stands above")


def _source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        path = root / source
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
