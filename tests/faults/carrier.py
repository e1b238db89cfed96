"""A scheduler's process in which one matter's service task kills the process, one notice, or one rung."""

import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from engine import tables
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect, sessions
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.hooks import Step
from engine.instances.runtime import Runtime
from engine.notices import Outgoing
from engine.spiff import ServiceCall


def deadly(_step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Kill the process when the data say so, as a fault in a library would."""
    if call.data.get("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return None


class Deadly:
    """A channel that kills the process at one address."""

    def send(self, notice: Outgoing) -> None:
        """Send, or die."""
        if notice.address.startswith("deadly"):
            os.kill(os.getpid(), signal.SIGKILL)


def die_of(_connection: Any, _cursor: Any, _statement: str, given: Any, *_rest: Any) -> None:
    """Kill the process when the main leader is looked for, as a fault in a driver would."""
    if "main_leader" in str(given):
        os.kill(os.getpid(), signal.SIGKILL)


def carry(url: str, ahead: timedelta) -> None:
    """Deliver and send what is due.

    Args:
        ahead: of the machine's clock.
    """
    assert tables.metadata.tables
    runtime = Runtime()
    runtime.register_performer("deadly", deadly)
    clock = ShiftedClock(SystemClock(), ahead)
    database = connect(url)
    event.listen(database, "before_cursor_execute", die_of)
    dispatcher = EmbeddedDispatcher(
        sessions=sessions(database), runtime=runtime, channels={"email": Deadly()}, clock=clock
    )
    dispatcher.rescue()
    while dispatcher.sweep_rungs() + dispatcher.sweep_timers() + dispatcher.send_notices():
        pass
    dispatcher.stop()
