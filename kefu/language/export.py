"""From weights to what serves: an ONNX file, int8 per channel. The only user of torch here."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kefu.errors import ModelError
from kefu.language.weights import Weights, find_weights

logger = logging.getLogger(__name__)

ONNX_NAME, TOKENIZER_NAME, META_NAME = "encoder.onnx", "tokenizer.json", "encoder.json"
_FORMAT = 1  # raise it when the exported file changes for the same weights
_OPSET = 17


def encoder_digest(model: str) -> str:
    """The digest of the encoder that ``model`` exports to; hashes files, runs no torch."""
    return f"{find_weights(model).digest[:32]}-{_FORMAT}"


def export_encoder(model: str, *, cache: Path) -> Path:
    """The exported encoder's folder under ``cache``, made on first use.

    It holds encoder.onnx, tokenizer.json and encoder.json, and appears whole or not at all.

    Raises:
        ModelError: weights that cannot be found, or that torch cannot turn into an encoder.
    """
    weights = find_weights(model)
    folder = cache / encoder_digest(model)
    if not (folder / META_NAME).is_file():
        logger.info("Exporting the encoder %s to %s (once).", model, folder)
        place_atomically(folder, lambda new: _export(weights, model, new))
    return folder


def place_atomically(folder: Path, fill: Callable[[Path], None], *, holding: str = META_NAME) -> None:
    """Let ``fill`` write into a fresh folder, then rename it to ``folder``.

    Another's, which has the file ``holding``, is kept.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        fill(new)
        os.replace(new, folder)
    except OSError:
        if not (folder / holding).is_file():
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_encoder(
    encoder: Any, *, tokenizer_json: str, folder: Path, digest: str, model: str, longest: int | None = None
) -> None:
    """Write a loaded transformers ``encoder`` as what ``Encoder.open`` reads: int8 per channel.

    ``longest`` is its longest input in sub-tokens, by default as its configuration says. Per tensor would
    lose 0.6 points of BANKING77, per channel none.
    """
    plain = folder / "plain.onnx"
    _to_onnx(encoder, plain)
    _quantise(plain, folder / ONNX_NAME)
    plain.unlink()
    (folder / TOKENIZER_NAME).write_text(tokenizer_json, encoding="utf-8")
    config = encoder.config
    length = longest or int(config.max_position_embeddings)
    meta = {"digest": digest, "model": model, "width": int(config.hidden_size), "max_length": length}
    (folder / META_NAME).write_text(json.dumps(meta), encoding="utf-8")


def load_plain(folder: Path) -> Any:
    """The transformers model saved in ``folder``; ModelError where it cannot be loaded."""
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no model that transformers can load: {error}") from error


def _export(weights: Weights, model: str, folder: Path) -> None:
    tokenizer_json = (weights.folder / "tokenizer.json").read_text(encoding="utf-8")
    write_encoder(load_plain(weights.folder), tokenizer_json=tokenizer_json, folder=folder,
                  digest=encoder_digest(model), model=model)  # fmt: skip


def _to_onnx(encoder: Any, target: Path) -> None:
    """Write the model as float ONNX: token vectors only, one output."""
    import torch

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = torch.tensor([[1, 2, 3, 0], [1, 2, 0, 0]])
    axes = {0: "batch", 1: "length"}
    with torch.no_grad():
        torch.onnx.export(
            Tokens().eval(),
            (example, (example != 0).long()),
            str(target),
            opset_version=_OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["tokens"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "tokens": axes},
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
