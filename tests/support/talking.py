"""A conversation in which the test names the intent: real catalogue entities, real actions, real words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import KefuAction
from kefu.language.catalogue import Catalogue
from kefu.language.entities import CatalogueMatcher
from kefu.language.lexicon import Lexicon
from kefu.language.weights import packaged_vocabulary
from kefu.store.seed import packaged_data
from tests.support.acting import SESSION, Stage
from tests.support.project import domain

DEMO = packaged_data() / "shop"


@lru_cache(maxsize=4)
def matcher(folder: Path) -> CatalogueMatcher:
    """What finds the names of a shop's tables in a text."""
    return CatalogueMatcher(Catalogue.from_folder(folder), Lexicon.read(packaged_vocabulary()))


@dataclass
class Talk:
    """A customer's conversation on a stage; slots and events are kept as Rasa keeps them."""

    stage: Stage
    language: str = "en"
    folder: Path = DEMO
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)  # of the last words

    def say(self, action: KefuAction, intent: str, text: str, *learnt: dict[str, Any]) -> str:
        """Say ``text``, understood as ``intent``; ``learnt`` are entities that the classifier would find."""
        found = [
            {"entity": f.entity, "start": f.start, "end": f.end, "value": f.value, **f.extra}
            for f in matcher(self.folder).find(text)
        ]
        message = {"text": text, "intent": {"name": intent}, "entities": [*found, *learnt]}
        self.events.append({"event": "user", "parse_data": message})
        return self.run(action)

    def run(self, action: KefuAction) -> str:
        """Run an action behind what was said last; its words, a line a message."""
        users = [event for event in self.events if event["event"] == "user"]
        message = users[-1]["parse_data"] if users else {}
        known = {"language": self.language, **self.slots}
        tracker = Tracker(SESSION, known, message, self.events, False, None, {}, None)
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(action.run(dispatcher, tracker, {})):
            self.events.append(event)
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return "\n".join(self._keep(message) for message in dispatcher.messages)

    def _keep(self, message: dict[str, Any]) -> str:
        """The words of a message, which stay in the conversation with what was noted on them."""
        self.custom = json.loads(json.dumps(message.get("custom") or {}))
        self.events.append({"event": "bot", "data": {"custom": self.custom}})
        english, chinese = domain()["responses"][message["response"]]
        text: str = (chinese if self.language == "zh" else english)["text"]
        return text.format(**message)
