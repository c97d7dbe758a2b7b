"""Mails leave after the commit, once where that is possible, and whatever fails is seen and tried again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from kefu.errors import StoreError
from kefu.shop.delivery import ATTEMPTS, LEASE, Delivery, Sender, waiting_time
from kefu.shop.identity import check_code
from kefu.shop.mailers import ConsoleMailer, Relay, SmtpMailer
from kefu.store import Store
from kefu.store.chat_records import Mail
from tests.support.codes import RULES, guest, sent_code
from tests.support.demo_shop import NOW, DemoShop
from tests.support.mail_server import Post, mail_server

MARIA = "maria@example.com"


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass
class Hands:
    """A mailer that keeps what it got, and fails as long as it is told to."""

    failure: Exception | None = None
    got: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        if self.failure is not None:
            raise self.failure
        self.got.append(mail)


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as post:
        yield post


def put(shop: DemoShop, **more: str | None) -> None:
    with shop.write() as tx:
        tx.outbox.add(
            **{"to": MARIA, "subject": "s", "body": "your code is 123456", "code": "123456", **more}
        )


def mails(shop: DemoShop) -> list[Mail]:
    with shop.read() as tx:
        return tx.outbox.newest(20)


def delivery(shop: DemoShop, mailer: object, clock: Clock | None = None, *, demo: bool = False) -> Delivery:
    return Delivery(lambda: shop.store, mailer, keep_codes=demo, clock=clock or Clock())


def smtp(post: Post) -> SmtpMailer:
    return SmtpMailer(Relay("smtp", "127.0.0.1", post.port), "Kefu <shop@example.com>", seconds=5)


def test_a_code_goes_from_the_chat_to_the_mailbox_and_back(shop: DemoShop, post: Post) -> None:
    session = guest(shop.store, now=NOW)
    sent_code(shop.store, session, "KF10000013", "xiaoming@example.com", now=NOW)
    assert delivery(shop, smtp(post)).send_due() == 1
    (letter,) = post.mails
    assert (letter["To"], letter["From"]) == ("xiaoming@example.com", "Kefu <shop@example.com>")
    assert letter["Subject"] == "订单 KF10000013 的验证码" and letter["Auto-Submitted"] == "auto-generated"
    code = next(word for word in letter.get_content().replace("，", " ").split() if word.isdecimal())
    with shop.write() as tx:
        assert check_code(tx, session, code, now=NOW, rules=RULES)
    (mail,) = mails(shop)
    assert (mail.state, mail.attempts, mail.sent_at) == ("sent", 1, NOW)
    assert (mail.body, mail.code) == ("", None)  # nothing of the code is left


def test_nothing_is_sent_of_what_was_not_committed(shop: DemoShop) -> None:
    hands = Hands()
    with pytest.raises(RuntimeError), shop.write() as tx:
        tx.outbox.add(to=MARIA, subject="s", body="b")
        raise RuntimeError("after the row")
    assert delivery(shop, hands).send_due() == 0 and hands.got == []


def test_in_a_demo_the_code_stays_to_be_shown(shop: DemoShop) -> None:
    put(shop)
    delivery(shop, Hands(), demo=True).send_due()
    with shop.read() as tx:
        assert tx.outbox.last_code(MARIA) == "123456"
    assert mails(shop)[0].state == "sent"


def test_a_sent_mail_is_not_sent_again_after_a_restart(shop: DemoShop, post: Post) -> None:
    put(shop)
    for _ in range(3):
        again = Store.open(str(shop.store._engine.url))
        Delivery(lambda store=again: store, smtp(post), keep_codes=False).send_due()
        again.close()
    assert len(post.mails) == 1


def test_a_sender_that_died_after_the_hand_over_leaves_a_mail_that_goes_out_twice(
    shop: DemoShop, post: Post
) -> None:
    """At least once: nobody can know whether the server had it. Both copies carry one Message-ID."""
    put(shop)
    clock = Clock()
    with shop.write() as tx:
        taken = tx.outbox.take(now=NOW, lease=LEASE)
    assert taken is not None
    smtp(post).send(taken)  # and here the process is killed
    assert delivery(shop, smtp(post), clock).send_due() == 0  # its lease still runs
    clock.forward(LEASE)
    assert delivery(shop, smtp(post), clock).send_due() == 1
    assert len(post.mails) == 2 and len({letter["Message-ID"] for letter in post.mails}) == 1
    assert mails(shop)[0].state == "sent"


def test_a_line_cut_after_the_mail_was_kept_is_a_second_attempt(shop: DemoShop, post: Post) -> None:
    put(shop)
    clock = Clock()
    post.answers["END"] = ""
    assert delivery(shop, smtp(post), clock).send_due() == 1
    assert mails(shop)[0].problem == "SMTPServerDisconnected" and mails(shop)[0].code == "123456"
    post.answers.clear()
    clock.forward(waiting_time(1))
    delivery(shop, smtp(post), clock).send_due()
    assert len({letter["Message-ID"] for letter in post.mails}) == 1 and mails(shop)[0].state == "sent"


@pytest.mark.parametrize("answer", ["", "421 closing", "500 what"])
def test_how_the_server_says_goodbye_makes_no_second_mail(shop: DemoShop, post: Post, answer: str) -> None:
    put(shop)
    post.answers["QUIT"] = answer
    delivery(shop, smtp(post)).send_due()
    assert mails(shop)[0].state == "sent" and len(post.mails) == 1


@pytest.mark.parametrize("answer", ["451 try later", "421 closing", ""])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "END"])
def test_what_may_pass_is_tried_again_later_and_later(
    shop: DemoShop, post: Post, verb: str, answer: str
) -> None:
    put(shop)
    clock = Clock()
    post.answers[verb] = answer
    sender = delivery(shop, smtp(post), clock)
    assert sender.send_due() == 1 and sender.send_due() == 0
    (mail,) = mails(shop)
    assert mail.state == "pending" and mail.problem and mail.due_at == NOW + timedelta(seconds=5)
    clock.forward(timedelta(seconds=5))
    sender.send_due()
    assert mails(shop)[0].due_at == clock.now + timedelta(seconds=10)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "END"])
def test_what_is_refused_for_good_is_given_up_and_seen(
    shop: DemoShop, post: Post, verb: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(shop)
    post.answers[verb] = f"550 no such user {MARIA}"
    delivery(shop, smtp(post)).send_due()
    (mail,) = mails(shop)
    assert (mail.state, mail.body, mail.code) == ("failed", "", None)
    assert mail.problem and mail.problem.endswith("550")
    assert (
        "given up" in caplog.text and MARIA not in caplog.text + mail.problem and "123456" not in caplog.text
    )


def test_a_wrong_password_is_ours_to_mend_so_the_mail_waits(shop: DemoShop, post: Post) -> None:
    put(shop)
    post.answers["AUTH"] = "535 no"
    relay = Relay("smtp", "127.0.0.1", post.port, "kefu", "wrong")
    delivery(shop, SmtpMailer(relay, "shop@example.com", seconds=5)).send_due()
    assert (mails(shop)[0].state, mails(shop)[0].problem) == ("pending", "SMTPAuthenticationError 535")


def test_a_server_that_is_not_there_is_tried_until_the_last_attempt(
    shop: DemoShop, caplog: pytest.LogCaptureFixture
) -> None:
    put(shop)
    clock = Clock()
    mailer = SmtpMailer(Relay("smtp", "127.0.0.1", 1), "shop@example.com", seconds=2)
    for attempt in range(1, ATTEMPTS + 1):
        assert delivery(shop, mailer, clock).send_due() == 1
        clock.forward(waiting_time(attempt))
    (mail,) = mails(shop)
    assert (mail.state, mail.attempts, mail.problem) == ("failed", ATTEMPTS, "ConnectionRefusedError")
    assert delivery(shop, mailer, clock).send_due() == 0


def test_a_code_that_is_dead_by_now_is_not_sent(shop: DemoShop) -> None:
    sent_code(shop.store, guest(shop.store, now=NOW), "KF10000029", MARIA, now=NOW)
    hands = Hands()
    delivery(shop, hands, Clock(NOW + timedelta(minutes=10))).send_due()
    assert hands.got == [] and (mails(shop)[0].state, mails(shop)[0].code) == ("expired", None)


@pytest.mark.parametrize("change", [{"subject": "a\nBcc: x@y.z"}, {"to": "a\r\nRCPT TO:<x@y.z>"}])
def test_a_line_break_in_a_header_goes_nowhere(shop: DemoShop, post: Post, change: dict[str, str]) -> None:
    put(shop, **change)
    delivery(shop, smtp(post)).send_due()
    assert post.mails == [] and mails(shop)[0].state == "failed"


def test_one_bad_mail_does_not_hold_up_the_others(shop: DemoShop, post: Post) -> None:
    put(shop, subject="a\nb")
    put(shop)
    assert delivery(shop, smtp(post)).send_due() == 2
    assert [mail.state for mail in mails(shop)] == ["sent", "failed"]


def test_the_waits_double_up_to_ten_minutes() -> None:
    waits = [waiting_time(n).total_seconds() for n in (1, 2, 3, 7, 8, 99)]
    assert waits == [5, 10, 20, 320, 600, 600]


def test_a_thread_sends_while_it_runs_and_stops(shop: DemoShop) -> None:
    hands = Hands()
    sender = Sender(Delivery(lambda: shop.store, hands, keep_codes=False, clock=Clock()))
    sender.start()
    put(shop)
    until = time.monotonic() + 20
    while not hands.got and time.monotonic() < until:
        time.sleep(0.05)
    sender.stop(seconds=20)
    assert len(hands.got) == 1 and not sender._thread.is_alive()


@pytest.mark.parametrize("failure", [StoreError("away"), RuntimeError(f"about {MARIA}")])
def test_trouble_does_not_end_the_thread_and_is_logged_without_words(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    stop, asked = threading.Event(), []

    def store() -> Store:
        asked.append(1)
        stop.set()
        raise failure

    caplog.set_level(logging.WARNING)
    Delivery(store, Hands(), keep_codes=False).run(stop)
    assert asked == [1] and type(failure).__name__ in caplog.text and MARIA not in caplog.text


def test_the_console_shows_mails_in_a_demo_only() -> None:
    said: list[str] = []
    mail = replace(Mail(7, MARIA, "s", "your code is 123456", "123456", NOW))
    ConsoleMailer(show=True, out=said.append).send(mail)
    ConsoleMailer(show=False, out=said.append).send(mail)
    assert "123456" in said[0] and MARIA in said[0]
    assert "123456" not in said[1] and MARIA not in said[1] and "KEFU_MAIL=smtp" in said[1]
