"""A worker that completes tasks and watches its memory: `python -m tests.bench.memory COMPLETIONS` prints JSON."""

import gc
import json
import os
import sys
import tempfile
from pathlib import Path

from engine import tables
from engine.db import connect, sessions
from engine.instances.runtime import Runtime
from tests.bench import work
from tests.bench.work import NOW, TEXT, Place

#: How often it looks.
MARKS = 20


def resident() -> float:
    """Return the resident memory of this process in mebibytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(completions: int) -> int:
    """Complete tasks of ever new instances, all their tasks, with the live-object cache full after the first."""
    assert tables.metadata.tables
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'bench.db'}")
        tables.metadata.create_all(engine)
        pooled = engine.raw_connection()
        pooled.cursor().execute("PRAGMA synchronous=OFF")  # memory is measured, not the disk
        pooled.close()
        place, runtime = Place(engine, sessions(engine), list), Runtime(cache_size=512)
        done, marks = 0, []
        while done < completions:
            waiting = work.start(place, runtime)
            while waiting:
                with place.sessions() as session:
                    answer = {"text": TEXT, "again": False}
                    completed = runtime.complete(session, waiting.pop(0), answer, actor=place.actor, now=NOW)
                waiting += [row["id"] for row in completed.next_rows]
                done += 1
            if done >= (len(marks) + 1) * completions / MARKS:
                gc.collect()
                marks.append((done, round(resident(), 1)))
        engine.dispose()
    print(json.dumps({"completions": [count for count, _ in marks], "resident": [size for _, size in marks]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
