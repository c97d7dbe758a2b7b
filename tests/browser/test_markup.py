"""500 strings that would run as scripts somewhere: shown as they are, none runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from kefu.channels.text import normalise
from tests.support.chat_page import ready

pytestmark = pytest.mark.browser
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


def strings() -> Iterator[str]:
    yield from WHOLE
    for opening, tag, event in itertools.product(OPENINGS, TAGS, EVENTS):
        yield f"{opening}<{tag} src=x {event}={RUN}>"
        # twice as many ways to write the same: no space between name and attribute
        yield f"{opening}<{tag.split()[0]}/{event}={RUN}//>x"


CASES = list(itertools.islice(strings(), 500))


def test_none_of_500_strings_runs(browser: Browser, server_url: str) -> None:
    assert len(set(CASES)) == 500
    context = browser.new_context(locale="en-GB")
    session = _said(server_url)
    context.add_init_script(f"localStorage['kefu.session'] = {session!r}")
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(server_url)
    ready(page)
    page.wait_for_function("document.querySelectorAll('.line.assistant').length === 500")
    shown = page.locator(".line.customer .text").all_text_contents()
    assert shown == [normalise(text) for text in CASES]
    assert page.evaluate("document.querySelectorAll('#log :is(script, iframe, object, a)').length") == 0
    page.mouse.move(200, 300)
    page.wait_for_timeout(500)
    assert page.evaluate("window.__ran") is None and dialogs == []
    context.close()


def _said(server_url: str) -> str:
    """A conversation in which they were all said, and said back, as the page keeps it."""
    import json

    with httpx.Client(base_url=server_url, timeout=30) as client:
        session = client.post("/chat/sessions", json={}).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        for text in CASES:
            answer = client.post("/webhooks/rest/webhook", json={"message": text}, headers=headers)
            assert answer.json()[0]["text"] == f"heard: {normalise(text)}", answer.text
    return json.dumps({**session, "who": ""})
