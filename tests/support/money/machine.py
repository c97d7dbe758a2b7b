"""Customers, a warehouse, time, the policy and bad luck, in any order: Hypothesis plays them all.

After each step the rows are read and held against ``rules``. ``machine_on`` gives a class for one kind
of database; what the runs came to is counted in its ``tally``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kefu.errors import KefuError
from kefu.shop import confirmations
from kefu.shop.killswitch import resume, stop
from kefu.shop.operation import Operation
from kefu.shop.outcome import Outcome
from kefu.shop.receipt import receive
from kefu.shop.settlement import owed, reconcile, settle
from kefu.shop.supervision import approve, reject
from kefu.store import Store
from kefu.store.records import Clause
from tests.support.money.provider import MoodyProvider
from tests.support.money.rules import SUPERVISOR, Model, Promise, check, pieces_moved
from tests.support.money.shop import ANN, ORDERS, SESSIONS, START, Databases, clauses
from tests.support.money.snapshot import snapshot
from tests.support.money.wishes import (
    Behind,
    any_number,
    limits,
    moods,
    often,
    seldom,
    sessions,
    times,
    what_follows,
    wishes,
)

MINUTES = 10
FORTH = {"processing": "shipped", "shipped": "delivered"}
BACK = {"approved": "in_transit", "in_transit": "received"}
GONE = "refused_confirmation_gone"
NOBODYS = "no such confirmation"


class Crash(Exception):
    """The process ends here."""


class MoneyMachine(RuleBasedStateMachine):
    """One run; subclasses say on which databases."""

    databases: Databases
    policy: Sequence[Clause]  # what the shop begins with
    tally: Counter[str]

    @initialize(amount=limits, count=st.sampled_from((3, 3, 2, 1)), stopped=seldom,
                wish=wishes, had=st.booleans(), behind=what_follows)  # fmt: skip
    def begin(
        self, amount: int, count: int, stopped: bool, wish: Operation, had: bool, behind: Behind
    ) -> None:
        """The shop as it was, with some limits of its own; often somebody has had something already."""
        self.store: Store = self.databases.fresh()
        self.model = Model(now=START)
        self.clauses = list(self.policy)
        self.provider = MoodyProvider(lambda: self.model.now)
        self.start = self.before = snapshot(self.store)
        self.tally["runs"] += 1
        if (amount, count) != (self.model.limits.amount, self.model.limits.count):
            self._new_limits(amount, count)
        if stopped:
            self._kill_switch()
        if had:
            self.have(wish, False, behind)

    # -- what customers do ----------------------------------------------------------------

    @rule(wish=wishes, own=st.sampled_from((True, True, True, True, True, False)), other=st.booleans())
    def show(self, wish: Operation, own: bool, other: bool) -> None:
        """A wish is assessed; where it can be done, its confirmation is shown."""
        session = self._session(wish.order_number, own, other)
        with self.store.write() as tx:
            outcome, shown = confirmations.propose(tx, SESSIONS[session], wish, now=self.model.now)
        self._count("show", outcome)
        self.model.waiting.pop(session, None)
        assert (outcome.kind == "offered") == (shown is not None)
        if not own:
            assert outcome.code == "refused_not_visible"
        if shown is not None:
            self._promised(session, shown.nonce, outcome)

    @precondition(lambda self: self.model.waiting)
    @rule(session=sessions, behind=what_follows)
    def agree(self, session: str, behind: Behind) -> None:
        """A yes to what waits in the session, and what follows at once."""
        if behind.crashes is not None and session in self.model.waiting:
            self.crash(session, behind.crashes)
        self.provider.mood = behind.mood
        outcome = self._yes(session, self.model.waiting.get(session, NOBODYS), settles=behind.settles)
        if behind.decides is not None and outcome.kind == "done" and outcome.facts.get("waits"):
            for refund in outcome.facts.get("refunds") or (outcome.facts.get("refund"),):
                if refund is not None:  # a return has none yet
                    self._decided(refund.refund_id, behind.decides, behind.settles)
        came = outcome.facts.get("returns") or () if outcome.kind == "done" and behind.arrives else ()
        for row in came:
            if row.state in BACK:
                self._arrived(row.return_id, behind.settles)
        if behind.asks is not None:
            self.reconcile(*behind.asks)

    @rule(wish=wishes, other=st.booleans(), behind=what_follows)
    def have(self, wish: Operation, other: bool, behind: Behind) -> None:
        """A wish, and a yes at once."""
        self.show(wish, True, other)
        session = self._session(wish.order_number, True, other)
        if session in self.model.waiting:
            self.agree(session, behind)

    @precondition(lambda self: self.model.promises)
    @rule(session=sessions, pick=any_number)
    def agree_to_any(self, session: str, pick: int) -> None:
        """A yes to something that was shown some time, perhaps used, perhaps to somebody else."""
        shown = [*self.model.promises, NOBODYS]
        self._yes(session, shown[pick % len(shown)], settles=True)

    @precondition(lambda self: self.model.waiting)
    @rule(session=sessions)
    def start_over(self, session: str) -> None:
        """The conversation is restarted, or something else is said."""
        with self.store.write() as tx:
            confirmations.void(tx, session)
        self.model.waiting.pop(session, None)

    @precondition(lambda self: self.model.waiting)
    @rule(session=sessions, statement=st.integers(1, 70))
    def crash(self, session: str, statement: int) -> None:
        """The process ends while it does what was agreed; nothing of it may remain."""
        nonce, before = self.model.waiting.get(session, NOBODYS), snapshot(self.store)
        try:
            with self._ending_at(statement), self.store.write() as tx:
                confirmations.redeem(tx, SESSIONS[session], nonce, now=self.model.now)
                raise Crash  # or at the last moment, before the commit
        except Crash:
            self.tally["crash"] += 1
        after = snapshot(self.store)
        assert after.money() == before.money() and after.audit == before.audit

    # -- what the world does --------------------------------------------------------------

    @rule(passing=times)
    def later(self, passing: timedelta) -> None:
        """Time goes by."""
        self.model.now += passing

    @rule(act=st.sampled_from(("limits", "rules", "switch")), amount=limits, count=st.integers(0, 4),
          days=st.sampled_from((0, 7, 30)), sent=st.booleans())  # fmt: skip
    def the_shop_decides(self, act: str, amount: int, count: int, days: int, sent: bool) -> None:
        """New limits or new rules hold from now on; automatic refunds are stopped, or go on."""
        if act == "limits":
            self._new_limits(amount, count)
        elif act == "rules":
            self._new_rules(days, "pending_payment" if sent else "pending_payment|processing")
        else:
            self._kill_switch()

    def _new_limits(self, amount: int, count: int) -> None:
        self.model.limits.amount, self.model.limits.count = amount, count
        self._new_version("limit.amount", amount=f"{amount / 100:.2f}")
        self._new_version("limit.count", count=str(count))
        self._publish()

    def _new_rules(self, days: int, states: str) -> None:
        self._new_version("return.1", days=str(days))
        self._new_version("cancel.1", states=states)
        self._publish()

    @rule(pick=any_number, back=st.booleans())
    def parcel_moves(self, pick: int, back: bool) -> None:
        """The warehouse sends an order, the carrier brings it; or a return is sent, and arrives."""
        table = self.before.returns if back else self.before.orders
        column, ways = ("state", BACK) if back else ("status", FORTH)
        moving = sorted(key for key, row in table.items() if row[column] in ways)
        if moving:
            key = moving[pick % len(moving)]
            row, to = table[key], ways[table[key][column]]
            with self.store.write() as tx:
                tx.returns.set_state(key, to) if back else tx.orders.set_status(key, to)
                tx.audit.add("warehouse", to, row["order_number"], {}, now=self.model.now)

    @precondition(lambda self: self._agreed())
    @rule(pick=any_number, settles=often, mood=moods)
    def goods_arrive(self, pick: int, settles: bool, mood: str) -> None:
        """The returns desk takes goods in, some of them again; what was promised for them is paid."""
        returns = self._agreed()
        self.provider.mood = mood
        self._arrived(returns[pick % len(returns)], settles)

    def _arrived(self, return_id: str, settles: bool) -> None:
        self.the_money_is_right()  # before they came, too: rows that begin and end in one step show no way
        with self.store.write() as tx:
            outcome = receive(tx, return_id, by="Wei", now=self.model.now)
        self._count("receive", outcome)
        if outcome.kind == "done":
            self.model.moved.update(pieces_moved(self.before, self.before.returns[return_id]))
        for refund in owed(outcome) if settles else ():
            settle(self.store, self.provider, refund.refund_id, now=self.model.now, seconds=0)

    # -- what the shop does ---------------------------------------------------------------

    @precondition(lambda self: self._waits())
    @rule(pick=any_number, approves=often, settles=often, mood=moods)
    def decide(self, pick: int, approves: bool, settles: bool, mood: str) -> None:
        """A supervisor decides on a refund that waits."""
        self.provider.mood = mood
        self._decided(self._waiting(pick), approves, settles)

    def _decided(self, refund_id: str, approves: bool, settles: bool) -> None:
        now = self.model.now
        self.model.decided.add(refund_id)
        with self.store.write() as tx:
            if approves:
                approve(tx, refund_id, by=SUPERVISOR, now=now)
            else:
                reject(tx, refund_id, by=SUPERVISOR, reason="no", now=now)
        self.tally["approved" if approves else "rejected"] += 1
        if settles:
            settle(self.store, self.provider, refund_id, now=now, seconds=0)

    @precondition(lambda self: self.before.refunds)
    @rule(pick=any_number, by=st.sampled_from((SUPERVISOR, "", " m1 ", "Ann", "ben@example.com")))
    def decide_wrongly(self, pick: int, by: str) -> None:
        """Somebody decides who may not, or on what was decided."""
        refunds = sorted(self.before.refunds)
        refund_id = refunds[pick % len(refunds)]
        asker = ORDERS[self.before.refunds[refund_id]["order_number"]][0]
        may = by == SUPERVISOR or by and (by != "ben@example.com") == (asker != ANN)
        if may and self.before.refunds[refund_id]["state"] == "requested":
            return
        with pytest.raises(KefuError), self.store.write() as tx:
            approve(tx, refund_id, by=by, now=self.model.now)

    @precondition(lambda self: any(row["state"] == "submitted" for row in self.before.refunds.values()))
    @rule(passing=times, mood=moods)
    def reconcile(self, passing: timedelta, mood: str) -> None:
        """After a while, what was left open is asked for by its key."""
        self.model.now += passing
        self.provider.mood = mood
        found = reconcile(self.store, self.provider, now=self.model.now, seconds=0)
        assert found.lost == ()
        for fate in ("settled", "waiting", "held", "unanswered"):
            self.tally[f"reconciled: {fate}"] += len(getattr(found, fate))

    def _kill_switch(self) -> None:
        turn, self.model.stopped = (resume if self.model.stopped else stop), not self.model.stopped
        with self.store.write() as tx:
            turn(tx, by=SUPERVISOR, reason="to see", now=self.model.now)

    # -- after each step ------------------------------------------------------------------

    @invariant()
    def the_money_is_right(self) -> None:
        """Read the rows and hold them against the rules."""
        after = snapshot(self.store)
        check(self.start, self.before, after, self.model, self.provider.books)
        self.before = after
        self.tally["steps"] += 1

    # -- how it is done -------------------------------------------------------------------

    def _yes(self, session: str, nonce: str, *, settles: bool) -> Outcome:
        """Redeem; without ``settles`` the process ends between the commit and the call of the provider."""
        counts = self.model.takes(session, nonce)
        with self.store.write() as tx:
            outcome = confirmations.redeem(tx, SESSIONS[session], nonce, now=self.model.now)
        self._count("yes", outcome)
        if counts:
            self._taken(session, nonce, outcome)
        else:
            self._not_taken(session, nonce, outcome)
        for refund in owed(outcome) if settles else ():
            settle(self.store, self.provider, refund.refund_id, now=self.model.now, seconds=0)
        return outcome

    def _taken(self, session: str, nonce: str, outcome: Outcome) -> None:
        assert outcome.code != GONE and not outcome.facts.get("replayed")
        del self.model.waiting[session]
        if outcome.kind == "done":
            self.model.kept.add(nonce)
            self.model.wishes.update({row.return_id: nonce for row in outcome.facts.get("returns") or ()})
        elif outcome.facts.get("nonce"):
            self.tally["other terms"] += 1
            self._promised(session, outcome.facts["nonce"], outcome)

    def _not_taken(self, session: str, nonce: str, outcome: Outcome) -> None:
        """Said twice, too late, or by somebody else: nothing happens, and the first is told again."""
        mine = nonce in self.model.kept and self.model.promises[nonce].session == session
        assert outcome.facts["replayed"] if mine else outcome.code == GONE
        self.tally["told again"] += mine
        assert snapshot(self.store).money() == self.before.money()

    def _promised(self, session: str, nonce: str, outcome: Outcome) -> None:
        pays_now = outcome.code.startswith(("confirm_cancel", "confirm_refund"))  # a return: on arrival
        amount = outcome.facts["amount"].amount if pays_now else 0
        expires = self.model.now + timedelta(minutes=MINUTES)
        later = outcome.facts["amount"].amount if outcome.code.startswith("confirm_return") else 0
        self.model.promises[nonce] = Promise(session, amount, expires, later)
        self.model.waiting[session] = nonce

    def _session(self, number: str, own: bool, other: bool) -> str:
        if (ORDERS[number][0] == ANN) == own:
            return "ann on her phone" if other else "ann"
        return "ben"

    def _waits(self) -> list[str]:
        return sorted(key for key, row in self.before.refunds.items() if row["state"] == "requested")

    def _agreed(self) -> list[str]:
        return sorted(k for k, row in self.before.returns.items() if row["state"] in (*BACK, "received"))

    def _waiting(self, pick: int) -> str:
        waiting = self._waits()
        return waiting[pick % len(waiting)]

    def _new_version(self, name: str, **params: str) -> None:
        last = max((one for one in self.clauses if one.clause == name), key=lambda one: one.version)
        begins = {"version": last.version + 1, "effective_from": self.model.now}
        self.clauses.append(replace(last, params={**last.params, **params}, **begins))

    def _publish(self) -> None:
        with self.store.write() as tx:
            tx.policy.replace_all(self.clauses)

    @contextmanager
    def _ending_at(self, statement: int) -> Iterator[None]:
        """Raise Crash instead of the n-th statement of the block."""
        left = [statement]

        def count(*_: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Crash

        sa.event.listen(self.store._engine, "before_cursor_execute", count)
        try:
            yield
        finally:
            sa.event.remove(self.store._engine, "before_cursor_execute", count)

    def _count(self, act: str, outcome: Outcome) -> None:
        self.tally[f"{act}: {outcome.code}"] += 1


def machine_on(databases: Databases) -> type[MoneyMachine]:
    """A machine for databases, with a tally of its own."""
    own = {"databases": databases, "policy": clauses(), "tally": Counter()}
    return type("Money", (MoneyMachine,), own)
