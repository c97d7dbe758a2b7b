"""Collects what the assistant says in one turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.channels.channel import OutputChannel

from kefu.channels.records import Message

PRIVATE = ("offer", "confirmation", "asked")


class ChatOutput(OutputChannel):
    """Rasa's answers as the messages of shared/chat_api.md, in order, paragraphs kept together."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @classmethod
    def name(cls) -> str:
        """The name by which responses could choose this channel."""
        return "chat"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Collect one utterance as one message; Rasa would send its card as a second one.

        What the assistant notes for itself (PRIVATE) stays in the conversation's events.
        """
        card = {key: part for key, part in (message.get("custom") or {}).items() if key not in PRIVATE}
        before = len(self.messages)
        await super().send_response(recipient_id, {**message, "custom": None})
        if card and len(self.messages) > before:
            self.messages[-1]["custom"] = card
        elif card:
            self._add(recipient_id, custom=card)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Collect a text."""
        self._add(recipient_id, text=text)

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Collect a text with its buttons."""
        self._add(recipient_id, text=text, buttons=buttons)

    async def send_image_url(self, recipient_id: str, image: str, **kwargs: Any) -> None:
        """Collect an image's address."""
        self._add(recipient_id, image=image)

    async def send_attachment(self, recipient_id: str, attachment: str, **kwargs: Any) -> None:
        """Collect an attachment as a card."""
        self._add(recipient_id, custom={"attachment": attachment})

    async def send_elements(
        self, recipient_id: str, elements: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Collect a list of elements as a card."""
        self._add(recipient_id, custom={"elements": list(elements)})

    async def send_custom_json(self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any) -> None:
        """Collect a card."""
        self._add(recipient_id, custom=json_message)

    def _add(self, recipient_id: str, **parts: Any) -> None:
        text = parts.get("text")
        if isinstance(text, str):
            parts["text"] = text.strip()
        said = {name: part for name, part in parts.items() if part}
        if said:
            self.messages.append({"recipient_id": recipient_id, **said})
