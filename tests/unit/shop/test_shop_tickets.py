"""Cases for a person, and the hours in which somebody answers."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest

from kefu.errors import ConfigError
from kefu.shop.identity import Identity, open_session
from kefu.shop.policy import Policy
from kefu.shop.tickets import ask_for_person, hours_at, open_ticket, tickets_of
from kefu.store.records import Clause
from tests.support.demo_shop import NOW, DemoShop

ALICE = Identity("alice", "C1001")
NIGHT = NOW + timedelta(hours=10)  # 22:00 in the shop


@pytest.mark.parametrize(
    ("hour", "open_now", "back"),
    [
        (0, False, datetime(2026, 11, 18, 1, tzinfo=timezone.utc)),
        (9, True, None),
        (20, True, None),
        (21, False, datetime(2026, 11, 19, 1, tzinfo=timezone.utc)),
    ],
)
def test_hours_are_shop_time(shop: DemoShop, hour: int, open_now: bool, back: datetime | None) -> None:
    moment = datetime(2026, 11, 17, 16, tzinfo=timezone.utc) + timedelta(hours=hour)
    with shop.read() as tx:
        hours = hours_at(Policy.load(tx, now=NOW), moment)
    assert (hours.open_now, hours.opens, hours.closes) == (open_now, time(9), time(21))
    assert hours.next_open_at == (back or moment)


def test_a_person_is_asked_for_once(shop: DemoShop) -> None:
    with shop.write() as tx:
        first = open_ticket(tx, ALICE, "human", "wants a person", now=NOW)
        again = open_ticket(tx, ALICE, "human", "still wants one", now=NOW)
        about = open_ticket(tx, ALICE, "human", "about an order", now=NOW, order_number="KF10000001")
    assert (first.new, again.new, about.new) == (True, False, True)
    assert first.ticket == again.ticket
    assert (about.ticket.order_number, about.ticket.customer_id) == ("KF10000001", "C1001")


def test_outside_the_hours_it_is_a_callback(shop: DemoShop) -> None:
    with shop.write() as tx:
        assert open_ticket(tx, ALICE, "human", "wants a person", now=NIGHT).ticket.kind == "callback"
        assert open_ticket(tx, ALICE, "safety", "smoke", now=NIGHT).ticket.kind == "safety"


def test_somebody_elses_order_is_not_written_down(shop: DemoShop) -> None:
    with shop.write() as tx:
        opened = open_ticket(tx, ALICE, "complaint", "rude", now=NOW, order_number="KF10000007")
    assert opened.ticket.order_number is None


def test_asking_for_a_person_marks_the_session(shop: DemoShop) -> None:
    with shop.write() as tx:
        session = open_session(tx, customer_id="C1001", language=None, now=NOW, hours=1)
        ask_for_person(tx, Identity(session.session_id, "C1001"), "human", "wants a person", now=NOW)
        ask_for_person(tx, Identity("no-row"), "human", "a developer's shell", now=NOW)
        marked = tx.sessions.get(session.session_id)
    assert marked is not None and marked.state == "human"


def test_a_customer_finds_their_tickets_again_and_a_guest_this_sessions(shop: DemoShop) -> None:
    with shop.write() as tx:
        first = open_ticket(tx, ALICE, "payment", "charged twice", now=NOW).ticket
        later = Identity("another-day", "C1001")
        second = open_ticket(tx, later, "human", "hello", now=NOW + timedelta(hours=1)).ticket
        guest = Identity("alice-as-guest")
        third = open_ticket(tx, guest, "human", "hello", now=NOW).ticket
        assert tickets_of(tx, later) == [second, first]
        assert tickets_of(tx, guest) == [third]


def clause(**params: str) -> Policy:
    return Policy({"hours.1": Clause("hours.1", 1, params, "", "", NOW)})


def test_what_the_policy_lacks_is_named() -> None:
    with pytest.raises(ConfigError, match="no clause 'limit.amount' in force .*policy.csv"):
        clause().money("limit.amount", "amount")
    with pytest.raises(ConfigError, match="no parameter 'tz' in clause hours.1"):
        assert clause().zone
    with pytest.raises(ConfigError, match="wanted an IANA name"):
        assert clause(tz="Mars/Base").zone
    with pytest.raises(ConfigError, match="wanted a time like 09:00"):
        clause(open="nine").hour("hours.1", "open")
    with pytest.raises(ConfigError, match="wanted a whole number"):
        clause(open="nine").number("hours.1", "open")
    assert clause(close="24:00").hour("hours.1", "close") == time.max
