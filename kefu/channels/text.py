"""What a customer's text may be, before anything reads it."""

from __future__ import annotations

import unicodedata

from kefu.channels.refusals import Refusal

LONGEST_MESSAGE = 2000
LONGEST_MESSAGE_ID = 100
# Zero width space: str.strip() keeps it, so Rasa's handler of "/intent" messages never sees a slash in front.
GUARD = "\u200b"
_KEPT_CONTROLS = {"\n", "\t"}


def normalise(text: str) -> str:
    """NFC, without control, surrogate and NUL characters (line ends and tabs stay), trimmed."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (character for character in unified if _is_kept(character))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _is_kept(character: str) -> bool:
    return character in _KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cs"}


def _is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) != "Cf"


def accept_message(text: object) -> str:
    """The normalised message; raises Refusal 400 where it is no text, 422 where empty or too long."""
    if not isinstance(text, str):
        raise Refusal(400, "malformed", 'The body needs a "message" that is a text.')
    clean = normalise(text)
    if not any(_is_visible(character) for character in clean):
        raise Refusal(422, "empty", "The message is empty. Write something.")
    if len(clean) > LONGEST_MESSAGE:
        raise Refusal(
            422, "too_long", f"The message has {len(clean)} characters; at most {LONGEST_MESSAGE} are read."
        )
    return clean


def accept_message_id(message_id: object) -> str | None:
    """The client's own id of a message, or None where it gave none; raises Refusal 400."""
    if message_id is None:
        return None
    if not isinstance(message_id, str) or not 1 <= len(message_id) <= LONGEST_MESSAGE_ID:
        raise Refusal(
            400, "malformed", f'"message_id" must be a text of 1 to {LONGEST_MESSAGE_ID} characters.'
        )
    if normalise(message_id) != message_id:
        raise Refusal(400, "malformed", '"message_id" must be plain text without control characters.')
    return message_id


def guarded(text: str) -> str:
    """``text`` such that Rasa takes it as words, never as a command.

    >>> guarded("hello"), guarded("/restart") == GUARD + "/restart"
    ('hello', True)
    """
    return GUARD + text if text.lstrip().startswith("/") else text
