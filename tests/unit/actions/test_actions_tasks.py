"""What belongs to a task, and what does not."""

from __future__ import annotations

import pytest

from actions.tasks import TASKS, by_kind, latest_form, named_form, speaks_of_another
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
    [
        ("yes, cancel it", "return"),
        ("是的，取消", "exchange"),
        ("ok refund me", "change_address"),
        ("ok then repair it", "exchange"),
        ("好的，拿去修吧", "return"),
        ("yes, change the address", "cancel"),
        ("yes and send me an invoice", "stop_renewal"),
    ],
)
def test_a_yes_that_names_another(text: str, kind: str) -> None:
    assert speaks_of_another(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_has_the_form_that_prepares_it(kind: str) -> None:
    assert by_kind(kind).form in TASKS


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("actually yes cancel", "cancel_form"),
        ("好的，退吧", "return_form"),
        ("不换了，直接退", "return_form"),
        ("that swap, never mind: refund me", "return_form"),
        ("ok then repair it", "warranty_form"),
        ("please don't cancel it", None),
        ("never mind the return", None),
        ("先别取消", None),
        ("可以退吗", None),
        ("can i cancel it?", None),
        ("yes", None),
    ],
)
def test_the_task_that_words_name(text: str, form: str | None) -> None:
    assert named_form(text) == form


def test_the_task_that_ran_last() -> None:
    loops = [{"event": "active_loop", "name": name} for name in ("cancel_form", "return_form", None)]
    assert latest_form(loops) == "return_form"
    assert latest_form([]) is None
