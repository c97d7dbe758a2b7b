"""Trained models: which archive belongs to the configuration as it stands, and training where none does."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import yaml

from kefu.cli import console
from kefu.cli.children import child_environment
from kefu.errors import ModelError
from kefu.settings import Settings

if TYPE_CHECKING:
    from kefu.language.understanding import Understanding

# What a model is made from. `domain` is there for the day when domain.yml becomes a folder.
SOURCES = (
    "config.yml",
    "domain.yml",
    "domain",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/sentiment",
    "kefu/components",
    "kefu/dialogue",
    "kefu/language",
)
# Policies that leave out the conversations which Rasa glues together of stories.
PLAIN_POLICIES = (
    "RulePolicy",
    "MemoizationPolicy",
    "AugmentedMemoizationPolicy",
    "kefu.components.rules.IndexedRulePolicy",
    "kefu.components.recall.StoryPolicy",
    "kefu.components.policy.LanguagePolicy",
    "kefu.components.dialogue_policy.DialoguePolicy",
)
# The component in whose folder of an archive the trained understanding lies.
_CLASSIFIER = "BertIntentEntityClassifier"


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


def ensure_model(root: Path, *, force: bool = False, validated: bool = False) -> Path:
    """Return the model of this configuration, trained now if need be, and make it the newest.

    ``validated``: domain and data were looked at by `rasa data validate` already.
    """
    model = model_of_configuration(root)
    if force or not model.is_file():
        _train(root, model, validated=validated)
    model.touch()
    return model


def understanding_of(model: Path | None) -> Understanding:
    """The understanding in the archive ``model``, else in the newest; a folder is opened as it is.

    Raises ModelError where there is no model, or no understanding in it.
    """
    from kefu.language.understanding import Understanding

    if model is not None and model.is_dir():
        return Understanding.open(model)
    archive = chosen_model(Settings.load().root, model)
    with tempfile.TemporaryDirectory(prefix="kefu-understanding-") as scratch:
        # nothing is read from the folder once it is open
        return Understanding.open(_unpacked(archive, Path(scratch)))


def _unpacked(archive: Path, folder: Path) -> Path:
    """Copy the classifier's files out of ``archive`` into ``folder``; returns ``folder``."""
    found = False
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                below = _below_classifier(PurePosixPath(member.name))
                data = tar.extractfile(member) if below and member.isfile() else None
                if below and data:
                    found = True
                    target = folder / below
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelError(f"cannot read {archive} ({error}); train again with `kefu train --force`") from error
    if not found:
        raise ModelError(f"{archive} holds no {_CLASSIFIER}; train a model of this version with `kefu train`")
    return folder


def _below_classifier(name: PurePosixPath) -> PurePosixPath | None:
    """A member's path below the classifier's folder; None for other members and for tricks."""
    place = next((i for i, part in enumerate(name.parts[:-1]) if _CLASSIFIER in part), None)
    if place is None or ".." in name.parts:
        return None
    return PurePosixPath(*name.parts[place + 1 :])


def train_command(root: Path, name: str, *, validated: bool = False) -> list[str]:
    """The command line that trains the model ``name`` in ``root``; Rasa validates unless it is ``validated``.

    Stories are not glued together where no policy of config.yml learns from that: seconds for each training.
    """
    config = yaml.safe_load((root / "config.yml").read_text(encoding="utf-8")) or {}
    policies = [policy.get("name") for policy in config.get("policies") or ()]
    plain = bool(policies) and set(policies) <= set(PLAIN_POLICIES)
    glued = ("--augmentation", 0) if plain else ()
    looked_at = ("--skip-validation",) if validated else ()
    words = ("train", "--fixed-model-name", name, *glued, *looked_at)
    return [sys.executable, "-m", "kefu.cli.training_3_6_21", *map(str, words)]


def _train(root: Path, model: Path, *, validated: bool) -> None:
    if not (root / "config.yml").is_file():
        raise ModelError(f"found no config.yml in {root}; run kefu from the project's folder")
    console.say(f"training {model.name}: this takes some minutes, Rasa shows how far it is")
    name = model.name.removesuffix(".tar.gz")
    done = subprocess.run(
        train_command(root, name, validated=validated),
        cwd=root,
        env=child_environment({"KEFU_SERVE": "0"}),
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
