"""500 strings that would run as scripts somewhere, and answers that carry them in every part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

TOGETHER = 25  # strings of one answer
ASKED = "hostile"  # the scripted assistant answers "hostile 3" with the fourth answer
RUN = "window.__ran=1"
TAGS = (
    "img",
    "svg",
    "body",
    "video",
    "iframe",
    "details open",
    "input autofocus",
    "marquee",
    "math",
    "object",
)
EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onclick", "onmouseover", "onanimationstart", "onbegin")
OPENINGS = ("", '"', "'", "-->", "</textarea>", "</title>")
WHOLE = (
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script/src=data:,{RUN}></script>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<base href=//evil.example><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"<template><script>{RUN}</script></template>",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"<svg><script>{RUN}</script></svg>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<meta http-equiv=refresh content='0;javascript:{RUN}'>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
)


def _strings() -> Iterator[str]:
    yield from WHOLE
    for opening, tag, event in itertools.product(OPENINGS, TAGS, EVENTS):
        yield f"{opening}<{tag} src=x {event}={RUN}>"
        # twice as many ways to write the same: no space between name and attribute
        yield f"{opening}<{tag.split()[0]}/{event}={RUN}//>x"


CASES = tuple(itertools.islice(_strings(), 500))


def answer(number: int) -> dict[str, Any]:
    """The answer with the strings from ``number * TOGETHER`` on in cards; the last has buttons of them all.

    The page shows the buttons of the last answer only.
    """
    mine = CASES[number * TOGETHER : (number + 1) * TOGETHER]
    cards = [card for text in mine for card in (_product(text), _order(text))]
    last = (number + 1) * TOGETHER >= len(CASES)
    buttons = [{"title": text, "payload": text} for text in CASES] if last else []
    address = f"javascript:{RUN}"
    return {"text": mine[0], "image": address, "buttons": buttons, "custom": {"cards": cards, "note": mine}}


def _product(text: str) -> dict[str, Any]:
    facts = {"product_id": text, "name": text, "price": text, "stock": text, "details": [text]}
    return {"kind": "product", **facts}


def _order(text: str) -> dict[str, Any]:
    return {
        "kind": "order", "type": "goods", "order_number": text, "status": text, "total": text, "eta": text,
        "items": [{"name": text, "quantity": 2}], "carrier": text, "tracking_number": text,
    }  # fmt: skip
