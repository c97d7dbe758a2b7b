"""What must hold after every fault, decided from rows and from what clients saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.customers import APOLOGIES, SLOW, Customer
from benchmarks.faults.rows import Money, Rows


def problems(customers: Sequence[Customer], rows: Mapping[str, Rows], money: Money) -> list[str]:
    """Everything that is wrong, a line each; empty where nothing is.

    Every accepted message has one stored turn and one final answer or apology, in the order in which they
    were accepted; clients saw what is stored, once and without gaps; nothing was paid twice.
    """
    found = [
        f"{one.session_id[:6]}: {line}" for one in customers for line in _of_one(one, rows[one.session_id])
    ]
    return [*found, *_of_money(money)]


def _of_one(customer: Customer, rows: Rows) -> Iterator[str]:
    yield from _kept(customer, rows)
    yield from _answered(rows)
    yield from _remembered(rows)
    yield from _seen(customer, rows)


def _kept(customer: Customer, rows: Rows) -> Iterator[str]:
    there = Counter(row["message_id"] for row in rows.messages if row["author"] == "customer")
    for sent in customer.sent:
        if sent.accepted and there[sent.message_id] != 1:
            yield f"{sent.text!r} was acknowledged and stands {there[sent.message_id]} times in the inbox"
    numbers = [row["seq"] for row in rows.messages]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the numbers of its messages are {numbers}"


def _answered(rows: Rows) -> Iterator[str]:
    asked = [row for row in rows.messages if row["author"] == "customer"]
    wanted: list[str] = []
    for row in asked:
        answer = rows.turns.get(row["message_id"])
        if not answer or not row["answered"]:
            missing = "mark of its answer" if answer else "answer"
            yield f"{row['text']!r} was accepted and has no {missing}"
            continue
        if any(not (part.get("text") or part.get("image")) for part in answer):
            yield f"the answer to {row['text']!r} is empty"
        wanted += [str(part.get("text") or "") for part in answer]
    said = [row["text"] for row in rows.messages if row["author"] == "assistant" and row["text"] not in SLOW]
    if said != wanted:
        yield f"what was said is not the answers in their order: {_first_difference(said, wanted)}"
    if strange := set(rows.turns) - {row["message_id"] for row in asked}:
        yield f"there are turns of no message: {sorted(strange)}"


def _remembered(rows: Rows) -> Iterator[str]:
    """The tracker heard each message once, or not at all where the answer is an apology or our own words."""
    for message_id, answer in rows.turns.items():
        times = rows.heard.get(message_id, 0)
        apologised = any(part.get("text") in APOLOGIES for part in answer)
        if times > 1 or (times == 0 and not apologised and not rows.broken):
            yield f"the assistant's memory holds {message_id[:6]} {times} times: {_short(answer)}"


def _seen(customer: Customer, rows: Rows) -> Iterator[str]:
    for sent in customer.sent:
        kept = rows.turns.get(sent.message_id)
        if sent.answer is not None and customer.line is None and kept is not None:
            if [each.get("text") for each in sent.answer] != [each.get("text") for each in kept]:
                yield f"REST gave {_short(sent.answer)} to {sent.text!r}, kept is {_short(kept)}"
        elif sent.accepted and sent.answer is None:
            yield f"{sent.text!r} was acknowledged, and its customer saw no answer"
    if customer.line is None:
        return
    if customer.twice:
        yield f"the client was told {customer.twice} twice"
    stored = {row["seq"]: row["text"] for row in rows.messages}
    told = {number: one["text"] for number, one in customer.seen.items()}
    if told != stored:
        yield f"the client saw the numbers {sorted(told)}, stored are {sorted(stored)}"


def _of_money(money: Money) -> Iterator[str]:
    for name, paid in (("refunds", money.refunds), ("bookings", money.booked)):
        for what, counted in (
            ("key", Counter(one[0] for one in paid)),
            ("order", Counter(one[1] for one in paid)),
        ):
            yield from (f"{times} {name} of {what} {key}" for key, times in counted.items() if times > 1)
    if strange := {one[0] for one in money.booked} - {one[0] for one in money.refunds}:
        yield f"the provider paid what the shop knows nothing of: {sorted(strange)}"


def _first_difference(said: Sequence[str], wanted: Sequence[str]) -> str:
    for number, (one, other) in enumerate(zip(said, wanted, strict=False), 1):
        if one != other:
            return f"number {number} is {one[:60]!r}, wanted {other[:60]!r}"
    return f"{len(said)} texts, wanted {len(wanted)}: {(list(said) + list(wanted))[-1][:60]!r}"


def _short(answer: Sequence[Mapping[str, Any]]) -> str:
    return " / ".join(str(part.get("text"))[:50] for part in answer)
