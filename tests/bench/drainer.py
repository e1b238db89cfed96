"""A scheduler's process of its own that delivers what is due until nothing is left.

`python -m tests.bench.drainer URL AHEAD` prints one line of JSON: how many timers it delivered, and the CPU that it
took in seconds. Its clock is AHEAD seconds ahead of the database's.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import NotFound

from engine import tables
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect
from engine.db import sessions as session_factory
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from web.courtesy import Readers, sign_of
from web.memory import settle

#: After so many looks that found nothing, what is left is somebody else's.
_IDLE_LOOKS = 3


def dispatcher_on(
    sessions: sessionmaker[Session], ahead: timedelta, give_way: Callable[[float], float] | None = None
) -> EmbeddedDispatcher:
    """Return what delivers timers; notices stay in the outbox. It gives way to the requests of its process, if any."""
    runtime = Runtime()
    if give_way is not None:
        runtime.hooks.give_way = give_way
    return EmbeddedDispatcher(sessions=sessions, runtime=runtime, channels={}, clock=ShiftedClock(SystemClock(), ahead))


def drain(dispatcher: EmbeddedDispatcher) -> int:
    """Deliver what is due until a few looks in a row have found nothing; return how many were delivered."""
    done, idle = 0, 0
    while idle < _IDLE_LOOKS:
        found = dispatcher.sweep_timers()
        done, idle = done + found, 0 if found else idle + 1
        if not found:
            time.sleep(0.1)
    return done


def main(url: str, ahead: str) -> int:
    """Drain, and tell."""
    assert tables.metadata.tables
    os.nice(10)  # as `chuishao scheduler` does
    settle()
    engine = connect(url)
    others = Readers(NotFound(), sign_of(url))
    dispatcher = dispatcher_on(session_factory(engine), timedelta(seconds=float(ahead)), others.give_way)
    done = drain(dispatcher)
    dispatcher.stop()
    engine.dispose()
    print(json.dumps({"fired": done, "cpu": time.process_time()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
