"""What others have published on these sets, and what ours has to reach; none of it was measured here."""

from __future__ import annotations

from dataclasses import dataclass

SOURCES = (
    "BERT and ConvFiT: Vulić et al. 2021; CPFT: Zhang et al. 2021; ICDA (a large generator makes its data): "
    "Lin et al. 2023; CLINC150 out of scope: Larson et al. 2019; SNIPS, JointBERT: Chen et al. 2019. "
    "Their runs are not ours: other machines, other seeds, larger models."
)


@dataclass(frozen=True)
class Beside:
    """What stands beside a figure: the ``published`` best, and what is ``wanted`` here."""

    published: str = ""
    wanted: str = ""


def beside(set_name: str, figure: str) -> Beside:
    """What stands beside ``figure`` of the set; empty where there is nothing."""
    return _table().get((set_name, figure), Beside())


def _table() -> dict[tuple[str, str], Beside]:
    return {
        ("banking77-10shot", "accuracy"): Beside("87.2 CPFT, 89.8 ICDA", "≥ 89"),
        ("banking77-10shot", "lost to typos"): Beside(wanted="≤ 2.5"),
        ("banking77-10shot", "training, CPU s"): Beside(wanted="≤ 240"),
        ("banking77", "accuracy"): Beside("93.7 BERT, 94.2 ConvFiT", "≥ 94.2"),
        ("clinc150-10shot", "accuracy"): Beside("94.2 CPFT, 94.8 ICDA", "≥ 94.5"),
        ("clinc150", "accuracy"): Beside("97.3 ConvFiT", "≥ 97.5"),
        ("clinc150", "in scope at the threshold"): Beside("96.2 BERT", "≥ 95.3"),
        ("clinc150", "out-of-scope recall"): Beside("52.3 BERT", "≥ 91"),
        ("clinc150", "out-of-scope AUROC"): Beside(wanted="≥ 98.8"),
        ("clinc150", "calibration error"): Beside(wanted="≤ 1"),
        ("hwu64-10shot", "accuracy"): Beside("87.1 CPFT, 87.4 ICDA", "≥ 87.5"),
        ("bitext-20shot", "accuracy"): Beside(wanted="≥ 99"),
        ("bitext-20shot", "entity F1"): Beside(wanted="≥ 99.5"),
        ("bitext-20shot", "lost to typos"): Beside(wanted="≤ 1"),
        ("snips", "accuracy"): Beside("98.6 JointBERT", "≥ 98.6"),
        ("snips", "entity F1"): Beside("97.0 JointBERT", "≥ 97"),
        ("own", "English accuracy"): Beside(wanted="≥ 95"),
        ("own", "Chinese accuracy"): Beside(wanted="≥ 95"),
        ("own", "gap between languages"): Beside(wanted="≤ 2"),
        ("own", "calibration error"): Beside(wanted="≤ 2"),
        ("own", "training, CPU s"): Beside(wanted="≤ half of stock's"),
        ("own", "a message, CPU ms"): Beside(wanted="≤ 3"),
        ("own", "model file, MB"): Beside(wanted="≤ 25"),
    }
