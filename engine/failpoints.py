"""Named moments at which a process can be made to die, to fail or to wait, so that it is seen what becomes of what it
was doing.

None is armed unless `CHUISHAO_FAILPOINTS` says so; then reaching one costs a look at a dict that is empty.
"""

import os
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

#: every moment → what has happened when it is reached
POINTS: Final[Mapping[str, str]] = {
    "completion-before-commit": "everything that a completed task causes is written, and not committed",
    "completion-after-commit": "a completed task is committed, and nobody has been told so",
    "timer-claimed": "due timers are claimed, and none is fired",
    "timer-before-commit": "what a group of timers causes is written, and not committed",
    "timer-after-commit": "a group of timers is fired, and its claim not given back",
    "rung-before-commit": "what a rung of an escalation causes is written, and not committed",
    "notice-claimed": "due notices are claimed, and none is sent",
    "notice-sent": "a channel has answered for a notice, which is not marked yet",
    "job-deferred": "jobs are in the queue, and the transaction that causes them is not committed",
    "job-taken": "a worker has a job, and has not begun it",
    "job-done": "a worker has done a job, and has not said so",
    "migration-before-commit": "a case is moved to another version, and not committed",
    "migration-between-cases": "a case is moved to another version, and others wait",
    "backup-copied": "a backup is whole, and does not have its name yet",
    "restore-unpacked": "a backup is unpacked, its files are in the store, and the database is as it was",
    "restore-set-aside": "with SQLite: the database was set aside, and the restored one is not in its place",
    "restore-put-back": "the database is restored, and the audit log not walked",
}

_ONE: Final = re.compile(r"([a-z-]+)=(?:(kill|error)|sleep:(\d{1,6}))(?:@([1-9]\d{0,5}))?")


class FailpointError(Exception):
    """What the action `error` raises."""


@dataclass(frozen=True, kw_only=True)
class Failpoint:
    """What happens at a moment.

    Args:
        action: `kill`, `error` or `sleep`.
        seconds: how long it sleeps.
        first: from which time on it happens; 1: at once.
    """

    action: str
    seconds: float = 0.0
    first: int = 1


_armed: Final[dict[str, tuple[Failpoint, "count[int]"]]] = {}


def read(text: str) -> dict[str, Failpoint]:
    """Read which moments are armed.

    Args:
        text: `name=action`, separated by commas; an action is `kill`, `error` or `sleep:` and milliseconds, and may
            end with `@` and from which time on it happens: `notice-sent=kill@3`.

    Raises:
        ValueError: it cannot be read, or names a moment that there is not; the message says so.
    """
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _ONE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part} is no failpoint. Write name=kill, name=error or name=sleep:200, perhaps with @3")
        name, action, milliseconds, first = match.groups()
        if name not in POINTS:
            raise ValueError(f"{name} is no failpoint of this version. There are {', '.join(POINTS)}")
        found[name] = Failpoint(
            action=action or "sleep", seconds=int(milliseconds or 0) / 1000, first=int(first) if first else 1
        )
    return found


def arm(text: str) -> None:
    """Arm the moments that `text` names, and no others.

    Raises:
        ValueError: as `read` does.
    """
    found = read(text)
    _armed.clear()
    _armed.update({name: (point, count(1)) for name, point in found.items()})


def reach(name: str) -> None:
    """Do what is armed at a moment; nothing unless something is."""
    if _armed:
        _act(name)


def _act(name: str) -> None:
    point, times = _armed.get(name, (None, None))
    if point is None or times is None or next(times) < point.first:
        return
    if point.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if point.action == "error":
        raise FailpointError(f"the failpoint {name} is armed")
    time.sleep(point.seconds)
