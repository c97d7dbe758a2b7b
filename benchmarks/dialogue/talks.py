"""Conversations to learn from, and conversations to be judged by."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates, TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import TrainingDataImporter

from kefu.components.dialogue_policy import moments
from kefu.dialogue.moments import LISTEN, Moment
from kefu.settings import Settings

# What these mean was said before them: they stay behind the turn that they follow.
FOLLOWING = {"affirm", "deny", "stop", "correct", "inform", "nlu_fallback", "ask_why"}
Turn = tuple[Event, ...]


@dataclass(frozen=True)
class Case:
    """A conversation up to a choice, and the action that is right; ``moments``: what a policy looks at."""

    tracker: DialogueStateTracker
    moments: tuple[Moment, ...]
    wanted: str

    @property
    def answers(self) -> bool:
        """Whether it is the first action behind a message."""
        return self.moments[-1].action == LISTEN


@dataclass(frozen=True)
class Talks:
    """What `rasa train` makes of data/rules and data/stories, and the test conversations, turn by turn."""

    domain: Domain
    training: Sequence[TrackerWithCachedStates]
    held_out: Sequence[Sequence[Turn]]

    @staticmethod
    def read() -> Talks:
        """From the project's root."""
        root = Settings.load().root
        data = _importer(root, "data/rules", "data/stories")
        domain = data.get_domain()
        training = TrainingDataGenerator(data.get_stories(), domain, augmentation_factor=50).generate()
        tests = TrainingDataGenerator(
            _importer(root, "tests/conversations").get_conversation_tests(), domain,
            use_story_concatenation=False, augmentation_factor=0,
        ).generate()  # fmt: skip
        return Talks(domain, training, [_turns(tracker.events) for tracker in tests])

    def own(self) -> list[Sequence[Turn]]:
        """The stories that were learnt, as they are."""
        told = [one for one in self.training if not (one.is_augmented or one.is_rule_tracker)]
        return [_turns(tracker.events) for tracker in told]

    def rules(self) -> list[Turn]:
        """The turns of the rules that hold anywhere and open no form."""
        forms = set(self.domain.form_names)
        told = [_turns(tracker.events) for tracker in self.training if tracker.is_rule_tracker]
        return [turn for turns in told for turn in turns if _begins(turn) and not _names(turn) & forms]

    def with_rules_as_stories(self) -> list[TrackerWithCachedStates]:
        """All training conversations, with each turn of a rule as a story of its own; for TED, which else
        gets no rules."""
        made = [
            TrackerWithCachedStates.from_events("rule", [ActionExecuted(LISTEN), *turn], domain=self.domain,
                                                slots=self.domain.slots)
            for tracker in self.training if tracker.is_rule_tracker
            for turn in _turns(tracker.events) if _begins(turn)
        ]  # fmt: skip
        return [*(one for one in self.training if not one.is_rule_tracker), *made]

    def cases(self, talks: Sequence[Sequence[Turn]], *, most: int, seed: int) -> list[Case]:
        """The choices in ``talks``, those that look alike once, of which ``most`` drawn by ``seed``."""
        found = {
            (case.moments, case.wanted): case
            for turns in talks
            for case in _cases([ActionExecuted(LISTEN), *(e for turn in turns for e in turn)], self.domain)
        }
        kept = list(found.values())
        random.Random(seed).shuffle(kept)
        return kept[:most]


def interrupted(talks: Sequence[Sequence[Turn]], rules: Sequence[Turn], *, seed: int) -> list[list[Turn]]:
    """Each talk with the turns of one to three rules in between; a form that was asking asks again."""
    rng = random.Random(seed)
    return [_interrupted(turns, rules, rng) for turns in talks]


def reordered(talks: Sequence[Sequence[Turn]], *, seed: int) -> list[list[Turn]]:
    """Two talks at a time, their parts in a new order, entities with other values.

    A part begins where no form is active, with a message that does not follow the one before.
    """
    rng = random.Random(seed)
    shuffled = rng.sample(list(talks), len(talks))
    found = []
    for first, second in zip(shuffled[::2], shuffled[1::2], strict=False):
        parts = [*_parts(first), *_parts(second)]
        rng.shuffle(parts)
        found.append([tuple(map(_renamed, turn)) for part in parts for turn in part])
    return found


def _importer(root: object, *folders: str) -> TrainingDataImporter:
    paths = [f"{root}/{folder}" for folder in folders]
    return TrainingDataImporter.load_from_dict(training_data_paths=paths, domain_path=f"{root}/domain.yml")


def _turns(events: Sequence[Event]) -> list[Turn]:
    """From each message to the waiting for the next one."""
    starts = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    told = list(map(_plain, events))
    return [tuple(told[a:b]) for a, b in zip(starts, [*starts[1:], len(told)], strict=False)]


def _plain(event: Event) -> Event:
    """A message without its words, as stories have it: both policies read the intent."""
    return UserUttered(None, event.intent, event.entities) if isinstance(event, UserUttered) else event


def _renamed(event: Event) -> Event:
    if not isinstance(event, UserUttered):
        return event
    return UserUttered(None, event.intent, [{**entity, "value": "another"} for entity in event.entities])


def _begins(turn: Turn) -> bool:
    return bool(turn) and isinstance(turn[0], UserUttered) and bool(turn[0].intent_name)


def _names(turn: Sequence[Event]) -> set[str]:
    return {event.action_name for event in turn if isinstance(event, ActionExecuted) and event.action_name}


def _loop(events: Sequence[Event], before: str | None) -> str | None:
    for event in events:
        before = event.name if isinstance(event, ActiveLoop) else before
    return before


def _interrupted(turns: Sequence[Turn], rules: Sequence[Turn], rng: random.Random) -> list[Turn]:
    chosen = [rng.randrange(len(turns) + 1) for _ in range(rng.randint(1, 3))]
    found: list[Turn] = []
    loop: str | None = None
    for place in range(len(turns) + 1):
        found += [_asking_again(rng.choice(rules), loop) for _ in range(chosen.count(place))]
        if place < len(turns):
            found.append(turns[place])
            loop = _loop(turns[place], loop)
    return found


def _asking_again(turn: Turn, loop: str | None) -> Turn:
    if loop is None:
        return turn
    return (*(e for e in turn if _names([e]) != {LISTEN}), ActionExecuted(loop), ActionExecuted(LISTEN))


def _parts(turns: Sequence[Turn]) -> list[list[Turn]]:
    parts: list[list[Turn]] = []
    loop: str | None = None
    for turn in turns:
        first = turn[0]
        assert isinstance(first, UserUttered)
        if not parts or (loop is None and first.intent_name not in FOLLOWING):
            parts.append([])
        parts[-1].append(turn)
        loop = _loop(turn, loop)
    return parts


def _cases(events: Sequence[Event], domain: Domain) -> Iterator[Case]:
    """Every choice behind the first message, as `rasa test` counts them."""
    whole = DialogueStateTracker.from_events("", events, slots=domain.slots)
    applied = whole.applied_events()
    history = moments(whole.past_states(domain))
    places = [place for place, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    for number, place in enumerate(places, start=1):
        if number > 1:
            tracker = DialogueStateTracker.from_events("", applied[:place], slots=domain.slots)
            (wanted,) = _names(applied[place : place + 1])
            yield Case(tracker, history[:number], wanted)
