"""Past chats as proposals: what customers asked, with what agents answered, for a person to review."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kefu.errors import ConfigError
from kefu.knowledge.drafts import derived_id
from kefu.knowledge.masking import masked
from kefu.knowledge.near import NearIndex, words
from kefu.knowledge.passages import Passage
from kefu.knowledge.readers.blocks import asks
from kefu.knowledge.readers.rows import Bad, Row

CUSTOMER = frozenset({
    "customer", "user", "client", "buyer", "visitor", "guest", "顾客", "客户", "买家", "用户",
})  # fmt: skip
AGENT = frozenset({
    "agent", "assistant", "support", "operator", "seller", "staff", "bot", "客服", "卖家", "商家",
})  # fmt: skip
_NAMES: Mapping[str, tuple[str, ...]] = {
    "conversation": ("conversation", "conversation_id", "chat", "chat_id", "session", "会话", "对话"),
    "from": ("from", "sender", "role", "speaker", "author", "发送者", "角色"),
    "text": ("text", "message", "content", "body", "内容", "消息"),
    "at": ("at", "time", "timestamp", "sent_at", "date", "时间"),
}  # fmt: skip
ALIKE = 0.6  # Jaccard similarity of the words from which two customers asked the same
_FEW_WORDS, _SHORT_ANSWER, _LONG_QUESTION = 2, 15, 300
NOTE = "note"  # the column for who reviews; an import passes it over


@dataclass(frozen=True)
class Said:
    """One message of a chat, personal data taken out."""

    conversation: str
    customer: bool
    text: str
    at: str


@dataclass(frozen=True)
class Exchange:
    """A question of a customer and what the agent answered."""

    question: str
    answer: str
    language: str


@dataclass(frozen=True)
class Proposal:
    """A passage that chats suggest: new, or further questions of one that stands (``passage``)."""

    questions: tuple[str, ...]
    answer: str
    language: str
    seen: int  # in how many exchanges
    passage: Passage | None = None

    def cells(self) -> dict[str, str]:
        """The row for review: it can be imported as it is."""
        note = f"asked {self.seen} times"
        if "[" in self.answer:
            note += "; personal data was taken out of the answer: put it in general words"
        if self.passage is not None:
            old = self.passage
            questions = "\n".join(dict.fromkeys([*old.questions, *self.questions]))
            return {"id": old.passage_id, "language": old.language, "title": old.title, "answer": old.answer,
                    "questions": questions, "category": old.category, "clause": old.clause or "",
                    NOTE: f"{note}; agents answered: {self.answer}"}  # fmt: skip
        return {"id": derived_id(self.questions[0]), "language": self.language, "title": self.questions[0],
                "questions": "\n".join(self.questions), "answer": self.answer, "category": "chats",
                "clause": "", NOTE: note}  # fmt: skip


def messages(rows: Iterable[Row]) -> tuple[list[Said], list[Bad]]:
    """Rows with conversation, from, text and at, as messages; those without are bad."""
    found: list[Said] = []
    bad: list[Bad] = []
    for row in rows:
        try:
            found.append(_said(row))
        except ConfigError as error:
            bad.append(Bad(row.place, str(error)))
    return found, bad


def exchanges(said: Iterable[Said], *, detect: Callable[[str], str]) -> list[Exchange]:
    """Each question of a customer with the words of the agent that follow it."""
    chats: defaultdict[str, list[Said]] = defaultdict(list)
    for message in said:
        chats[message.conversation].append(message)
    return [found for chat in chats.values() for found in _of_chat(chat, detect)]


def proposals(found: Sequence[Exchange], standing: Iterable[Passage]) -> list[Proposal]:
    """One proposal for all that ask the same, the most asked first.

    The answer is the one that agents gave most often (of equals the first). What a standing passage
    is asked already word for word is not proposed again.
    """
    proposed = [_proposal(group) for group in _grouped(found)]
    index = NearIndex(
        [(place, words(question)) for place, one in enumerate(proposed) for question in one.questions],
        least=ALIKE,
    )
    nearest: dict[int, tuple[float, Passage]] = {}
    for passage in standing:
        for question in dict.fromkeys([passage.title, *passage.questions]):
            for place, alike in index.near(words(question)):
                same = passage.language == proposed[place].language
                if same and alike > nearest.get(place, (0.0, passage))[0]:
                    nearest[place] = alike, passage
    joined = [_joined(one, nearest.get(place)) for place, one in enumerate(proposed)]
    return sorted((one for one in joined if one is not None), key=lambda one: -one.seen)


def _joined(proposal: Proposal, near: tuple[float, Passage] | None) -> Proposal | None:
    if near is None:
        return proposal
    _, passage = near
    known = {question.casefold() for question in (passage.title, *passage.questions)}
    new = tuple(question for question in proposal.questions if question.casefold() not in known)
    return Proposal(new, proposal.answer, proposal.language, proposal.seen, passage) if new else None


def _proposal(group: Sequence[Exchange]) -> Proposal:
    answer, _ = Counter(one.answer for one in group).most_common(1)[0]
    questions = tuple(dict.fromkeys(one.question for one in group))
    return Proposal(questions, answer, group[0].language, len(group))


def _grouped(found: Sequence[Exchange]) -> list[list[Exchange]]:
    """Exchanges whose questions are alike, each with the first that it is like."""
    index = NearIndex([(place, words(one.question)) for place, one in enumerate(found)], least=ALIKE)
    groups: dict[int, list[Exchange]] = {}
    leader: dict[int, int] = {}
    for place, one in enumerate(found):
        near = (other for other, _ in index.near(words(one.question)) if other < place)
        first = next((leader[other] for other in near if found[other].language == one.language), place)
        leader[place] = first
        groups.setdefault(first, []).append(one)
    return list(groups.values())


def _of_chat(chat: Sequence[Said], detect: Callable[[str], str]) -> Iterator[Exchange]:
    turns = [list(group) for _, group in groupby(sorted(chat, key=lambda m: m.at), key=lambda m: m.customer)]
    for asked, answered in zip(turns, turns[1:], strict=False):
        question = _question(asked)
        answer = "\n".join(message.text for message in answered)
        if asked[0].customer and question and len(answer) >= _SHORT_ANSWER and not asks(answer):
            yield Exchange(question, answer, detect(question))


def _question(asked: Sequence[Said]) -> str:
    """The last message that asks, else the last; nothing where it is too short or long to be one."""
    texts = [message.text for message in asked]
    text = next((text for text in reversed(texts) if asks(text)), texts[-1])
    return text if len(words(text)) >= _FEW_WORDS and len(text) <= _LONG_QUESTION else ""


def _said(row: Row) -> Said:
    cells = {_name(name): value.strip() for name, value in row.cells.items()}
    for name in ("conversation", "from", "text"):
        if not cells.get(name):
            raise ConfigError(f"found no {name}; wanted conversation, from, text and at")
    speaker = cells["from"].lower()
    if speaker not in CUSTOMER | AGENT:
        known = ", ".join(sorted(CUSTOMER | AGENT))
        raise ConfigError(f"from: found {cells['from'][:40]!r}; wanted one of {known}")
    text = " ".join(masked(cells["text"]).replace("{", "(").replace("}", ")").split())
    return Said(cells["conversation"], speaker in CUSTOMER, text, cells.get("at", ""))


def _name(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return next((ours for ours, names in _NAMES.items() if plain in names), plain)
