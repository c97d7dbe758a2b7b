"""``python -m kefu.cli.training_3_6_21 train …`` is `rasa train …`, without what `kefu train` can do without.

Rasa reads and checks each YAML file up to four times, packs a model as tightly as gzip can, and imports
TensorFlow and torch whether or not anything is trained with them: three quarters of a training that changes
one sentence of the domain. What is learnt stays the same, and what is refused too, but for YAML of which
libyaml and ruamel's own parser think differently (`rasa data validate` asks the latter). Another Rasa is
refused (tests/contracts/test_rasa_training.py).
"""

from __future__ import annotations

import copy
import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast

import yaml

from kefu.channels.shield import OF_TENSORFLOW, STANDING_IN, TENSORFLOW, is_out, keep_out, require_rasa
from kefu.cli import quiet_rasa

# Rasa's modules that import TensorFlow at their first line, and the components in them.
COMPONENTS: Mapping[str, Sequence[str]] = MappingProxyType({
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer": ("ConveRTFeaturizer",),
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer": ("LanguageModelFeaturizer",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
    "rasa.core.policies.unexpected_intent_policy": ("UnexpecTEDIntentPolicy",),
})  # fmt: skip
_HELPERS = {name: STANDING_IN[name] for name in STANDING_IN if name.startswith("rasa.utils.tensorflow.")}
_LEVEL = 1  # of gzip: a tenth of the seconds, 2 % more bytes; weights hardly shrink at any level


def main() -> None:
    """Run Rasa's command line, a training, with this process's arguments."""
    require_rasa()
    gc.set_threshold(quiet_rasa.OBJECTS, *gc.get_threshold()[1:])
    if does_without_tensorflow(config_of(sys.argv[1:])):
        keep_tensorflow_out()
    lighten()
    quiet_rasa.main()


def config_of(words: Sequence[str]) -> Path:
    """The configuration that a command line trains from."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("-c", "--config"):
            return Path(following)
        if word.startswith("--config="):
            return Path(word.partition("=")[2])
    return Path("config.yml")


def does_without_tensorflow(config: Path) -> bool:
    """Whether every component that the file names is ours, or one of Rasa's that needs no TensorFlow."""
    if not config.is_file():
        return False
    told = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    parts = [*(told.get("pipeline") or ()), *(told.get("policies") or ())]
    names = [str(part.get("name")) for part in parts if isinstance(part, dict)]
    # without a pipeline Rasa chooses one, of its own networks
    chosen = bool(told.get("pipeline") and told.get("policies")) and len(names) == len(parts)
    return chosen and all(map(_is_known, names))


def _is_known(name: str) -> bool:
    return name.startswith("kefu.") or ("." not in name and (name,) not in COMPONENTS.values())


def keep_tensorflow_out() -> None:
    """Put names in the place of TensorFlow and of Rasa's components that need it; torch stays for who trains.

    Not as a server does it (kefu/channels/shield.py): torch asks whether there is a TensorFlow, and must be
    told no. thinc, below spaCy, imports torch wherever it may: so spaCy comes first, while it may not.
    """
    os.environ.update(USE_TF="0", USE_JAX="0")  # of transformers, which would look for them
    for variable in OF_TENSORFLOW:
        os.environ.pop(variable, None)
    torch_is_here = not is_out("torch")
    keep_out()
    modules = cast("dict[str, Any]", sys.modules)
    for name in TENSORFLOW:
        modules.setdefault(name, None)
    for module, names in (*COMPONENTS.items(), *_HELPERS.items()):
        modules.setdefault(module, _names_of(module, names))
    importlib.import_module("spacy")
    if not torch_is_here:
        del sys.modules["torch"]


def _names_of(module: str, names: Sequence[str]) -> ModuleType:
    made = ModuleType(module, "Kept out by kefu/cli/training_3_6_21.py.")
    for name in names:
        setattr(made, name, type(name, (), {"__module__": module}))
    return made


def lighten() -> None:
    """Put our code in the place of Rasa's readers of YAML and packer of models."""
    from rasa.engine.storage import local_model_storage
    from rasa.shared.utils import io, validation

    reader = YamlOnce(io.read_yaml)
    io.read_yaml = reader
    validation.validate_yaml_schema = checking_once(validation.validate_yaml_schema, reader)
    local_model_storage.TarSafe = packing_fast(local_model_storage.TarSafe)


class YamlOnce:
    """``read_yaml`` that parses no text twice; it gives copies, since readers change what they get.

    Rasa checks a schema on a text that is parsed once more, slowly, to know the lines of what is wrong;
    ``without_lines`` it gets what everybody else gets.
    """

    def __init__(self, theirs: Callable[..., Any]) -> None:
        self._theirs = theirs
        self._parsed: dict[str, Any] = {}
        self.without_lines = False

    def __call__(self, content: str, reader_type: str | list[str] = "safe") -> Any:
        """The values of a text of YAML; Rasa's errors."""
        if reader_type != "safe" and not self.without_lines:
            return self._theirs(content, reader_type)
        if content not in self._parsed:
            self._parsed[content] = self._theirs(content)
        return copy.deepcopy(self._parsed[content])


def checking_once(theirs: Callable[..., None], reader: YamlOnce) -> Callable[..., None]:
    """``validate_yaml_schema`` once a text and schema; only what does not fit is parsed for its lines."""
    passed: set[tuple[str, str, str]] = set()

    def validate(yaml_file_content: str, schema_path: str, package_name: str = "rasa") -> None:
        key = (yaml_file_content, schema_path, package_name)
        if key not in passed and not _fits(theirs, key, reader):
            theirs(*key)
        passed.add(key)

    return validate


def _fits(theirs: Callable[..., None], key: tuple[str, str, str], reader: YamlOnce) -> bool:
    from rasa.shared.exceptions import YamlException

    reader.without_lines = True
    try:
        theirs(*key)
    except YamlException:
        return False
    finally:
        reader.without_lines = False
    return True


def packing_fast(theirs: Any) -> Any:
    """Rasa's archive class, which packs at ``_LEVEL``; what it unpacks and refuses is as before."""

    class Fast(theirs):
        @classmethod
        def open(cls, name: Any = None, mode: str = "r", *more: Any, **options: Any) -> Any:
            if mode == "w:gz":
                options.setdefault("compresslevel", _LEVEL)
            return super().open(name, mode, *more, **options)

    return Fast


if __name__ == "__main__":
    main()
