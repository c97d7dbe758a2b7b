"""A photo is asked for where it helps, once, and only of who can send one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from actions.confirm import ActionAffirm
from kefu.shop import photos
from kefu.shop.confirmations import propose
from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.photos import Photo
from tests.support.acting import SESSION, Stage, bot, stage, user
from tests.support.demo_shop import NOW, demo_shop

ALICE = Identity(SESSION, "C1001")
BROKEN = Operation("return", "KF10000003", (Item(1),), reason="damaged")
UNWANTED = replace(BROKEN, reason="unwanted")
FAULT = Operation("warranty", "KF10000004", (Item(1),), reason="later_fault")
CANCELLED = Operation("cancel", "KF10000001")


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with demo_shop(tmp_path):
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        with stage(monkeypatch, url, tmp_path, "C1001") as found:
            yield found


def yes(on: Stage, wish: Operation, *, language: str = "en", channel: str = "chat") -> str:
    with on.store.write() as tx:
        _, confirmation = propose(tx, ALICE, wish, now=NOW, minutes=10_000_000)
    assert confirmation is not None
    said = (bot(confirmation=confirmation.nonce), {**user("affirm"), "input_channel": channel})
    return replace(on, language=language).hear(ActionAffirm(), *said)


@pytest.mark.parametrize(("language", "words"), [("en", "Add a photo"), ("zh", "添加照片")])
def test_damaged_goods_that_are_sent_back_want_a_photo(on: Stage, language: str, words: str) -> None:
    said = yes(on, BROKEN, language=language).splitlines()
    with on.store.read() as tx:
        (row,) = tx.returns.of_order("KF10000003")
    assert len(said) == 2 and words in said[1] and row.return_id in said[1] and "{" not in said[1]


def test_a_warranty_case_wants_one_and_gets_the_next_that_comes(on: Stage) -> None:
    assert "Add a photo" in yes(on, FAULT)
    with on.store.write() as tx:
        kept = photos.keep(tx, ALICE, Photo("image/jpeg", 1, 1, b"x"), now=NOW)
        (ticket,) = tx.tickets.of_session(SESSION)
        assert kept.subject == ticket.ticket_id


@pytest.mark.parametrize("wish", [UNWANTED, CANCELLED])
def test_what_no_photo_shows_wants_none(on: Stage, wish: Operation) -> None:
    assert "hoto" not in yes(on, wish)


def test_who_cannot_send_one_is_not_asked(on: Stage) -> None:
    assert "hoto" not in yes(on, BROKEN, channel="cmdline")


def test_who_sent_one_before_is_not_asked_again(on: Stage) -> None:
    with on.store.write() as tx:
        photos.keep(tx, ALICE, Photo("image/jpeg", 1, 1, b"x"), now=datetime.now(timezone.utc))
    assert "hoto" not in yes(on, BROKEN)
