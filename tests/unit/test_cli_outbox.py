"""`kefu outbox`: what became of mails, without their words; the last code in a demo alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kefu.cli import outbox
from kefu.cli.up import _check_mail
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings
from kefu.store import Store, schema

MARIA = "maria@example.com"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name in ("KEFU_DEMO", "KEFU_MAIL", "KEFU_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'kefu.db'}", migrate=True)
    with store.write() as tx:
        tx.outbox.add(to=MARIA, subject="Your code", body="Your code is 123456", code="123456")
    yield store
    store.close()


def test_the_list_shows_what_became_of_a_mail_and_nothing_of_it(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.write() as tx:
        mail = tx.outbox.newest(1)[0]
        tx._run(outbox_failed(mail.mail_id))
    outbox.show(most=5)
    line, counts = capsys.readouterr().out.splitlines()
    assert line.split()[:2] == [str(mail.mail_id), "failed"] and line.endswith("SMTPDataError 550")
    assert "m***@example.com" in line and not [word for word in (MARIA, "123456", "code") if word in line]
    assert counts == "pending 0, sending 0, sent 0, failed 1, expired 0"


def outbox_failed(mail_id: int) -> object:
    """The statement that makes a mail one that was given up."""
    table = schema.outbox
    values = {"state": "failed", "problem": "SMTPDataError 550", "attempts": 1}
    return sa.update(table).where(table.c.mail_id == mail_id).values(**values)


def test_what_is_due_is_sent_at_a_word(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    outbox.send()
    assert capsys.readouterr().out.splitlines() == [
        f"mail to {MARIA}: Your code: Your code is 123456", "tried 1; waiting 0, failed 0",
    ]  # fmt: skip
    outbox.send()
    assert capsys.readouterr().out == "tried 0; waiting 0, failed 0\n"
    outbox.last_code(MARIA)  # a demo keeps it
    assert capsys.readouterr().out == "123456\n"


def test_outside_of_a_demo_nothing_of_a_code_is_shown_or_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEFU_DEMO", "0")
    with pytest.raises(ConfigError, match="demo"):
        outbox.last_code(MARIA)
    outbox.send()
    assert "123456" not in capsys.readouterr().out
    monkeypatch.setenv("KEFU_DEMO", "1")
    with pytest.raises(KefuError, match="ask for one"):
        outbox.last_code(MARIA)


def test_before_anything_starts_the_mail_server_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"KEFU_HOME": str(tmp_path)}
    _check_mail(Settings.load(env))
    assert capsys.readouterr().err == ""
    _check_mail(Settings.load({**env, "KEFU_DEMO": "0"}))
    assert "KEFU_MAIL=smtp" in capsys.readouterr().err
    wrong = {**env, "KEFU_MAIL": "smtp", "KEFU_MAIL_FROM": "a@b.c", "KEFU_SMTP_URL": "mail.example"}
    with pytest.raises(ConfigError, match="KEFU_SMTP_URL"):
        _check_mail(Settings.load(wrong))
