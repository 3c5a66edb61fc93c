"""Chunks of files read on every core.

Workers are fresh interpreters that run :mod:`.worker`, not forks: a fork of a
process with threads (a notebook's kernel, Arrow) can hang, and the standard library's other start
methods run the user's script again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from speckit_analysis.evidence.discovery import Folder
from speckit_analysis.evidence.scan import Batches, read_chunk
from speckit_analysis.evidence.worker import receive, send
from speckit_analysis.formats.mapped import NO_MAP, TableMap

T = TypeVar("T")

#: Below this many files a single process is done before a worker has started.
FILES_WORTH_A_WORKER = 8000


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def read_chunks(
    chunks: Iterator[list[Folder]],
    files: int,
    max_bytes: int,
    processes: int | None,
    done: Callable[[int], object],
    tables: TableMap = NO_MAP,
) -> Iterator[Batches]:
    """Read `chunks`, this process and its workers side by side; yield results as they come.

    Parameters
    ----------
    files
        How many files there are in all.
    processes
        Processes to use, this one included; None for one a core where it pays.
    done
        Called with the number of files of each chunk that is done.
    tables
        What a mapping file says of the user's own tables.
    """
    wanted = processes or (cores() if files >= FILES_WORTH_A_WORKER else 1)
    queue: SimpleQueue[list[Folder]] = SimpleQueue()
    for work in chunks:
        queue.put(work)
    results: SimpleQueue[tuple[list[Folder], Batches | None]] = SimpleQueue()
    waiting = queue.qsize()
    feeders = [
        threading.Thread(target=_feed, args=(queue, results, max_bytes, tables), daemon=True)
        for _ in range(min(wanted, waiting) - 1)
    ]
    for feeder in feeders:
        feeder.start()
    try:
        while waiting:
            # Take what workers have finished; while there is none, work.
            ready = _next(results, wait=queue.empty())
            if ready is None:
                own = _next(queue)
                if own is None:
                    continue
                ready = (own, None)
            chunk, batches = ready
            # A chunk comes back without batches where its worker died: it is read here.
            yield batches if batches is not None else read_chunk(chunk, max_bytes, tables)
            done(sum(len(folder.names) for folder in chunk))
            waiting -= 1
    finally:
        # A load that is interrupted leaves nothing to do for its workers.
        while _next(queue) is not None:
            pass


def _next(queue: SimpleQueue[T], *, wait: bool = False) -> T | None:
    try:
        return queue.get(block=wait)
    except Empty:
        return None


def _feed(
    queue: SimpleQueue[list[Folder]],
    results: SimpleQueue[tuple[list[Folder], Batches | None]],
    max_bytes: int,
    tables: TableMap,
) -> None:
    """Run one worker until the queue is empty, or the worker ends."""
    package = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([package, *filter(None, sys.path)])}
    # What a worker that ended did not read is no loss: its chunk is read elsewhere.
    with (
        suppress(OSError),
        subprocess.Popen(
            [sys.executable, "-m", "speckit_analysis.evidence.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            process_group=0,  # Ctrl-C is for this process, which then closes the pipes
        ) as worker,
    ):
        assert worker.stdin is not None  # noqa: S101 - for the type checker
        assert worker.stdout is not None  # noqa: S101
        while (chunk := _next(queue)) is not None:
            try:
                send(worker.stdin, (chunk, max_bytes, tables))
                results.put((chunk, receive(worker.stdout)))
            except Exception:  # whatever it answers, nobody must wait for its chunk
                results.put((chunk, None))
                break
        worker.stdin.close()
