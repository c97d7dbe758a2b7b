"""What shared/chat_api.md promises for each speaker and each way in; nothing here knows how it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Who speaks. Alice owns the order that is asked for; everybody speaks in a conversation of their own.
SPEAKERS: Mapping[str, str] = MappingProxyType({
    "guest": "a session without a sign-in",
    "guest with code": "a guest who gave the order's one-time code",
    "signed in": "Alice herself, in another conversation",
    "other customer": "Bob",
    "expired": "a session of Alice's that has ended; a sign-in past its time",
    "forged": "Alice's session and sign-in, signed with another key",
    "replayed": "tokens of Alice's for what they were not made for: her sign-in as a session, her session as "
    "a sign-in",
    "replayed code": "a guest who gives the code that another guest has used",
    "nobody": "no token at all",
})  # fmt: skip
# By which way they try to see the order, or to get into Alice's conversation.
WAYS: Mapping[str, str] = MappingProxyType({
    "REST": "asks for the order",
    "socket.io": "asks for the order there",
    "sign-in": "opens a conversation with what they have for a sign-in, and asks",
    "slash text": 'writes `/track_order{"order_number": …}`',
    "metadata": "asks, with a body that claims Alice, her session, slots and an understanding",
    "forged sender": "asks, with Alice's session as `sender`, `sender_id` and `recipient_id`",
    "routing header": "asks, with Alice's session as `X-Kefu-Session`",
    "routing query": "connects to socket.io with `?s=` of Alice's session",
    "her button": "sends the `btn:` payload of the confirmation that Alice was shown",
    "history": "reads `/chat/messages`, naming Alice's session in query and cookie",
    "history by header": "reads it with `X-Kefu-Session` of Alice's session",
    "her photo": "reads the picture that Alice sent",
    "her photo sent": "sends a message with the id of Alice's picture",
    "feedback": "rates an answer in Alice's conversation",
    "transcript": "asks Rasa's own addresses for Alice's conversation",
    "action server": "calls the action server's port as Alice's session",
})  # fmt: skip
ENTITLED = ("guest with code", "signed in")
WITHOUT_SESSION = ("expired", "forged", "replayed", "nobody")
ASKING = ("REST", "socket.io", "metadata", "forged sender")
ELSEWHERE = ("routing header", "routing query", "history by header")
NOT_THERE = ("her photo", "feedback")


@dataclass(frozen=True)
class Outcome:
    """What came of a cell.

    ``answer``: ``answered`` or the status of the refusal. ``told``: something of Alice's was in what came
    back. ``changed``: something of Alice's is not as before, or a command in a text was obeyed.
    """

    answer: str
    told: bool
    changed: bool = False


def expected(speaker: str, way: str) -> tuple[Outcome, ...]:
    """The outcomes that are right."""
    if way == "transcript":
        return (Outcome("404", told=False),)
    if way == "action server":
        return (Outcome("403", told=False),)
    if way == "sign-in":
        return (_signing_in(speaker),)
    if speaker in WITHOUT_SESSION:
        return (Outcome("401", told=False),)
    if way in ELSEWHERE:
        return (Outcome("403", told=False),)
    if way in NOT_THERE:
        return (Outcome("404", told=False),)
    if way in ASKING:
        return (Outcome("answered", told=speaker in ENTITLED),)
    silent = Outcome("answered", told=False)
    if way == "slash text" and speaker in ENTITLED:
        # it is only text: the number in it may be understood as in any other
        return (silent, Outcome("answered", told=True))
    return (silent,)


def _signing_in(speaker: str) -> Outcome:
    if speaker in ("expired", "forged", "replayed"):
        return Outcome("401", told=False)
    return Outcome("answered", told=speaker == "signed in")
