"""What customers thought of answers and conversations."""

from __future__ import annotations

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Feedback

_TABLE = schema.feedback


class FeedbackRows(Repository):
    """Feedback by conversation; a later opinion of the same thing takes the place of the earlier."""

    def put(self, feedback: Feedback) -> None:
        """Keep an opinion."""
        self._put(_TABLE, [dict(vars(feedback))])

    def of_session(self, session_id: str) -> list[Feedback]:
        """What was thought in a conversation: the whole first, then the answers in their order."""
        rows = self._all(sa.select(_TABLE).where(_TABLE.c.session_id == session_id).order_by(_TABLE.c.seq))
        return [Feedback(**row) for row in rows]
