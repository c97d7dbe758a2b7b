"""Made passages: products with brands, asked about in every way of `topics.tsv`, each once.

Passage ``i`` is the same whatever the size, so a larger set begins with the smaller one. Four
in five are English. Most have one question, as those of a product page have; some have three,
from which the re-ranking is learnt. One further wording of each is kept for the queries.
"""

from __future__ import annotations

import csv
import hashlib
import math
import random
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from kefu.knowledge.passages import Passage

TOPICS = Path(__file__).with_name("topics.tsv")
UPDATED = datetime(2026, 11, 1, tzinfo=timezone.utc)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BRANDS = _words(
    "Nordwind Akela Lumio Tarvo Brisk Okiro Velda Sonnet Marlo Pinefold Quarz Zephyra Hallmer "
    "Ilvo Corsa Driftly Ember Fennel Gantry Hexa Juno Kestrel Lattice Mistral Nimbus Orbita "
    "Pelika Rookwood Solveig Tundra"
)
MANNERS = _words(
    "wireless=无线 portable=便携 compact=迷你 foldable=折叠 smart=智能 waterproof=防水 "
    "wooden=木质 ceramic=陶瓷 steel=不锈钢 silent=静音 adjustable=可调节 magnetic=磁吸 "
    "heated=加热 slim=超薄 heavy-duty=重型 travel=旅行 studio=专业 classic=经典"
)
THINGS = _words(
    "keyboard=键盘 mouse=鼠标 headphones=耳机 speaker=音箱 lamp=台灯 bottle=水壶 "
    "backpack=背包 monitor=显示器 charger=充电器 tripod=三脚架 microphone=麦克风 "
    "webcam=摄像头 router=路由器 kettle=水壶机 blender=搅拌机 toaster=烤面包机 "
    "humidifier=加湿器 fan=风扇 scale=体重秤 watch=手表 tent=帐篷 chair=椅子 desk=书桌 "
    "pillow=枕头 blanket=毯子 umbrella=雨伞 wallet=钱包 suitcase=行李箱 helmet=头盔 "
    "bicycle=自行车 drone=无人机 printer=打印机 scanner=扫描仪 projector=投影仪 "
    "tablet=平板电脑 shaver=剃须刀 toothbrush=牙刷 vacuum=吸尘器 grinder=磨豆机 "
    "thermometer=温度计 clock=闹钟 radio=收音机 torch=手电筒 stroller=婴儿车 mat=瑜伽垫 "
    "pan=平底锅 knife=菜刀 oven=烤箱"
)


@dataclass(frozen=True)
class Asked:
    """A made passage and a wording of its question that it does not hold."""

    passage: Passage
    query: str


class MadePassages:
    """The passages of one seed, up to ``len``: every product with everything that is asked about it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._subjects = _subjects()
        self._products = len(BRANDS) * len(MANNERS) * len(THINGS)
        self._step = random.Random(seed).randrange(10**8, 10**9) * 2 + 1
        while math.gcd(self._step, len(self)) != 1:  # else some passages would come twice, others never
            self._step += 2

    def __len__(self) -> int:
        return self._products * len(self._subjects)

    def __getitem__(self, number: int) -> Asked:
        """The passage with this number; IndexError beyond the last."""
        return self.asked(number, questions=self.questions(number))

    def asked(self, number: int, *, questions: int) -> Asked:
        """The same with so many ``questions``, three at most."""
        if not 0 <= number < len(self):
            raise IndexError(f"{number} of {len(self)} passages")
        product, subject = divmod(number * self._step % len(self), len(self._subjects))
        row, value = self._subjects[subject]
        language = self.language(number)
        words = {
            "product": _product(product, language),
            "x": (row[language].split("|"))[value],
            "n": str(2 + number % 28),
        }
        texts = [row[f"{language}{i}"].format(**words) for i in range(1, 5)]
        passage = Passage(
            passage_id=f"made-{number}",
            language=language,
            title=texts[0],
            questions=tuple(texts[:questions]),
            answer=row[f"answer_{language}"].format(**words),
            category="product",
            clause=None,
            source="benchmark",
            updated=UPDATED,
        )
        return Asked(passage, texts[3])

    @staticmethod
    def language(number: int) -> str:
        """Of the passage with this number."""
        return "zh" if number % 5 == 0 else "en"

    @staticmethod
    def questions(number: int) -> int:
        """How many questions the passage with this number has."""
        return 3 if number % 20 == 3 or number % 40 == 0 else 1

    def digest(self) -> str:
        """Of some passages from everywhere: another seed, topic or wording gives another one."""
        some = [self[number] for number in range(0, len(self), len(self) // 5_000)]
        texts = [(*one.passage.questions, one.passage.answer, one.query) for one in some]
        return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]


def _subjects() -> list[tuple[dict[str, str], int]]:
    """Each topic with the number of each of its values."""
    with TOPICS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [(row, value) for row in rows for value in range(len(row["en"].split("|")))]


def _product(number: int, language: str) -> str:
    number, brand = divmod(number, len(BRANDS))
    thing, manner = divmod(number, len(MANNERS))
    manner_en, manner_zh = MANNERS[manner].split("=")
    thing_en, thing_zh = THINGS[thing].split("=")
    if language == "zh":
        return f"{BRANDS[brand]}{manner_zh}{thing_zh}"
    return f"{BRANDS[brand]} {manner_en} {thing_en}"
