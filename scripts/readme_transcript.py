"""The transcript in README.md: read it, and fill in what a running assistant says today.

Between the two marks stand dialogues, each under a heading that names who speaks::

    ### A customer (C1001)
    > where is my order KF10000002
    < Your order …

`> ` is what the customer types, `< ` a line of the answer. To write the answers anew, start a freshly
seeded assistant (`kefu seed --fresh`, `kefu up`) and run:

    python scripts/readme_transcript.py [http://127.0.0.1:5005]
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- transcript: begin -->", "<!-- transcript: end -->"
SPEAKER = re.compile(r"\(([A-Z]\d+|guest)\)\s*$")


@dataclass
class Exchange:
    """What the customer typed, and the lines of the answer."""

    said: str
    heard: list[str] = field(default_factory=list)


@dataclass
class Dialogue:
    """One conversation; ``speaker`` is a customer id or ``guest``."""

    heading: str
    speaker: str
    exchanges: list[Exchange] = field(default_factory=list)


def block(text: str) -> str:
    """What stands between the two marks; raises ValueError where they are not there."""
    _, begin, rest = text.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"found no transcript; wanted {BEGIN} and {END} in README.md")
    return inside


def read(text: str) -> list[Dialogue]:
    """The dialogues of a README; raises ValueError for a line that is none of the three kinds."""
    dialogues: list[Dialogue] = []
    for line in block(text).splitlines():
        if line.startswith("### "):
            dialogues.append(_headed(line))
        elif line.startswith("> "):
            dialogues[-1].exchanges.append(Exchange(line[2:]))
        elif line.startswith("< "):
            dialogues[-1].exchanges[-1].heard.append(line[2:])
        elif line.strip() not in ("", "```text", "```"):
            raise ValueError(f"found {line!r} in the transcript; wanted a line that begins with ###, > or <")
    return dialogues


def _headed(line: str) -> Dialogue:
    named = SPEAKER.search(line)
    if named is None:
        raise ValueError(f"found {line!r}; wanted (C1001), another customer's id or (guest) at its end")
    return Dialogue(line, named.group(1))


def write(dialogues: list[Dialogue]) -> str:
    """The dialogues as they stand between the marks."""
    return "\n" + "\n".join(_written(dialogue) for dialogue in dialogues)


def _written(dialogue: Dialogue) -> str:
    lines = [
        line
        for exchange in dialogue.exchanges
        for line in (f"> {exchange.said}", *(f"< {heard}" for heard in exchange.heard))
    ]
    return "\n".join([dialogue.heading, "```text", *lines, "```", ""])


def talk(url: str, dialogue: Dialogue) -> Dialogue:
    """The same dialogue with what the assistant at ``url`` answers now."""
    with httpx.Client(base_url=url, timeout=60) as http:
        headers = {"Authorization": f"Bearer {_session(http, dialogue.speaker)}"}
        spoken = Dialogue(dialogue.heading, dialogue.speaker)
        for exchange in dialogue.exchanges:
            reply = http.post("/webhooks/rest/webhook", json={"message": exchange.said}, headers=headers)
            reply.raise_for_status()
            spoken.exchanges.append(Exchange(exchange.said, lines_of(reply.json())))
        return spoken


def lines_of(messages: list[dict[str, str]]) -> list[str]:
    """The lines of an answer, empty ones left out."""
    lines = [line for message in messages for line in str(message.get("text") or "").splitlines()]
    return [line.strip() for line in lines if line.strip()]


def _session(http: httpx.Client, speaker: str) -> str:
    body = {}
    if speaker != "guest":
        signed = http.post("/chat/demo-token", json={"customer_id": speaker})
        signed.raise_for_status()
        body = {"customer_token": signed.json()["customer_token"]}
    opened = http.post("/chat/sessions", json=body)
    opened.raise_for_status()
    return str(opened.json()["token"])


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5005"
    text = README.read_text(encoding="utf-8")
    try:
        spoken = [talk(url, dialogue) for dialogue in read(text)]
    except (httpx.HTTPError, ValueError) as error:
        print(f"transcript: not written ({error}); is `kefu up` running at {url}?")
        return 1
    README.write_text(text.replace(block(text), write(spoken)), encoding="utf-8")
    print(f"transcript: {sum(len(dialogue.exchanges) for dialogue in spoken)} exchanges written to {README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
