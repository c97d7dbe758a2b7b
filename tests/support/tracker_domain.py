"""The domain of conversations that tracker stores are tried with."""

from __future__ import annotations

from rasa.shared.core.domain import Domain

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
slots:
  order: {type: text, mappings: [{type: custom}]}
actions: [action_x]
"""
)
