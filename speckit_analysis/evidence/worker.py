"""The program of one worker process: chunks of files in, Arrow batches out, over pipes."""

from __future__ import annotations

import os
import pickle
import struct
import sys
from typing import IO, Any

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], value: Any) -> None:
    """Write `value` for :func:`receive` at the other end."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Return what the other end sent.

    Raises
    ------
    EOFError
        If the other end sends no more.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    # Only ever bytes from our own worker, or from the process that started us.
    return pickle.loads(stream.read(_LENGTH.unpack(head)[0]))  # noqa: S301


def main() -> None:
    """Read chunks from standard input and write batches to standard output, until it ends."""
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not reach the pipe
    # Arrow uses these if it can, and a worker has no need of them: it is ready in half the time.
    # Arrow remembers that there were none; who else imports them later gets them.
    absent = ("numpy", "pandas")
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None fails an import
    import pyarrow as pa

    from speckit_analysis.evidence.scan import read_chunk

    pa.array([0])
    for name in absent:
        del sys.modules[name]
    pa.set_memory_pool(pa.system_memory_pool())  # which gives back what is freed
    while True:
        try:
            send(output, read_chunk(*receive(sys.stdin.buffer)))
        except (EOFError, BrokenPipeError):  # nobody asks, or waits for an answer, any more
            return


if __name__ == "__main__":
    main()
