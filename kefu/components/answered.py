"""What the conversation says of the question that was answered last."""

from __future__ import annotations

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.knowledge.asking import Before

SLOT = "last_passage"  # {"passage": its id, "question": the words that asked}, set by action_faq
LIVES = 3  # messages of the customer, the one that is read included, for which it is spoken of


def answered_before(tracker: DialogueStateTracker | None) -> Before | None:
    """The question answered last, while it is still spoken of; None in a form, which asks for itself."""
    if tracker is None or SLOT not in tracker.slots:
        return None
    kept = tracker.slots[SLOT].value
    if not isinstance(kept, dict) or tracker.active_loop_name or _messages_since(tracker) >= LIVES:
        return None
    passage, question = kept.get("passage"), kept.get("question")
    return Before(str(passage), str(question)) if passage and question else None


def _messages_since(tracker: DialogueStateTracker) -> int:
    """How many messages were read since the slot was set; many where its event is gone."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, SlotSet) and event.key == SLOT:
            return count
        count += isinstance(event, UserUttered)
    return LIVES
