"""Two questions in one message, of the customer's own order and of a rule: which task is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kefu.knowledge.questions import own, parts

SURE = 0.8  # of both parts, each by itself: else the message as a whole is believed
Top = tuple[str, float]


def task_beside(
    text: str, heard: str, top_of: Callable[[Sequence[str]], Sequence[Top]], *, rule: str
) -> Top | None:
    """The task of the part that speaks of the customer's own, where the whole was ``heard`` as another.

    "Where is my order KF1, and how long does a refund take?" sounds as a whole like a refund's status. By
    itself the second part asks a ``rule`` (the intent of general questions), which a passage answers beside
    the task; so the first part is the task. ``top_of`` gives the intent of each of some texts with its
    confidence. None where the message is no such pair, or its parts say nothing else.
    """
    cut = parts(text) if heard != rule else []
    if len(cut) != 2 or own(cut[0].text) == own(cut[1].text):
        return None
    task, beside = top_of([part.text for part in sorted(cut, key=lambda part: not own(part.text))])
    clear = beside[0] == rule != task[0] and min(task[1], beside[1]) >= SURE
    return task if clear and task[0] != heard else None
