"""Follows the pointer of ``kefu promote``: another model is loaded beside the one that serves, then assigned.

A turn keeps the processor that it began with, so each processor has its own view of the tracker store and
its own responses. The old graph is let go of when its last turn has ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import socket
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor

from kefu.channels.promotion import Pointer, Promotions, Serving, digest_of
from kefu.errors import KefuError, ModelError

SECONDS = 0.5  # between two looks
BEAT_SECONDS = 2.0  # between two signs of life
LAST_TURNS_SECONDS = 60.0
log = structlog.get_logger()


class Swapper:
    """A thread that looks at the pointer for as long as the server runs."""

    def __init__(self, home: Path) -> None:
        self._promotions = Promotions(home)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._said = Serving(f"{socket.gethostname()}-{os.getpid()}", 0, "serving", "", "")
        self._beat = 0.0

    def start(self, agent: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Follow from now on; nothing where there is no model to take the place of."""
        if isinstance(agent, Agent) and agent.processor is not None:
            self._thread = threading.Thread(
                target=self._run, args=(agent, loop), name="kefu-promotion", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Follow no more. A model that is being loaded is not waited for."""
        self._stop.set()
        if self._thread is not None and self._said.state != "loading":
            self._thread.join(timeout=5.0)
        self._promotions.unsay(self._said.process)

    def _run(self, agent: Agent, loop: asyncio.AbstractEventLoop) -> None:
        self._begin(agent)
        while not self._stop.is_set():
            try:
                self._look(agent, loop)
                if time.monotonic() - self._beat > BEAT_SECONDS:
                    self._say()
            except (KefuError, OSError) as error:  # the folder may be on a disk that is gone for a while
                log.error("promotion.not_followed", why=str(error))
                self._stop.wait(BEAT_SECONDS)
            self._stop.wait(SECONDS)

    def _begin(self, agent: Agent) -> None:
        archive = _archive_of(agent)
        try:
            self._say(digest=digest_of(archive), model=str(archive.resolve()))
        except (KefuError, OSError) as error:
            log.warning("promotion.unknown_model", why=str(error))

    def _look(self, agent: Agent, loop: asyncio.AbstractEventLoop) -> None:
        pointer = self._promotions.pointer()
        if pointer is None or pointer.number == self._said.number:
            return
        if pointer.current.digest == self._said.digest:
            self._say(number=pointer.number, state="serving", why="")
            return
        self._say(number=pointer.number, state="loading", why="")
        try:
            self._swap(agent, loop, pointer)
        except (
            Exception
        ) as error:  # whatever Rasa and a component make of an archive: the old model serves on
            log.error("promotion.refused", model=pointer.current.name, why=str(error))
            self._say(state="refused", why=f"{type(error).__name__}: {error}")

    def _swap(self, agent: Agent, loop: asyncio.AbstractEventLoop, pointer: Pointer) -> None:
        archive = self._promotions.archive(pointer.current)
        fresh = self._loaded(agent, archive)
        old = weakref.ref(agent.processor)
        asyncio.run_coroutine_threadsafe(_assign(agent, fresh), loop).result()
        del fresh
        current = pointer.current
        self._say(state="serving", digest=current.digest, model=current.name)
        log.info("promotion.swapped", model=current.name, number=pointer.number)
        self._let_go(old)

    def _loaded(self, agent: Agent, archive: Path) -> MessageProcessor:
        """The processor of ``archive``, while which is read the process goes on saying that it lives."""
        with ThreadPoolExecutor(1, thread_name_prefix="kefu-promotion-load") as pool:
            loading = pool.submit(processor_of, agent, archive)
            while wait([loading], timeout=BEAT_SECONDS).not_done:
                self._say()
            return loading.result()

    def _let_go(self, old: weakref.ref[MessageProcessor]) -> None:
        """Collect the old graph when no turn holds it any more; its own threads end with it."""
        end = time.monotonic() + LAST_TURNS_SECONDS
        gc.unfreeze()  # as the server froze it when it started
        while old() is not None and time.monotonic() < end and not self._stop.is_set():
            gc.collect()
            self._say()
            self._stop.wait(SECONDS)
        gc.freeze()
        if old() is not None:
            log.warning("promotion.old_model_held")
        _give_memory_back()

    def _say(self, **changed: Any) -> None:
        self._said = replace(self._said, **changed)
        self._promotions.say(self._said)
        self._beat = time.monotonic()


def processor_of(agent: Agent, archive: Path) -> MessageProcessor:
    """A processor of the model in ``archive``, with stores and endpoint of ``agent``. Raises ModelError."""
    if not archive.is_file():
        raise ModelError(f"{archive} is missing; promote the model anew")
    fresh = MessageProcessor(
        model_path=str(archive),
        tracker_store=copy(agent.tracker_store),
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        http_interpreter=agent.http_interpreter,
    )
    fresh.tracker_store.domain = fresh.domain
    if isinstance(agent.nlg, TemplatedNaturalLanguageGenerator):
        fresh.nlg = type(agent.nlg)(fresh.domain.responses)
    return fresh


async def _assign(agent: Agent, fresh: MessageProcessor) -> None:
    """Without an ``await``: between two turns as far as the loop can tell."""
    agent.processor = fresh
    agent.domain = fresh.domain
    agent.tracker_store = fresh.tracker_store
    agent.nlg = fresh.nlg
    fresh.action_endpoint = agent.action_endpoint


def _archive_of(agent: Agent) -> Path:
    processor = agent.processor
    assert processor is not None  # ``start`` looked
    given = Path(processor.model_path)
    return given if given.is_file() else given / processor.model_filename


def _give_memory_back() -> None:
    """Let the allocator return what the old graph held; without glibc it keeps it for the next one."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        log.debug("promotion.memory_kept")
