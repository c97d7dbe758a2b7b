"""kefu conversations: what an operator sees of damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from kefu.cli.conversations import show_damaged
from kefu.store import Store


def test_what_was_set_aside_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    monkeypatch.setenv("KEFU_DATABASE_URL", f"sqlite:///{tmp_path}/kefu.db")
    store = Store.open(f"sqlite:///{tmp_path}/kefu.db", migrate=True)
    with store.write() as tx:
        for name in ("broken", "whole"):
            tx.conversations.append(name, "[]", generation=0, after=0)
        tx.conversations.quarantine("broken", "save 1 cannot be read", generation=0)
        tx.conversations.quarantine("broken", "the same once more", generation=0)
    store.close()
    show_damaged()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[-1] == "1 set aside"
    assert "broken" in lines[0] and "generation 0" in lines[0] and "cannot be read" in lines[0]
