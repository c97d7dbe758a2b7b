"""What a process that only serves keeps out: torch, JAX and TensorFlow, which training alone needs.

Rasa 3.6.21 imports TensorFlow in three modules that every process loads and only training runs; Matplotlib
in one, for `rasa test`; and MongoDB's client for a tracker store that is not ours.
``raise_shield`` puts names in their place, so it must be called before Rasa is imported
(kefu/cli/quiet_rasa.py). Where Rasa was imported first (plain `rasa run`), ``keep_out`` still keeps torch
out of spaCy and Transformers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import MappingProxyType, ModuleType
from typing import Any, NoReturn, cast

from kefu.errors import ConfigError, ModelError

RASA = "3.6.21"
HEAVY = ("torch", "jax", "jaxlib", "tensorflow", "tensorflow_addons", "tensorflow_hub", "keras")
TENSORFLOW = HEAVY[3:]
# Where one of these is set Rasa asks TensorFlow to heed it, at every start.
OF_TENSORFLOW = ("TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS", "TF_GPU_MEMORY_ALLOC")
# What Rasa's serving modules want of modules that are made of these libraries.
STANDING_IN: Mapping[str, Sequence[str]] = MappingProxyType({
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaDataGenerator", "RasaBatchDataGenerator"),
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
    "rasa.utils.plotting": ("plot_confusion_matrix", "plot_paired_histogram", "plot_curve"),
})  # fmt: skip
# Named by Rasa where it makes any tracker store, to say which errors are those of a database.
OF_MONGODB: Mapping[str, Sequence[str]] = MappingProxyType({
    "pymongo": (),
    "pymongo.collection": ("Collection",),
    "pymongo.errors": ("ConnectionFailure", "OperationFailure"),
})  # fmt: skip


def require_rasa() -> None:
    """Raise ConfigError where another Rasa is installed than the one whose code we stand in for."""
    found = version("rasa")
    if found != RASA:
        raise ConfigError(
            f"found Rasa {found}; wanted {RASA}, of which kefu/channels/shield.py and rasa_3_6_21.py replace "
            "parts; install the version of requirements.lock"
        )


def raise_shield() -> None:
    """Keep TensorFlow and torch out of this process. Raises ConfigError for another Rasa."""
    require_rasa()
    keep_out()
    for name in OF_TENSORFLOW:
        os.environ.pop(name, None)
    if "tensorflow" not in sys.modules and not any(isinstance(one, _Refusing) for one in sys.meta_path):
        sys.meta_path.insert(0, _Refusing())
        for module, names in STANDING_IN.items():
            sys.modules.setdefault(module, _stand_in(module, names))
        if "pymongo" not in sys.modules:
            for module, names in OF_MONGODB.items():
                sys.modules[module] = _stand_in(module, names)
                setattr(sys.modules["pymongo"], module.rpartition(".")[2], sys.modules[module])
            sys.modules["pymongo"].__path__ = []  # so that its other modules are looked for, and refused


def keep_out() -> None:
    """Let imports of torch and JAX fail from now on, where nothing has imported them yet."""
    modules = cast(dict[str, Any], sys.modules)
    for name in ("torch", "jax", "jaxlib"):
        modules.setdefault(name, None)


def is_out(name: str) -> bool:
    """Whether the library ``name`` is not loaded in this process."""
    return sys.modules.get(name) is None


class _Refusing(MetaPathFinder):
    """Says why TensorFlow is not there, to whom needs it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.split(".")[0] in (*TENSORFLOW, "pymongo"):
            raise ModuleNotFoundError(_why(name), name=name)
        return None


def _stand_in(module: str, names: Sequence[str]) -> ModuleType:
    made = ModuleType(module, "Kept out by kefu/channels/shield.py.")
    for name in names:
        # an exception, so that it may stand behind `except`
        setattr(made, name, type(name, (Exception,), {"__init__": _refuse, "__module__": module}))
    return made


def _refuse(self: object, *values: Any, **named: Any) -> NoReturn:
    raise ModelError(_why(type(self).__name__))


def _why(name: str) -> str:
    return (
        f"found a use of {name}, which needs what only training and testing need; KEFU_SERVE=1 keeps it out. "
        "Serve a model without components of TensorFlow, or set KEFU_SERVE=0"
    )
