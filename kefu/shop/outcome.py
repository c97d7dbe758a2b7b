"""What an operation came to: a code for the words, a clause for the why, facts for the details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OutcomeKind = Literal["offered", "done", "refused", "needs_person", "ask"]

TERMS = ("waits", "quantity", "method", "shipping_paid_by", "new_variant", "email")


@dataclass(frozen=True)
class Outcome:
    """The answer to an operation.

    ``offered``: it can be done and waits for a yes; ``done``: it was done; ``refused``: a clause is
    against it; ``ask``: something is missing that the answer depends on. ``code`` names the response
    (``utter_<code>``). ``facts`` holds plain values, records, Money and datetimes, never words.
    """

    kind: OutcomeKind
    code: str
    clause: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def terms(self) -> dict[str, Any]:
        """What a customer says yes to, as plain JSON data: if any of it changes, the yes is void."""
        amount = self.facts.get("amount")
        kept = {name: self.facts.get(name) for name in TERMS}
        money = [amount.amount, amount.currency] if amount is not None else None
        return {"code": self.code, "clause": self.clause, "amount": money, **kept}

    def with_facts(self, **more: Any) -> Outcome:
        """The same outcome with more facts."""
        return Outcome(self.kind, self.code, self.clause, {**self.facts, **more})


def offered(code: str, clause: str | None, /, **facts: Any) -> Outcome:
    """It can be done as the facts say."""
    return Outcome("offered", code, clause, facts)


def done(code: str, clause: str | None, /, **facts: Any) -> Outcome:
    """It was done as the facts say."""
    return Outcome("done", code, clause, facts)


def refused(code: str, clause: str | None, /, **facts: Any) -> Outcome:
    """``clause`` is against it; ``facts['way']`` names what remains open, None for nothing."""
    return Outcome("refused", code, clause, {"way": None, **facts})


def ask(missing: str, clause: str | None, /, **facts: Any) -> Outcome:
    """``missing`` (reason, quantity, variant, address …) has to be known first."""
    return Outcome("ask", f"ask_{missing}", clause, {"missing": missing, **facts})
