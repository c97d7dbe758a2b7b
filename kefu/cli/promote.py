"""`kefu promote`: another model serves from now on, in every running process, without a restart."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kefu.channels.promotion import Pointer, Promoted, Promotions, Serving, digest_of
from kefu.cli import console
from kefu.cli.children import SERVING, child_environment
from kefu.cli.models import chosen_model, configuration_digest
from kefu.errors import ModelError
from kefu.settings import Settings

CHECK_SECONDS = 300
# What a conversation in its middle holds; another model must know it too.
HELD = ("forms", "slots", "actions")


def promote(model: Path | None, *, back: bool, force: bool, seconds: float) -> int:
    """Check a model, point to it, wait for the processes; 0 where all of them serve it."""
    settings = Settings.load()
    promotions = Promotions(settings.home)
    with promotions.alone():
        if back:
            pointer = promotions.move_back(configuration=configuration_digest(settings.root))
            return _report(_followed(promotions, pointer, seconds=seconds), pointer)
        archive = chosen_model(settings.root, model)
        current = _current(promotions, settings)
        _check(archive, current, force=force)
        before = promotions.keep(current) if current else None
        return _move(promotions, promotions.keep(archive), before, settings, seconds=seconds)


def state() -> int:
    """Say what is promoted, and what each process serves."""
    promotions = Promotions(Settings.load().home)
    pointer = promotions.pointer()
    console.say(f"promoted: {pointer.current.name} ({pointer.current.digest[:12]})" if pointer else "nothing")
    for serving in promotions.alive():
        console.say(_line(serving))
    return 0


def _move(
    promotions: Promotions, fresh: Promoted, before: Promoted | None, settings: Settings, *, seconds: float
) -> int:
    last = promotions.pointer()
    configuration = configuration_digest(settings.root)
    pointer = promotions.move(fresh, before=before, configuration=configuration)
    ended = _followed(promotions, pointer, seconds=seconds)
    status = _report(ended, pointer)
    if any(one.state == "refused" for one in ended):
        if last is None and before is None:
            promotions.forget()
        else:
            undone = promotions.move_back(configuration=last.configuration if last else configuration)
            console.complain("the model that served before serves on:")
            _report(_followed(promotions, undone, seconds=seconds), undone)
    return status


def _current(promotions: Promotions, settings: Settings) -> Path | None:
    """The archive of what serves now: promoted, else what the processes were started with, if it is there."""
    pointer = promotions.pointer()
    if pointer is not None:
        return promotions.archive(pointer.current)
    serving = promotions.alive()
    models = (Path(one.model) for one in serving)
    return next((file for file in models if file.is_file() and digest_of(file) == serving[0].digest), None)


def _check(archive: Path, current: Path | None, *, force: bool) -> None:
    """Raise ModelError for a model that does not load, answer, or know what conversations hold."""
    compared = [] if current is None or force else [current]
    account, *served = accounts_of([archive, *compared])
    if account["problem"]:
        raise ModelError(f"{archive.name} is not promoted: {account['problem']}")
    if served and not served[0]["problem"]:
        require_kept(served[0], account, name=archive.name)


def require_kept(served: Mapping[str, Any], fresh: Mapping[str, Any], *, name: str) -> None:
    """Raise ModelError where ``fresh`` is of another assistant, or lacks what conversations hold."""
    if served["assistant"] != fresh["assistant"]:
        raise ModelError(
            f"{name} is of the assistant {fresh['assistant']!r}, {served['assistant']!r} serves; "
            "--force promotes it all the same"
        )
    lost = [f"{kind} {', '.join(gone)}" for kind in HELD if (gone := _gone(served[kind], fresh[kind]))]
    if lost:
        raise ModelError(
            f"{name} lacks {'; '.join(lost)}, which running conversations may hold; train it on a domain "
            "that keeps them, or promote with --force"
        )


def accounts_of(archives: Sequence[Path]) -> list[dict[str, Any]]:
    """What ``kefu.cli.model_check`` finds in each archive. Raises ModelError where it does not end well."""
    command = [sys.executable, "-m", "kefu.cli.model_check", *map(str, archives)]
    environment = SERVING | child_environment()
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
        )
        accounts: list[dict[str, Any]] = json.loads((done.stdout.strip().splitlines() or [""])[-1])
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{archives[0].name}: its check did not end in {CHECK_SECONDS} s") from error
    except ValueError as error:
        words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ModelError(f"{archives[0].name}: its check ended with {done.returncode}: {words}") from error
    return accounts


def _gone(before: Sequence[str], after: Sequence[str]) -> list[str]:
    return sorted(set(before) - set(after))


def _followed(promotions: Promotions, pointer: Pointer, *, seconds: float) -> list[Serving]:
    """What the processes say when each has followed or refused, or when the time is over."""
    end = time.monotonic() + seconds
    while True:
        processes = promotions.alive()
        if all(_settled(one, pointer) for one in processes) or time.monotonic() > end:
            return processes
        time.sleep(0.3)


def _settled(serving: Serving, pointer: Pointer) -> bool:
    return serving.number == pointer.number and serving.state != "loading"


def _report(processes: Sequence[Serving], pointer: Pointer) -> int:
    for serving in processes:
        console.say(_line(serving))
    behind = [one for one in processes if not (_settled(one, pointer) and one.state == "serving")]
    if behind:
        console.complain(f"{len(behind)} of {len(processes)} processes do not serve {pointer.current.name}")
        return 1
    console.say(
        f"{pointer.current.name} serves in {len(processes)} processes"
        if processes
        else f"{pointer.current.name} is promoted; no process runs, the next one that starts serves it"
    )
    return 0


def _line(serving: Serving) -> str:
    why = f": {serving.why}" if serving.why else ""
    return f"{serving.process}: {serving.state} {Path(serving.model).name} ({serving.digest[:12]}){why}"
