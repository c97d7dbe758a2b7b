"""Conversations as the assistant remembers them: what each turn appended, folded now and then.

A row of ``conversation_events`` holds what one save appended, as JSON that this room does not read.
A conversation's own row says how many there are, so that a lost row is noticed, and who may write next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kefu.errors import ConversationLost, Overtaken
from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Conversation, Quarantined, Save

_HEADS, _SAVES, _LOST = schema.conversations, schema.conversation_events, schema.conversation_quarantine
_HEAD = _HEADS.c.conversation_id == sa.bindparam("conversation")
_GET, _GENERATION = sa.select(_HEADS).where(_HEAD), sa.select(_HEADS.c.generation).where(_HEAD)
_PLACE = sa.select(_HEADS.c.generation, _HEADS.c.last).where(_HEAD)
_HERE = sa.and_(_HEAD, _HEADS.c.generation == sa.bindparam("begun"))
_STANDS = sa.and_(_HERE, _HEADS.c.last == sa.bindparam("before"))
_UNFENCED = sa.and_(_STANDS, _HEADS.c.fence <= sa.bindparam("mine"))
_ADVANCE = sa.update(_HEADS).where(_UNFENCED).values(last=sa.bindparam("new"))
_FOLD = sa.update(_HEADS).where(_HERE, _HEADS.c.folded < sa.bindparam("upto"))
_FOLD = _FOLD.values(folded=sa.bindparam("upto"), checkpoint=sa.bindparam("short"))
_ADD = sa.insert(_SAVES)
_BEHIND = sa.select(_SAVES.c.seq, _SAVES.c.events).where(
    _SAVES.c.conversation_id == sa.bindparam("conversation"),
    _SAVES.c.generation == sa.bindparam("begun"),
    _SAVES.c.seq > sa.bindparam("seen"),
)
_BEHIND = _BEHIND.order_by(_SAVES.c.seq)
_NO_FENCE = 2**62  # of whoever holds no lock with a number: above them all


class Conversations(Repository):
    """Conversations by id. ``generation`` counts how often one had to begin anew."""

    def get(self, conversation_id: str) -> Conversation | None:
        """The conversation with its checkpoint and what was saved behind it; None where nothing was said.

        Raises ConversationLost where a save is missing.
        """
        return self._whole(conversation_id, behind_checkpoint=True)

    def full(self, conversation_id: str) -> Conversation | None:
        """As ``get``, with every save from the first one and no checkpoint."""
        return self._whole(conversation_id, behind_checkpoint=False)

    def ids(self) -> list[str]:
        """Whose conversations there are, the oldest first."""
        statement = sa.select(_HEADS.c.conversation_id).order_by(_HEADS.c.created_at)
        return [row["conversation_id"] for row in self._all(statement)]

    def generation(self, conversation_id: str) -> int | None:
        """How often the conversation has begun anew; None where nothing was said."""
        found: int | None = self._value(_GENERATION, {"conversation": conversation_id})
        return found

    def head(self, conversation_id: str) -> tuple[int, int]:
        """How often the conversation has begun anew, and its last save; zeros where it is unknown."""
        row = self._one(_PLACE, {"conversation": conversation_id})
        return (row["generation"], row["last"]) if row else (0, 0)

    def append(
        self,
        conversation_id: str,
        events: str,
        *,
        generation: int,
        after: int,
        fence: int = 0,
    ) -> None:
        """Add a save behind the one with the number ``after`` (0: the first).

        The same save once more changes nothing. Raises Overtaken where another one stands there, where the
        conversation has begun anew, or where a lock with a greater ``fence`` was given out since.
        """
        if not self._advance(conversation_id, generation=generation, after=after, fence=fence):
            self._must_be_again(conversation_id, events, generation=generation, seq=after + 1)
            return
        row = {"conversation_id": conversation_id, "generation": generation, "seq": after + 1}
        self._run(_ADD, {**row, "events": events, "saved_at": self._clock()})

    def fold(self, conversation_id: str, checkpoint: str, *, generation: int, upto: int) -> None:
        """Let ``checkpoint`` stand for the saves up to ``upto``; they stay for who asks for all."""
        here = {"conversation": conversation_id, "begun": generation}
        self._run(_FOLD, {**here, "upto": upto, "short": checkpoint})

    def unfold(self, conversation_id: str) -> None:
        """Forget a checkpoint that cannot be read; the saves hold everything."""
        here = _HEADS.c.conversation_id == conversation_id
        self._run(sa.update(_HEADS).where(here).values(folded=0, checkpoint=None))

    def raise_fence(self, conversation_id: str, fence: int) -> None:
        """Refuse whoever holds a lock given out before the one with this number."""
        lower = sa.and_(_HEADS.c.conversation_id == conversation_id, _HEADS.c.fence < fence)
        self._run(sa.update(_HEADS).where(lower).values(fence=fence))

    def quarantine(self, conversation_id: str, reason: str, *, generation: int) -> None:
        """Set a damaged conversation aside; its rows stay, the next save begins a new generation."""
        begun = {"generation": generation + 1, "last": 0, "folded": 0, "checkpoint": None}
        moved = self._run(sa.update(_HEADS).where(self._head(conversation_id, generation)).values(**begun))
        if moved.rowcount:
            row = Quarantined(conversation_id, generation, reason, self._clock())
            self._run(sa.insert(_LOST).values(vars(row)))

    def quarantined(self) -> list[Quarantined]:
        """What was set aside, the newest first."""
        statement = sa.select(_LOST).order_by(_LOST.c.found_at.desc(), _LOST.c.conversation_id)
        return [Quarantined(**row) for row in self._all(statement)]

    def _head(self, conversation_id: str, generation: int) -> Any:
        return sa.and_(_HEADS.c.conversation_id == conversation_id, _HEADS.c.generation == generation)

    def _whole(self, conversation_id: str, *, behind_checkpoint: bool) -> Conversation | None:
        head = self._one(_GET, {"conversation": conversation_id})
        if head is None:
            return None
        folded = head["folded"] if behind_checkpoint else 0
        saves = self._saves(conversation_id, head["generation"], after=folded)
        _check_whole(conversation_id, saves, first=folded + 1, last=head["last"])
        checkpoint = head["checkpoint"] if behind_checkpoint else None
        return Conversation(conversation_id, head["generation"], head["last"], folded, checkpoint, saves)

    def _saves(self, conversation_id: str, generation: int, *, after: int) -> tuple[Save, ...]:
        here = {"conversation": conversation_id, "begun": generation, "seen": after}
        return tuple(Save(*row) for row in self._run(_BEHIND, here))

    def _advance(self, conversation_id: str, *, generation: int, after: int, fence: int) -> bool:
        """Move the conversation's number on; False where it does not stand at ``after``."""
        here = {"conversation": conversation_id, "begun": generation, "before": after, "new": after + 1}
        if self._run(_ADVANCE, {**here, "mine": fence or _NO_FENCE}).rowcount:
            return True
        if after or generation or self.generation(conversation_id) is not None:
            return False
        head = {"conversation_id": conversation_id, "generation": 0, "last": 1, "folded": 0, "fence": fence}
        self._run(sa.insert(_HEADS).values(**head, created_at=self._clock()))
        return True

    def _must_be_again(self, conversation_id: str, events: str, *, generation: int, seq: int) -> None:
        stored = self._saves(conversation_id, generation, after=seq - 1)
        if not stored or stored[0] != Save(seq, events) or self.generation(conversation_id) != generation:
            raise Overtaken(
                f"conversation {conversation_id}: save {seq} of generation {generation} came too late; "
                "another turn was saved meanwhile, so this one was not"
            )


def _check_whole(conversation_id: str, saves: Sequence[Save], *, first: int, last: int) -> None:
    if [save.seq for save in saves] != list(range(first, last + 1)):
        raise ConversationLost(
            f"conversation {conversation_id}: found {len(saves)} of the saves {first} to {last}"
        )
