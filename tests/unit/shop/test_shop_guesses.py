"""Ten thousand guesses of order numbers: nothing tells what is not yours from what is not there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import asks, forms
from actions.asks import ActionAskGuestCode
from actions.every_form import (
    ValidateCancelForm,
    ValidateInvoiceForm,
    ValidateOrderStatusForm,
    ValidateRefundStatusForm,
)
from actions.turn import Turn
from kefu.shop.confirmations import propose
from kefu.shop.identity import Identity, check_code, may_see, send_code, visible_orders
from kefu.shop.operation import KINDS, Operation
from kefu.shop.operations import assess, perform
from kefu.shop.selection import Mention, choose
from kefu.shop.tickets import open_ticket
from kefu.store import Transaction, schema
from kefu.store.chat_records import Session
from tests.support.codes import RULES, guest
from tests.support.demo_shop import NOW, DemoShop

ALICE, GUEST = Identity("alice", customer_id="C1001"), Identity("guest")
GUESSES = 10_000
NOBODYS = "KF99999999"
FULL = {ord("0") + n: 0xFF10 + n for n in range(10)}
ARABIC = {ord("0") + n: 0x0660 + n for n in range(10)}
Ask = Callable[[Transaction, Identity, str], Any]


def numbers(shop: DemoShop, *, theirs: bool) -> list[str]:
    """Order numbers of the shop that are (not) Alice's."""
    with shop.read() as tx:
        rows = tx._all(sa.select(schema.orders.c.order_number, schema.orders.c.customer_id))
    return sorted(row["order_number"] for row in rows if (row["customer_id"] == "C1001") == theirs)


def disguised(number: str, draw: random.Random) -> str:
    """The number in a way that looks alike."""
    ways = (
        number.lower(),
        f" {number}\n",
        number.translate(FULL),
        number.translate(ARABIC),
        f"\u200b{number}",
        number.replace("K", "\u041a"),  # Cyrillic
        number.replace("0", "O", 1),
        f"{number}\u0301",
        f"{number}' OR '1'='1",
        f"{number}%",
        "_" * len(number),
        number[:5] + "\u00ad" + number[5:],
        f"\u202e{number[::-1]}",
        number + "\x00",
        number * 9,
    )
    return draw.choice(ways)


def guesses(shop: DemoShop) -> Iterator[str]:
    """Existing numbers of others, near ones, random ones, and all of these in disguise."""
    draw, others, mine = random.Random(7), numbers(shop, theirs=False), set(numbers(shop, theirs=True))
    while True:
        existing = draw.choice(others)
        near = f"KF{int(existing[2:]) + draw.choice((-3, -2, -1, 1, 2, 3, 10, 100)):08d}"
        far = f"KF{draw.randrange(10**8):08d}"
        for guess in (existing, near, far, *(disguised(one, draw) for one in (existing, near, far))):
            if guess.strip().upper() not in mine:
                yield guess


def asking(kind: str) -> dict[str, Ask]:
    """Every way to ask for an operation of ``kind``."""

    def wish(number: str) -> Operation:
        return Operation(kind, number, invoice_kind="personal", reason="unwanted", variant="black")

    return {
        f"assess {kind}": lambda tx, who, number: assess(tx, who, wish(number), now=NOW),
        f"perform {kind}": lambda tx, who, number: perform(tx, who, wish(number), now=NOW, key="a-key"),
        f"propose {kind}": lambda tx, who, number: propose(tx, who, wish(number), now=NOW),
    }


def chosen(tx: Transaction, who: Identity, number: str) -> Any:
    mention = Mention(order_numbers=(number,))
    return choose(tx, who, mention, suits=lambda order, line: True, whole_orders=True)


def ticket(tx: Transaction, who: Identity, number: str) -> Any:
    opened = open_ticket(tx, who, "complaint", "words", now=NOW, order_number=number).ticket
    return opened.kind, opened.order_number, opened.summary, opened.customer_id


def ways() -> dict[str, Ask]:
    """Every function of the shop that takes an order number and a speaker."""
    asked: dict[str, Ask] = {"see": may_see, "choose": chosen, "ticket": ticket}
    for kind in KINDS:
        asked |= asking(kind)
    return asked


def answer(ask: Ask, tx: Transaction, who: Identity, number: str) -> str:
    """What came of it, with the number itself taken out."""
    return repr(ask(tx, who, number)).replace(repr(number), "#")


def rows(tx: Transaction) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        table.name: sorted(map(repr, tx._all(sa.select(table)))) for table in schema.metadata.sorted_tables
    }


