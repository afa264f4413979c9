"""Running commands and telling how far we are."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .settings import LabError

STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def run(*argv: str | Path, check: bool = True) -> str:
    """The output of a command; on failure an error that shows all it said."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if check and done.returncode:
        raise LabError(f"{' '.join(words)}\nended with {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout


def succeeds(*argv: str) -> bool:
    return subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def each(work: Callable[[Any], object], items: Iterable[Any]) -> None:
    """Does the work for all items side by side; the first error is raised when all have ended."""
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()


def wait_for(what: str, ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time, also between processes; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
