"""Many runs of the machine on one kind of database."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.money.machine import machine_on
from tests.support.money.shop import Databases

PART = 20  # runs from one seed: of more, Hypothesis makes most by varying a few, and whole kinds stay away
# what has to come about for the runs to have shown anything
WANTED = (
    "yes: done_cancel", "yes: done_cancel_line", "yes: done_cancel_unpaid", "yes: done_cancel_waiting",
    "yes: done_refund_digital", "yes: done_refund_membership", "yes: done_refund_waiting",
    "yes: done_return", "yes: done_return_damaged", "yes: done_return_waiting", "yes: done_exchange",
    "yes: refused_confirmation_gone", "told again", "other terms", "crash", "approved", "rejected",
    "show: refused_not_visible", "reconciled: settled", "reconciled: waiting", "reconciled: unanswered",
    "reconciled: held", "receive: receipt_paid_back", "receive: receipt_exchange",
)  # fmt: skip


def play(databases: Databases, *, runs: int, steps: int, number: int, shrink: bool = True) -> Counter[str]:
    """Play ``runs`` runs of ``steps`` steps from a seed; how often each thing came about.

    Raises AssertionError with the shortest run found that breaks a rule; without ``shrink`` with the first.
    """
    machine = machine_on(databases)
    for part, begun in enumerate(range(0, runs, PART)):
        how = _settings(min(PART, runs - begun), steps, shrink=shrink)
        run_state_machine_as_test(seed(f"{number}/{part}")(machine), settings=how)
    return machine.tally


def _settings(runs: int, steps: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
    )