@pytest.mark.parametrize(
    "who", [ALICE, GUEST, Identity("maria", verified_order="KF10000005")], ids=lambda i: i.session_id
)
def test_every_function_answers_alike_about_what_is_not_there_and_not_theirs(
    shop: DemoShop, who: Identity
) -> None:
    draw = random.Random(3)
    existing = draw.sample(numbers(shop, theirs=False), 12)
    others = [*existing, *(disguised(number, draw) for number in existing)]
    with shop.write() as tx:
        for ask in ways().values():
            wanted = answer(ask, tx, who, NOBODYS)
            before = rows(tx)
            assert {answer(ask, tx, who, number) for number in others} == {wanted}
            assert rows(tx) == before


def test_ten_thousand_guesses_show_nothing_and_write_nothing(shop: DemoShop) -> None:
    asked = [(ask, who) for ask in ways().values() for who in (ALICE, GUEST)]
    with shop.write() as tx:
        wanted = [answer(ask, tx, who, NOBODYS) for ask, who in asked]
        before, found, made = rows(tx), [], guesses(shop)
        for ((ask, who), expected), _ in zip(
            cycle(zip(asked, wanted, strict=True)), range(GUESSES), strict=False
        ):
            number = next(made)
            if answer(ask, tx, who, number) != expected:
                found.append(number)
        assert found == [] and rows(tx) == before


def test_a_guest_has_no_orders(shop: DemoShop) -> None:
    with shop.read() as tx:
        assert visible_orders(tx, GUEST) == []


# --- the code that proves an order


def traces(tx: Transaction, session_id: str) -> str:
    """What a request for a code leaves in every table but the outbox, without the number, hash and ids."""
    kept = [table for table in schema.metadata.sorted_tables if table.name in ("sessions", "codes", "audit")]
    found = []
    for table in kept:
        where = table.c.subject == session_id if table.name == "audit" else table.c.session_id == session_id
        found += [dict(row) for row in tx._all(sa.select(table).where(where))]
    for row in found:
        row.pop("code_hash", None)
    return re.sub(r"'(code_id|audit_id|seq)': \d+", "", repr(found)).replace(session_id, "*")


def test_asking_for_a_code_says_and_writes_the_same(shop: DemoShop) -> None:
    made, existing, seen = guesses(shop), set(numbers(shop, theirs=False)), set()
    owners = 0
    for count in range(400):
        number = next(made)
        if not number.strip().upper().isprintable():
            continue
        session_id = f"g{count}"
        with shop.write() as tx:
            tx.sessions.add(Session(session_id, None, None, NOW, NOW))
            if not send_code(tx, session_id, number, now=NOW, rules=RULES):
                continue  # the number was guessed twelve times by now; unknown ones have the same limit
            owners += number.strip().upper() in existing
            plain = number.strip().upper()[:64]
            seen.add(traces(tx, session_id).replace(repr(plain), "#").replace(plain, "#"))
            assert not check_code(tx, session_id, "000000", now=NOW, rules=RULES)
    with shop.read() as tx:
        mails = tx.outbox.newest(2000)
    assert len(seen) == 1 and len(mails) == owners > 50


# --- words


FORMS = (ValidateOrderStatusForm, ValidateRefundStatusForm, ValidateCancelForm, ValidateInvoiceForm)


def said(shop: DemoShop, who: Identity, form: type[forms.TaskForm], number: str) -> str:
    """Everything that the assistant says and does when somebody names an order in a form."""
    entity = {"entity": "order_number", "value": number, "start": 0, "end": len(number)}
    message = {"text": number, "intent": {"name": "inform", "confidence": 1.0}, "entities": [entity]}
    event = {"event": "user", "parse_data": message}
    slots = {"requested_slot": "item" if who.customer_id else "guest_order", "language": "en"}
    tracker = Tracker(who.session_id, slots, message, [event], False, None, {"name": form.form}, None)
    turn = Turn(tracker, CollectingDispatcher(), who, NOW, lambda: "Asia/Shanghai")
    with shop.write() as tx:
        events = form().act(turn, tx)
        if who.guest:
            events += ActionAskGuestCode().act(turn, tx)
    return repr([turn.dispatcher.messages, events]).replace(number, "#")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.form)
def test_the_words_are_the_same(
    shop: DemoShop, form: type[forms.TaskForm], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "code_rules", lambda: RULES)
    monkeypatch.setattr(asks, "settings", lambda: type("Known", (), {"code_minutes": 10}))
    emails = _emails(shop)
    for who in (ALICE, GUEST):
        guest(shop.store, who.session_id, now=NOW)
        heard = {
            said(shop, who, form, number) for number in (NOBODYS, *numbers(shop, theirs=False)[:10], "KF123")
        }
        assert len(heard) == 1
        assert ("refused_not_visible" if who is ALICE else "say_ask_guest_code") in next(iter(heard))
        assert not [email for email in emails if email.partition("@")[0] in next(iter(heard))]


def _emails(shop: DemoShop) -> list[str]:
    with shop.read() as tx:
        return [customer.email for customer in tx.customers.first(99)]
