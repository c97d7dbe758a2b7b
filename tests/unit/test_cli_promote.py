"""`kefu promote`: which model it lets through, where the pointer goes, what it says of processes."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kefu.channels import promotion
from kefu.channels.promotion import Promotions, Serving
from kefu.cli import promote
from kefu.cli.up import archive_to_serve
from kefu.errors import ModelError
from kefu.settings import Settings

GOOD: dict[str, Any] = {
    "problem": None, "assistant": "tiny", "forms": ["order_form"], "slots": ["size"], "actions": ["action_x"],
}  # fmt: skip


@pytest.fixture
def promotions(tmp_path: Path) -> Promotions:
    return Promotions(tmp_path)


def archive(folder: Path, name: str) -> Path:
    file = folder / f"{name}.tar.gz"
    file.write_text(name)
    return file


def move(promotions: Promotions, file: Path) -> promotion.Pointer:
    return promotions.move(promotions.keep(file), before=None, configuration="c")


def test_a_model_that_keeps_everything_is_let_through() -> None:
    promote.require_kept(GOOD, {**GOOD, "forms": ["another_form", "order_form"]}, name="new")


@pytest.mark.parametrize("kind", promote.HELD)
def test_what_a_running_conversation_may_hold_must_stay(kind: str) -> None:
    with pytest.raises(ModelError, match=f"new lacks {kind} {GOOD[kind][0]}, which running"):
        promote.require_kept(GOOD, {**GOOD, kind: []}, name="new")


def test_another_assistant_is_refused() -> None:
    with pytest.raises(ModelError, match="of the assistant 'other', 'tiny' serves"):
        promote.require_kept(GOOD, {**GOOD, "assistant": "other"}, name="new")


def test_the_way_back_is_kept_and_old_archives_go(promotions: Promotions, tmp_path: Path) -> None:
    files = [archive(tmp_path, f"m{number}") for number in range(promotion.KEPT + 2)]
    for number, file in enumerate(files, 1):
        assert move(promotions, file).number == number
    kept = {file.name for file in (tmp_path / "promoted").glob("*.tar.gz")}
    assert len(kept) == promotion.KEPT
    names = [promotions.move_back(configuration="c").current.name for _ in range(promotion.KEPT - 1)]
    assert names == [file.name for file in reversed(files[2:-1])]
    with pytest.raises(ModelError, match="no model that served before"):
        promotions.move_back(configuration="c")


def test_a_later_training_does_not_change_what_is_promoted(promotions: Promotions, tmp_path: Path) -> None:
    file = archive(tmp_path, "same")
    kept = promotions.archive(move(promotions, file).current)
    file.write_text("trained again")
    assert kept.read_text() == "same"


def test_a_process_that_says_nothing_any_more_is_not_waited_for(
    promotions: Promotions, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotions.say(Serving("here-1", 1, "serving", "d", "m"))
    assert [one.process for one in promotions.alive()] == ["here-1"]
    later = time.time() + promotion.ALIVE_SECONDS + 1
    monkeypatch.setattr(promotion.time, "time", lambda: later)
    assert promotions.alive() == []


def test_two_promotions_at_once_are_refused(promotions: Promotions) -> None:
    with promotions.alone(), pytest.raises(ModelError, match="another promotion"), promotions.alone():
        pass


def test_a_damaged_pointer_says_what_to_do(promotions: Promotions, tmp_path: Path) -> None:
    (tmp_path / "promoted").mkdir()
    (tmp_path / "promoted" / "current.json").write_text('{"number": 1}')
    with pytest.raises(ModelError, match="delete it and promote anew"):
        promotions.pointer()


def test_a_process_that_refuses_or_is_slow_counts_as_not_followed(
    promotions: Promotions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = move(promotions, archive(tmp_path, "m"))
    good = Serving("a", pointer.number, "serving", pointer.current.digest, "m")
    assert promote._report([good], pointer) == 0
    for other in (
        replace(good, state="refused", why="no"), replace(good, state="loading"), replace(good, number=0)
    ):  # fmt: skip
        promotions.say(other)
        told = promote._followed(promotions, pointer, seconds=0.01)
        assert promote._report([good, *told], pointer) == 1
        assert "1 of 2 processes do not serve m.tar.gz" in capsys.readouterr().err


def test_a_start_serves_what_was_promoted_for_this_configuration(
    promotions: Promotions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {"KEFU_HOME": str(tmp_path), "KEFU_ROOT": str(tmp_path)}
    settings = Settings.load(env)
    promoted, named = archive(tmp_path, "m"), archive(tmp_path, "named")
    pointer = promotions.move(
        promotions.keep(promoted), before=None, configuration=promote.configuration_digest(tmp_path)
    )
    assert archive_to_serve(settings, None) == promotions.archive(pointer.current)
    assert archive_to_serve(settings, named) == named
    assert promotions.pointer() is None, "a model that was named is not swapped away at once"


def test_the_pointer_is_moved_at_once(promotions: Promotions, tmp_path: Path) -> None:
    """Nobody reads half of it: it is written beside and renamed."""
    move(promotions, archive(tmp_path, "m"))
    file = tmp_path / "promoted" / "current.json"
    before = os.stat(file).st_ino
    move(promotions, archive(tmp_path, "n"))
    assert os.stat(file).st_ino != before and json.loads(file.read_text())["number"] == 2
