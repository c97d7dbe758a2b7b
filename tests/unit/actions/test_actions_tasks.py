"""What belongs to a task, and what does not."""

from __future__ import annotations

import pytest

from actions.tasks import TASKS, by_kind, speaks_of_another
from kefu.shop.operation import KINDS


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes", "cancel"),
        ("yes, cancel it", "cancel"),
        ("是的，退吧", "return"),
        ("yes cancel the renewal", "stop_renewal"),
    ],
)
def test_a_yes_that_repeats_its_task(text: str, kind: str) -> None:
    assert not speaks_of_another(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("yes, cancel it", "return"), ("是的，取消", "exchange"), ("ok refund me", "change_address")],
)
def test_a_yes_that_names_another(text: str, kind: str) -> None:
    assert speaks_of_another(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_has_the_form_that_prepares_it(kind: str) -> None:
    assert by_kind(kind).form in TASKS
