"""The network that is trained: an encoder with a cosine head of intents, a tag head and further heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kefu.errors import ModelError
from kefu.language.export import load_plain
from kefu.language.recipe import Recipe


@dataclass(frozen=True)
class Outputs:
    """``sentence`` (batch, width) of length 1; logits of intents (batch, intents), of tags
    (batch, length, tags) and of every further head."""

    sentence: Tensor
    intents: Tensor
    tags: Tensor
    further: Mapping[str, Tensor]


class Network(nn.Module):
    """An encoder with its heads. Sentence vectors are means over all sub-tokens, as the packaged
    weights were trained (Reimers and Gurevych 2019, arXiv:1908.10084)."""

    def __init__(
        self, encoder: nn.Module, *, intents: int, tags: int, further: Mapping[str, int], scale: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        width = int(encoder.config.hidden_size)
        self.scale = scale
        self.intents = nn.Parameter(F.normalize(torch.randn(max(intents, 1), width), dim=-1))
        self.tags = nn.Linear(width, tags)
        self.further = nn.ModuleDict({name: nn.Linear(width, size) for name, size in further.items()})

    def forward(self, ids: Tensor, mask: Tensor) -> Outputs:
        """``ids`` and ``mask`` are (batch, length)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        sentence = self.sentence(hidden, mask)
        return Outputs(
            sentence=sentence,
            intents=self.scale * sentence @ F.normalize(self.intents, dim=-1).t(),
            tags=self.tags(hidden),
            further={name: head(sentence * self.scale) for name, head in self.further.items()},
        )

    @staticmethod
    def sentence(hidden: Tensor, mask: Tensor) -> Tensor:
        """The mean over the unmasked positions of ``hidden`` (batch, length, width), scaled to length 1."""
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return F.normalize((hidden * weights).sum(dim=1) / weights.sum(dim=1), dim=-1)

    def start_from(self, means: np.ndarray, heads: Mapping[str, np.ndarray]) -> None:
        """Start from class ``means`` (intents, width) and from linear ``heads`` on the same vectors."""
        with torch.no_grad():
            if means.any():
                self.intents.copy_(torch.from_numpy(means))
            self.tags.weight.copy_(torch.from_numpy(heads["tags.weights"]))
            self.tags.bias.copy_(torch.from_numpy(heads["tags.bias"]))
            for name, head in self.further.items():
                head.weight.copy_(torch.from_numpy(heads[f"{name}.weights"]) / self.scale)
                head.bias.copy_(torch.from_numpy(heads[f"{name}.bias"]))


def load_encoder(folder: Path, *, dropout: float = 0.0, layers: int = 0) -> nn.Module:
    """The encoder saved in ``folder``; ModelError where transformers cannot load it.

    ``layers`` keeps the first so many of its layers, 0 all of them.
    """
    encoder: nn.Module = load_plain(folder)
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = dropout
    if layers:
        _keep_layers(encoder, layers)
    return encoder


def _keep_layers(encoder: nn.Module, layers: int) -> None:
    stack = getattr(getattr(encoder, "encoder", None), "layer", None)
    if not isinstance(stack, nn.ModuleList) or layers > len(stack):
        have = len(stack) if isinstance(stack, nn.ModuleList) else 0
        raise ModelError(f"layers: {layers} wanted of an encoder that has {have} BERT layers.")
    encoder.encoder.layer = stack[:layers]
    encoder.config.num_hidden_layers = layers


def device() -> str:
    """Where training runs: the GPU where torch finds one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


class GrownEmbedding(nn.Module):
    """An embedding table that stays as it is, with new rows behind it that learn."""

    def __init__(self, table: nn.Embedding, rows: Tensor) -> None:
        super().__init__()
        self.register_buffer("old", table.weight.detach())
        self.new = nn.Parameter(rows.clone())

    def forward(self, ids: Tensor) -> Tensor:
        """``ids`` (batch, length) to vectors (batch, length, width)."""
        known = ids.clamp(max=len(self.old) - 1)
        fresh = (ids - len(self.old)).clamp(min=0)
        is_new = (ids >= len(self.old)).unsqueeze(-1)
        return torch.where(is_new, F.embedding(fresh, self.new), F.embedding(known, self.old))

    def whole(self) -> nn.Embedding:
        """One plain table."""
        return nn.Embedding.from_pretrained(torch.cat([self.old, self.new.detach()]))


def grow(encoder: nn.Module, rows: Tensor) -> None:
    """Put ``rows`` (new, width) behind the encoder's table of sub-tokens."""
    if len(rows):
        encoder.set_input_embeddings(GrownEmbedding(encoder.get_input_embeddings(), rows))
        encoder.config.vocab_size += len(rows)


def prepare_for(tuning: str, encoder: nn.Module, *, recipe: Recipe) -> nn.Module:
    """``encoder`` with the parameters trainable that ``tuning`` names.

    The old embedding table never learns: a few examples would move the words that they hold away
    from those that they do not.
    """
    if tuning == "lora":
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(r=recipe.lora_rank, lora_alpha=2 * recipe.lora_rank, lora_dropout=recipe.dropout,
                            target_modules=["query", "key", "value", "dense"])  # fmt: skip
        encoder = get_peft_model(encoder, config)
    for name, parameter in encoder.named_parameters():
        if "embeddings" in name or tuning == "frozen":
            parameter.requires_grad = name.endswith("word_embeddings.new")
    return encoder


def merged(encoder: nn.Module) -> nn.Module:
    """A plain encoder: LoRA's adapters folded into its weights, new rows in its table."""
    if hasattr(encoder, "merge_and_unload"):
        encoder = encoder.merge_and_unload()
    table = encoder.get_input_embeddings()
    if isinstance(table, GrownEmbedding):
        encoder.set_input_embeddings(table.whole())
    return encoder
