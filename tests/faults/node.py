"""A worker or a scheduler on a machine of its own, which keeps time faster than an installation does.

`python -m tests.faults.node worker|scheduler URL` works until it is ended by SIGTERM, which it answers with 0.
"""

import signal
import sys
import threading
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import make_url

from config import database_url
from engine import tables
from engine.clock import SystemClock
from engine.db import connect, sessions
from engine.instances.runtime import Runtime
from engine.notices import AppChannel, Channel
from engine.queueing.dispatcher import SharingDispatcher
from engine.queueing.hands import Hands
from engine.queueing.presence import Announcer, Presence
from engine.queueing.worker import Pace, Worker
from engine.scheduler import Scheduler, Ticks
from tests.faults.carrier import deadly
from web.logs import configure_logs

SILENCE = timedelta(seconds=3)
PACE = Pace(heartbeat=0.5, poll=0.5, first_wait=0.2, longest_wait=1.0)
TICKS = Ticks(timers=0.3, rungs=5, notices=0.3, rescue=1, sealing=5, heartbeat=1)
CHANNELS: Mapping[str, Channel] = {"app": AppChannel(), "email": AppChannel()}


def main(role: str, url: str) -> int:
    """Work until told to end."""
    assert tables.metadata.tables
    configure_logs("WARNING")
    ended, presence, url = threading.Event(), Presence(SILENCE, belief=0.5), database_url(url)
    made, runtime = sessions(connect(url)), Runtime()
    runtime.register_performer("deadly", deadly)
    runtime.hooks.queue = Announcer(presence)
    tools = {"sessions": made, "runtime": runtime, "channels": CHANNELS, "clock": SystemClock()}
    if role == "worker":
        worker = Worker(make_url(url), Hands(**tools), pace=PACE)  # type: ignore[arg-type]
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run()
        return 0
    dispatcher = SharingDispatcher(presence=presence, **tools)
    scheduler = Scheduler(dispatcher, TICKS, sessions=made)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    scheduler.start()
    ended.wait()
    dispatcher.halt()
    scheduler.stop()
    dispatcher.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
