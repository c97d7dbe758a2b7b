"""Tokens for English and Chinese in one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from kefu.components.options import defaults, fingerprint, typed
from kefu.language import text


@dataclass(frozen=True)
class TokenizerOptions:
    """Rasa's own keys of a tokenizer."""

    intent_tokenization_flag: bool = False
    intent_split_symbol: str = "_"
    token_pattern: None = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedTokenizer(Tokenizer):
    """jieba for Chinese, words and punctuation otherwise; offsets into what was typed.

    A token's text is folded (Simplified, half-width), so that every component behind this
    one reads Traditional characters as Simplified ones.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of TokenizerOptions and their values."""
        return defaults(TokenizerOptions)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MixedTokenizer:
        """A tokenizer for ``config``; unknown keys raise."""
        typed(TokenizerOptions, config, component="MixedTokenizer")
        return cls(config)

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["jieba", "opencc"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The source of the splitting rules."""
        return fingerprint(text)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute's text."""
        return [Token(piece.text, piece.start, piece.end) for piece in text.split(message.get(attribute))]
