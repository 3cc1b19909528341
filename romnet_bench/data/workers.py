"""One function over many things in worker processes; results in order, few in memory at a time."""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import TypeVar

from romnet_bench.errors import UserError

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # batches a worker that may wait to be asked for


@contextlib.contextmanager
def mapped(
    function: Callable[[T], R], items: Iterable[T], workers: int, preload: str, batch: int = 1
) -> Iterator[Iterator[R]]:
    """`map(function, items)` over `workers` processes; with one, in this process.

    Ctrl-C reaches this process only; leaving the block ends the workers, and so does this process's
    death, of whatever kind.

    Args:
        function: of a module's own, so that workers find it; it must not print.
        items: what it is applied to.
        workers: processes.
        preload: the name of the module that workers import once.
        batch: items that a worker gets at once; each handing over takes this process's time.

    Raises:
        UserError: a worker died.
    """
    if workers <= 1:
        yield map(function, items)
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    pool = concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=context, initializer=_follow_the_parent
    )
    try:
        with _interrupts_wait():
            pool.submit(int).result()  # a pool stopped while it starts would leave tracebacks
        yield _in_order(pool, _AHEAD * workers, function, items, batch)
    except BrokenProcessPool:
        raise UserError(
            "A worker process died, most likely for want of memory: lower --workers and run the "
            "same command again, it goes on where it stopped."
        ) from None
    finally:
        with _interrupts_wait():  # a second Ctrl-C within it would leave a pool that never ends
            pool.shutdown(cancel_futures=True)


def _in_order(
    pool: concurrent.futures.Executor,
    ahead: int,
    function: Callable[[T], R],
    items: Iterable[T],
    batch: int,
) -> Iterator[R]:
    """Results in order, with no more than `ahead` batches in memory."""
    waiting: list[concurrent.futures.Future[list[R]]] = []
    left = iter(items)
    while some := list(itertools.islice(left, batch)):
        waiting.append(pool.submit(_each, function, some))
        if len(waiting) > ahead:
            yield from waiting.pop(0).result()
    while waiting:
        yield from waiting.pop(0).result()


def _each(function: Callable[[T], R], items: list[T]) -> list[R]:
    return [function(item) for item in items]


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C comes after the block; processes that are started within it never see one."""
    resource_tracker.ensure_running()  # first: to start it within the block would end the block
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _follow_the_parent() -> None:
    """In a worker: interrupts are left to the parent, and its death is the worker's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """Waits for the end of a pipe that the parent holds, which the system closes with it.

    A worker waits on its queue for ever otherwise, as it holds that queue's other end itself. The
    fork server and the resource tracker end after their last worker.
    """
    parent = multiprocessing.parent_process()  # who asked for this worker, not the fork server
    if parent is not None:
        parent.join()
        os._exit(1)
