"""Real commands of `chuishao` in processes of their own, begun in no time: they are forked off one that has loaded
everything and has no threads.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from web.cli import main

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.loaded"])

KILLED: Final = -signal.SIGKILL


class Command:
    """One command that runs.

    Args:
        words: after `chuishao`.
        env: its settings file.
        failpoints: see `engine.failpoints`.
        log: what it writes is added to this file.
    """

    def __init__(self, words: list[str], env: Path, failpoints: str, log: Path) -> None:
        self._log = log
        variables = {"CHUISHAO_FAILPOINTS": failpoints} if failpoints else {}
        self.process: ForkServerProcess = _CONTEXT.Process(
            target=_run, args=(["--env-file", str(env), *words], variables, str(log)), daemon=True
        )
        self.process.start()

    def ended(self, seconds: float = 120) -> int:
        """Wait for its end, and return its status; minus the signal that it died of."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"it goes on:\n{self.said()}"
        return self.process.exitcode

    def stop(self) -> int:
        """Ask it to end as systemd does, and return its status."""
        self.process.terminate()
        return self.ended()

    def said(self) -> str:
        """What it wrote last, for a test that fails."""
        return self._log.read_text(encoding="utf-8")[-4000:]


@contextmanager
def running(words: list[str], env: Path, log: Path, failpoints: str = "") -> Iterator[Command]:
    """Run a command for a block; it is killed at the end if it has not ended."""
    command = Command(words, env, failpoints, log)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.join()


@contextmanager
def begun(work: Callable[..., object], *arguments: object) -> Iterator[ForkServerProcess]:
    """Do a piece of work in a process of its own for a block; it is killed at the end if it has not ended."""
    process = _CONTEXT.Process(target=work, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def ended(work: Callable[..., object], *arguments: object) -> int:
    """Do a piece of work in a process of its own, and return how that ended; minus the signal that it died of."""
    process = _CONTEXT.Process(target=work, args=arguments, daemon=True)
    process.start()
    process.join(120)
    process.kill()
    assert process.exitcode is not None
    return process.exitcode


def _run(words: list[str], variables: Mapping[str, str], log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(file, number)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(words, environ=variables))
