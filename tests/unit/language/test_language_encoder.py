"""The encoder on a tiny BERT that the test makes: vectors, offsets, caching, errors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from kefu.errors import ModelError
from kefu.language.encoder import Encoder
from kefu.language.export import META_NAME, encoder_digest, export_encoder, place_atomically
from kefu.language.text import split
from kefu.language.weights import find_weights
from tests.support.tiny_bert import save_tiny_bert

TEXTS = ["where is my order", "我的订单到哪了", "", "👍", "x " * 300]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def exported(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_encoder(str(tiny), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def encoder(exported: Path) -> Encoder:
    return Encoder.open(exported)


def test_a_row_for_every_piece_and_one_vector_for_the_text(encoder: Encoder) -> None:
    encoded = encoder.encode(TEXTS, [split(text) for text in TEXTS])
    assert [e.tokens.shape for e in encoded] == [(len(split(t)), encoder.width) for t in TEXTS]
    assert [float(np.linalg.norm(e.sentence)) for e in encoded] == pytest.approx([1.0] * len(TEXTS), abs=1e-4)


def test_order_is_kept_whatever_the_lengths(encoder: Encoder) -> None:
    together = encoder.sentences(TEXTS)
    alone = np.concatenate([encoder.sentences([text]) for text in TEXTS])
    # int8 scales its activations over a whole batch, so single and batched differ a little
    assert (together * alone).sum(axis=1) == pytest.approx([1.0] * len(TEXTS), abs=0.05)
    assert encoder.sentences([]).shape == (0, encoder.width)


def test_traditional_and_simplified_are_encoded_alike(encoder: Encoder) -> None:
    one, other = encoder.sentences(["我的訂單"])[0], encoder.sentences(["我的订单"])[0]
    assert np.array_equal(one, other)


def test_the_encoder_needs_no_file_once_open(exported: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(exported, tmp_path / "copy")
    encoder = Encoder.open(copy)
    for file in copy.iterdir():
        file.unlink()
    assert encoder.sentences(["still there"]).shape == (1, encoder.width)


def test_an_export_is_made_once(tiny: Path, exported: Path) -> None:
    before = (exported / META_NAME).stat().st_mtime_ns
    assert export_encoder(str(tiny), cache=exported.parent) == exported
    assert (exported / META_NAME).stat().st_mtime_ns == before
    meta = json.loads((exported / META_NAME).read_text(encoding="utf-8"))
    assert meta["digest"] == exported.name == encoder_digest(str(tiny))


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(new: Path) -> None:
        (new / "half").write_text("x")
        raise ModelError("no")

    with pytest.raises(ModelError):
        place_atomically(tmp_path / "cache" / "one", fail)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks encoder\.json, encoder\.onnx, tokenizer\.json"):
        Encoder.open(tmp_path)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks config\.json, tokenizer\.json, model\.safetensors"):
        find_weights(str(tmp_path))


def test_a_hub_name_that_cannot_be_reached_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(ModelError, match=r"'someone/bert'.*model: packaged"):
        find_weights("someone/bert")


def test_the_packaged_weights_are_the_published_ones() -> None:
    assert find_weights("packaged").folder.joinpath("model.safetensors").is_file()


def test_altered_packaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from kefu.language import weights

    monkeypatch.setattr(weights, "sha256", lambda path: "0" * 64)
    weights._packaged.cache_clear()
    with pytest.raises(ModelError, match="has SHA-256 0000"):
        find_weights("packaged")
    weights._packaged.cache_clear()
