"""Where the time of a completion goes: the stack is looked at every few milliseconds of CPU."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from engine.db import sessions
from tests.bench import work
from tests.bench.completion import CACHES
from tests.bench.places import BACKENDS, PLACES
from tests.bench.work import Place

#: Seconds of CPU between two looks; the kernel rounds up to its own tick.
_EVERY: Final = 0.001
#: What a completion is made of: the innermost of these functions on the stack counts. By file and name.
_PARTS: Final = {
    ("instances/store.py", "lock_by_item"): "lock and read instance and task",
    ("spiff/snapshot.py", "read_snapshot"): "read the snapshot",
    ("instances/entering.py", "entered"): "check the form",
    ("spiff/workflow.py", "complete"): "run the task",
    ("spiff/workflow.py", "advance"): "run what follows",
    ("instances/diff.py", "of"): "see what is open",
    ("instances/diff.py", "write"): "work out the rows",
    ("spiff/compaction.py", "compact"): "drop finished history",
    ("spiff/snapshot.py", "write_snapshot"): "write the snapshot",
    ("instances/ledger.py", "send"): "send the rows",
    ("orm/session.py", "commit"): "commit",
    ("engine/db.py", "writing"): "begin and end the transaction",
    ("instances/completion.py", "complete"): "the completion itself",
}
#: Whose code is run; the innermost that is found on the stack counts.
_HOUSES: Final = ("SpiffWorkflow", "sqlalchemy", "psycopg", "engine")


class Samples:
    """What was seen on the stack."""

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self.houses: Counter[str] = Counter()

    def look(self, _signal: int, frame: FrameType | None) -> None:
        """Count where the program is."""
        part = house = None
        while frame is not None:
            path, function = frame.f_code.co_filename, frame.f_code.co_name
            house = house or next((each for each in _HOUSES if f"/{each}/" in path), None)
            part = part or _PARTS.get(("/".join(Path(path).parts[-2:]), function))
            if function == work.answer.__name__ and path == work.__file__:  # else a case is being made
                self.parts[part or "around it"] += 1
                self.houses[house or "other"] += 1
                return
            frame = frame.f_back


@contextmanager
def sampling() -> Iterator[Samples]:
    """Look at the stack of what runs inside."""
    samples = Samples()
    before = signal.signal(signal.SIGPROF, samples.look)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def show(name: str, runs: int) -> str:
    """Return a table of the parts of a completion on one database, in milliseconds of this process's CPU."""
    lines = []
    with PLACES[name]() as engine:
        pids = BACKENDS[name](engine)
        place = Place(engine, sessions(engine), lambda: pids)
        for way, cache in CACHES.items():
            work.ours(place, 6, cache=cache)
            with sampling() as samples:
                cost = work.ours(place, 10 * runs, cache=cache)
            own = 1000 * cost.own / cost.steps
            lines.append(f"\n{name}, {way}: {own:.3f} ms of this process, {cost.each - own:.3f} of the server")
            for counted in (samples.parts, samples.houses):
                total = max(counted.total(), 1)
                lines += [
                    f"  {100 * n / total:5.1f} %  {own * n / total:.3f}  {what}" for what, n in counted.most_common()
                ]
    return "\n".join(lines)
