"""What the audit keeps of what was done: enough to decide it again, and nothing personal."""

from __future__ import annotations

import json

from kefu.shop.identity import Identity, open_session, send_code
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.store.records import Address
from tests.support.codes import RULES
from tests.support.demo_shop import NOW, DemoShop

HOME = Address("Zoë Ünal", "+90-555-1234", "12 Harbour Rd", "999077", "HK")
MADE = (
    ("cancel", "KF10000001", {}),
    ("change_address", "KF10000018", {"address": HOME}),
    ("return", "KF10000016", {"reason": "damaged"}),
    ("refund", "KF10000005", {}),
    ("exchange", "KF10000021", {"variant": " GREEN "}),
    ("warranty", "KF10000004", {}),
    ("invoice", "KF10000003", {"invoice_kind": "company", "company": "Acme Kft", "tax_number": "HU-77"}),
    ("lost_parcel", "KF10000010", {}),
    ("cancel", "KF10000015", {}),
)


def test_an_entry_says_what_was_asked_for_and_what_it_came_to(shop: DemoShop) -> None:
    shop.perform("return", "KF10000019", reason="unwanted", items=(Item(1, 1),))
    with shop.read() as tx:
        (entry,) = tx.audit.of_subject("KF10000019")
    assert (entry.actor, entry.action, entry.at) == ("C1006", "return", NOW)
    assert entry.detail == {
        "session": "s-KF10000019",
        "code": "done_return",
        "clause": "return.1",
        "items": [[1, 1]],
        "reason": "unwanted",
        "variant": None,
        "amount": [4500, "USD"],
    }


def test_the_audit_holds_no_personal_data(shop: DemoShop) -> None:
    for kind, number, fields in MADE:
        assert shop.perform(kind, number, key=f"{kind}-{number}", **fields).kind == "done"
    with shop.write() as tx:
        guest = open_session(tx, customer_id=None, language="en", now=NOW, hours=1)
        for typed in ("KF10000016", "maria@example.com", "+34-600-000-005"):
            send_code(tx, guest.session_id, typed, now=NOW, rules=RULES)
        maria = Identity("s", verified_order="KF10000029")
        perform(tx, maria, Operation("cancel", "KF10000029"), now=NOW, key="g")
        written = json.dumps([dict(row) for row in tx.audit.rows()], ensure_ascii=False).casefold()
        customers = tx.customers.first(100)
        methods = {order.payment_method for order in tx.orders.each()}
    assert len(customers) == 9 and "kf10000016" in written
    personal = {value for one in customers for value in (one.name, one.email, one.phone, one.address)}
    personal |= {HOME.name, HOME.phone, HOME.address, "Acme Kft", "HU-77"} | methods
    assert [value for value in sorted(personal) if value and value.casefold() in written] == []
