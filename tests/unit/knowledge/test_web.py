"""Pages from a real server: limits, retries, marks, redirects, and what is not what it says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from kefu.errors import ConfigError
from kefu.knowledge.readers import web as module
from kefu.knowledge.readers.web import Web
from tests.support.pages import Pages, pages

WEB = Web(seconds=0.5, first_wait=0.01)


@pytest.fixture
def site() -> Iterator[Pages]:
    with pages() as found:
        yield found


def test_a_page_comes_with_its_form_and_marks(site: Pages) -> None:
    url = site.put("/faq", "<p>x</p>", "text/html; charset=utf-8", headers={"ETag": '"1"'})
    page = WEB.fetch(url)
    assert page is not None and (page.data, page.form, page.etag) == (b"<p>x</p>", "html", '"1"')
    assert WEB.fetch(url, etag='"1"') is None and WEB.fetch(url, etag='"0"') == page


@pytest.mark.parametrize(
    ("path", "kind", "form"),
    [
        ("/a.csv", "text/csv", "csv"),
        ("/a.csv", "text/plain", "csv"),
        ("/a.pdf", "application/octet-stream", "pdf"),
        ("/a", "application/json", "json"),
        ("/a.jsonl", "application/json", "jsonl"),
        ("/a.php", "text/html", "html"),
    ],
)
def test_its_form_is_told_by_the_server_else_by_the_address(
    site: Pages, path: str, kind: str, form: str
) -> None:
    page = WEB.fetch(site.put(path, "x", kind))
    assert page is not None and page.form == form


@pytest.mark.parametrize(
    ("path", "kind", "wanted"),
    [("/a.csv", "text/html", "says text/html; wanted csv, as its address says"),
     ("/a", "image/png", "says image/png of what it is"), ("/a", "text/plain", "says text/plain")],
)  # fmt: skip
def test_what_is_not_what_it_says_is_refused(site: Pages, path: str, kind: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        WEB.fetch(site.put(path, "x", kind))


def test_what_passes_is_tried_again_and_what_stays_is_not(site: Pages) -> None:
    assert WEB.fetch(site.put("/slow", "x", fails=2)) is not None
    with pytest.raises(ConfigError, match="answers 503"):
        WEB.fetch(site.put("/down", "x", fails=3))
    with pytest.raises(ConfigError, match="answers 404"):
        WEB.fetch(site.url + "/nowhere")
    assert [path for path, _ in site.asked] == ["/slow"] * 3 + ["/down"] * 3 + ["/nowhere"]


def test_who_does_not_answer_is_left(site: Pages) -> None:
    with pytest.raises(ConfigError, match="ReadTimeout"):
        Web(seconds=0.1, attempts=2, first_wait=0.01).fetch(site.put("/stalls", "x", stalls=0.6))
    with pytest.raises(ConfigError, match="ConnectError"):
        WEB.fetch("http://127.0.0.1:1/")


def test_a_page_that_is_too_large_is_left_on_the_way(site: Pages) -> None:
    with pytest.raises(ConfigError, match=r"more than 1,000 bytes \(--most-mb\)"):
        Web(most_bytes=1_000).fetch(site.put("/large", b"x" * 5_000_000))
    assert len(site.asked) == 1


@pytest.mark.parametrize("url", ["ftp://x.example/a", "file:///etc/passwd", "https://", "x", "http://[::1"])
def test_only_http_is_asked(url: str) -> None:
    with pytest.raises(ConfigError):
        WEB.fetch(url)


def test_a_redirect_leads_to_the_same_server_and_to_no_private_one(site: Pages) -> None:
    site.put("/new", "here")
    old = site.put("/old", status=301, headers={"Location": "/new"})
    page = WEB.fetch(old)
    assert page is not None and page.data == b"here"
    with pages() as inner:
        secret = inner.put("/secret", "inside")
        away = site.put("/away", status=302, headers={"Location": secret})
        with pytest.raises(ConfigError, match=r"private address 127\.0\.0\.1; --allow-private"):
            WEB.fetch(away)
        assert inner.asked == []
        allowed = Web(allow_private=True).fetch(away)
        assert allowed is not None and allowed.data == b"inside"
    file = site.put("/file", status=302, headers={"Location": "file:///etc/passwd"})
    with pytest.raises(ConfigError, match="found file scheme"):
        WEB.fetch(file)
    round_and_round = site.put("/round", status=302, headers={"Location": "/round"})
    with pytest.raises(ConfigError, match="redirects more than 5 times"):
        WEB.fetch(round_and_round)


def test_a_redirect_to_a_public_name_asks_the_address_that_was_checked(
    site: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the name is looked up once: a second look could be told another address
    port = int(site.url.rpartition(":")[2])
    looked: list[str] = []

    known = socket.getaddrinfo

    def lookup(host: str, *more: Any, **options: Any) -> Any:
        looked.append(host)
        return known("127.0.0.1" if host == "public.example" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(module, "_is_public", lambda address: True)
    site.put("/there", "public")
    url = site.put("/here", status=302, headers={"Location": f"http://public.example:{port}/there"})
    first = Web(attempts=1)
    page = first.fetch(url)
    assert page is not None and page.data == b"public" and looked.count("public.example") == 1
    assert site.asked[-1][1]["Host"] == f"public.example:{port}"


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1",
                                     "::ffff:10.0.0.1", "0.0.0.0", "224.0.0.1"])  # fmt: skip
def test_what_a_private_address_is(address: str) -> None:
    assert not module._is_public(address) and module._is_public("93.184.215.14")
