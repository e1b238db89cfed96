"""A scheduler's process in which one matter's service task kills the process.

`python -m tests.faults.carrier URL AHEAD` delivers what is due, and ends with 0 when nothing more is; its clock is
AHEAD seconds ahead.
"""

import os
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine import tables
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect, sessions
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.hooks import Step
from engine.instances.runtime import Runtime
from engine.spiff import ServiceCall


def deadly(_step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Kill the process when the data say so, as a fault in a library would."""
    if call.data.get("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return None


def main(url: str, ahead: str) -> int:
    """Deliver what is due."""
    assert tables.metadata.tables
    runtime = Runtime()
    runtime.register_performer("deadly", deadly)
    clock = ShiftedClock(SystemClock(), timedelta(seconds=float(ahead)))
    dispatcher = EmbeddedDispatcher(sessions=sessions(connect(url)), runtime=runtime, channels={}, clock=clock)
    while dispatcher.sweep_timers():
        pass
    dispatcher.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
