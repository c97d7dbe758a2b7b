"""A payment provider that keeps its books in a dictionary and has moods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kefu.errors import Unanswered
from kefu.shop.payments import Answer

MOODS = ("accepts", "pays", "refuses", "silent before", "silent after")
Content = tuple[str, int, str, str]  # order number, amount, currency, method


@dataclass(frozen=True)
class Booked:
    """A line of the books; ``due``: from when on it is paid out. Refused ones are booked too."""

    content: Content
    refused: bool
    due: datetime


class MoodyProvider:
    """Pays a key once; what it does next time is in ``mood``."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.books: dict[str, Booked] = {}
        self.mood = MOODS[0]
        self._clock = clock

    def refund(
        self, key: str, order_number: str, amount: int, currency: str, method: str, *, seconds: float
    ) -> Answer:
        """Book it, unless the key is booked; a key must never come with another content."""
        if self.mood == "silent before":
            raise Unanswered("nothing was heard")
        content = (order_number, amount, currency, method)
        waits = timedelta(days=3) if self.mood == "accepts" else timedelta()
        booked = self.books.setdefault(key, Booked(content, self.mood == "refuses", self._clock() + waits))
        assert booked.content == content, f"{key} was for {booked.content} and is for {content} now"
        if self.mood == "silent after":
            raise Unanswered("nothing was heard")
        return self._told(key, booked)

    def find(self, key: str, *, seconds: float) -> Answer | None:
        """What the books say."""
        if self.mood.startswith("silent"):
            raise Unanswered("nothing was heard")
        booked = self.books.get(key)
        return self._told(key, booked) if booked is not None else None

    def _told(self, key: str, booked: Booked) -> Answer:
        terms = (f"PV-{key}", booked.content[1], booked.content[2])
        if booked.refused:
            return Answer(key, "refused", *terms, reason="the card is closed")
        return Answer(key, "paid" if self._clock() >= booked.due else "accepted", *terms)
