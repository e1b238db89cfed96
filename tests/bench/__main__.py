"""`python -m tests.bench`: print what the engine costs, part by part; `--check` fails when it is too much."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from engine.db import connect, sessions
from engine.tables import metadata
from tests.bench import crew, inbox, limits, migrating, timers, work
from tests.bench.work import Cost, Place
from tests.postgres import Server
from web.api import models as _tokens  # noqa: F401  their tables are made with the others
from web.auth import models as _sessions  # noqa: F401
from web.logs import configure_logs
from web.memory import settle

#: What is promised: at most so many times stock in memory, and hardly more after a hundred rounds of a loop.
AT_MOST, GROWTH = 3.0, 1.3
ROUNDS = (0, 100)
PARTS = ("completion", "limits", "memory", "inbox", "migration", "timers", "workers")


@contextmanager
def sqlite() -> Iterator[Engine]:
    """A SQLite file, as durable as in service."""
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'bench.db'}")
        metadata.create_all(engine)
        yield engine
        engine.dispose()


@contextmanager
def postgres() -> Iterator[Engine]:
    """A PostgreSQL server of its own, as durable as in service; the CPU of its backends counts too."""
    server = Server.prepare(durable=True)
    try:
        root = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
        with root.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE bench")
        root.dispose()
        engine = connect(server.url("bench"), pool_size=1, max_overflow=0)
        metadata.create_all(engine)
        yield engine
        engine.dispose()
    finally:
        server.stop()


def backends(engine: Engine) -> list[int]:
    """Return the process ids of the backends that serve `engine`'s pool of one."""
    with engine.connect() as connection:
        return [connection.execute(text("SELECT pg_backend_pid()")).scalar_one()]


PLACES: dict[str, Callable[[], Any]] = {"sqlite": sqlite, "postgresql": postgres}
BACKENDS: dict[str, Callable[[Engine], list[int]]] = {"sqlite": lambda _engine: [], "postgresql": backends}


def measure(name: str, runs: int, rounds: tuple[int, ...]) -> tuple[float, dict[str, dict[int, Cost]]]:
    """Measure every way on one database, and stock in memory between them, since a machine's speed changes.

    The best of three counts for each: other programs only ever add.

    Returns:
        Milliseconds of CPU a step of stock; the ways, by rounds.
    """
    units = []
    with PLACES[name]() as engine:
        pids = BACKENDS[name](engine)
        place = Place(engine, sessions(engine), lambda: pids)
        work.ours(place, 0, 6, cache=0)  # statements are prepared and pages cached, as after a minute of service
        work.ours(place, 0, 6, cache=512)
        found: dict[str, dict[int, Cost]] = {"naive": {}, "stateless": {}, "live cache": {}}
        for count in rounds:
            times = max(1, runs // (1 + count // 20))
            ways: dict[str, Callable[[], Cost]] = {
                "stateless": lambda n=count, t=times: work.ours(place, n, t, cache=0),
                "live cache": lambda n=count, t=times: work.ours(place, n, t, cache=512),
                "naive": lambda n=count, t=times: work.naive(place, n, max(1, t // 3)),
            }
            for way, run in ways.items():
                tries = 1 if way == "naive" else 3
                found[way][count] = min((run() for _ in range(tries)), key=lambda cost: cost.each)
                units.append(work.stock_in_memory(0, runs).each)
        state = bytes(found["stateless"][rounds[0]].state_bytes)
        found["bare transaction"] = {rounds[0]: work.bare(place, 15 * runs, state)}
        return min(units), found


def main() -> int:
    """Measure, print a table and JSON, and judge when asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is broken")
    parser.add_argument("--runs", type=int, default=12, help="instances a measurement")
    parser.add_argument("--database", choices=tuple(PLACES), action="append", help="default: both")
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--timers", type=int, default=100_000, help="timers that are due at once")
    parser.add_argument("--completions", type=int, default=100_000, help="tasks after which memory is looked at")
    options = parser.parse_args()
    configure_logs("WARNING")
    settle()  # as every process that serves
    parts = options.part or list(PARTS)
    report: dict[str, Any] = {"databases": {}}
    broken: list[str] = []
    if "completion" in parts:
        broken += completions(options, report)
    if "limits" in parts:
        broken += limited(options, report)
    if "memory" in parts:
        broken += memory(options, report)
    if "inbox" in parts:
        broken += inboxes(options, report)
    if "migration" in parts:
        broken += migrations(options, report)
    if "timers" in parts:
        broken += drains(options, report)
    if "workers" in parts:
        broken += crews(options, report)
    report["broken"] = broken
    print("\n" + json.dumps(report))
    for promise in broken:
        print(promise, file=sys.stderr)
    return 1 if options.check and broken else 0


def limited(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Measure what has a limit of its own on each database, print it, and return the promises that are broken."""
    broken: list[str] = []
    print(f"\nstate of a petition half way (at most {limits.STATE} bytes), a start (at most {limits.START}× stock), a "
          f"task by HTTP (at most {limits.REQUEST}× the engine's call), ms CPU\n")  # fmt: skip
    print(f"{'database':<12}{'state':>7}{'stock':>10}{'start':>9}{'×':>7}{'call':>9}{'request':>9}{'×':>7}")
    for name in options.database or list(PLACES):
        with PLACES[name]() as engine:
            found = limits.measure(engine, BACKENDS[name](engine), 3 * options.runs)
        report["databases"].setdefault(name, {})["limits"] = limits.show(name, found)
        broken += limits.judge(name, found)
    return broken


def memory(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Let a worker complete very many tasks, print its memory on the way, and return the promise that it breaks."""
    found = limits.remember(options.completions)
    marks = "  ".join(f"{count}: {size:.0f}" for count, size in zip(found.completions, found.resident, strict=True))
    print(f"\nmemory of a worker in MiB, by completed tasks (at most {limits.GROWTH:.0f} more once settled)\n\n{marks}")
    report["memory"] = asdict(found)
    return limits.judge_memory(found)


def inboxes(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Measure the first page of an inbox on each database, print it, and return the promises that it breaks."""
    broken: list[str] = []
    sizes = "".join(f"{size:>10}" for size in inbox.SIZES)
    print(f"\nfirst page of an inbox, ms CPU, by open items\n\n{'database':<12}{'part':<10}{sizes}{'ratio':>9}")
    for name in options.database or list(PLACES):
        with PLACES[name]() as engine:
            faces = inbox.measure(engine, BACKENDS[name])
        for part in ("page", "queries"):
            few, many = (getattr(faces[size], part) for size in inbox.SIZES)
            print(f"{name:<12}{part:<10}{few:>10.1f}{many:>10.1f}{many / few:>9.2f}")
        report["databases"].setdefault(name, {})["inbox"] = {
            str(size): {"page_ms": round(face.page, 1), "queries_ms": round(face.queries, 1)}
            for size, face in faces.items()
        }
        broken += inbox.judge(name, faces)
    return broken


def migrations(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Move cases to another version on each database, print how fast, and return the promises that are broken."""
    broken: list[str] = []
    print(f"\n{migrating.CASES} running cases to another version\n\n{'database':<12}{'rehearsed/s':>12}{'moved/s':>10}")
    for name in options.database or list(PLACES):
        with PLACES[name]() as engine:
            figures = migrating.measure(engine)
        print(f"{name:<12}{figures.rehearsed:>12.1f}{figures.moved:>10.1f}")
        report["databases"].setdefault(name, {})["migration"] = asdict(figures)
        broken += migrating.judge(name, figures)
    return broken


def drains(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Deliver very many timers on each database, print what it took, and return the promises that it breaks."""
    broken: list[str] = []
    print(f"\n{options.timers} timers due at once, each with a step, two notices and an inbox that is read meanwhile")
    for name in options.database or list(PLACES):
        with PLACES[name]() as engine:
            found = timers.measure(engine, options.timers)
        report["databases"].setdefault(name, {})["timers"] = timers.show(name, found)
        broken += timers.judge(name, found)
    return broken


def crews(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Let 1, 2 and 4 workers deliver the same on PostgreSQL, print how fast, and return the promises they break."""
    broken: list[str] = []
    if "postgresql" not in (options.database or PLACES):
        return broken
    print(f"\n{min(options.timers, crew.MOST)} timers handed out through the queue, on {os.cpu_count()} cores")
    print(f"\n{'workers':<10}{'timers/s':>10}{'with notices/s':>16}{'lost':>8}{'doubled':>9}")
    figures = report["databases"].setdefault("postgresql", {}).setdefault("workers", {})
    for workers in crew.CREWS:
        with PLACES["postgresql"]() as engine:
            found = crew.measure(engine, workers, options.timers)
        print(f"{workers:<10}{found.fired:>10.0f}{found.whole:>16.0f}{found.lost:>8}{found.doubled:>9}")
        figures[str(workers)] = asdict(found)
        broken += crew.judge(found)
    return broken


def completions(options: argparse.Namespace, report: dict[str, Any]) -> list[str]:
    """Measure completions on each database, print them, and return the promises that they break."""
    work.stock_in_memory(0, 2)
    report["unit_ms"] = {}
    print("1 = a step of stock SpiffWorkflow in memory, 0 rounds. Both databases wait for the disk at each commit.\n")
    print(f"{'database':<12}{'way':<18}{'rounds':>7}{'ms CPU':>9}{'× stock':>9}{'server ms':>11}{'state':>9}")
    for name in options.database or list(PLACES):
        unit, rows = measure(name, options.runs, ROUNDS)
        report["databases"][name], report["unit_ms"][name] = {}, round(unit, 3)
        print(f"{name:<12}{'stock':<18}{0:>7}{unit:>9.3f}{1:>9.2f}")
        for way, by_rounds in rows.items():
            for rounds, cost in by_rounds.items():
                server = 1000 * cost.server / max(cost.steps, 1)
                multiple = cost.each / unit
                print(
                    f"{name:<12}{way:<18}{rounds:>7}{cost.each:>9.3f}{multiple:>9.2f}{server:>11.3f}{cost.state_bytes:>9}"
                )
                report["databases"][name].setdefault(way, {})[str(rounds)] = {
                    "ms": round(cost.each, 3), "multiple": round(multiple, 2), "state_bytes": cost.state_bytes,
                    "steps": cost.steps,
                }  # fmt: skip
    return judge(report)


def judge(report: dict[str, Any]) -> list[str]:
    """Return the promises that the figures break."""
    broken = []
    first, last = (str(rounds) for rounds in (ROUNDS[0], ROUNDS[-1]))
    for name, ways in report["databases"].items():
        for way in ("stateless", "live cache"):
            multiple = ways[way][first]["multiple"]
            growth = ways[way][last]["ms"] / ways[way][first]["ms"]
            if multiple > AT_MOST:
                broken.append(f"{name}, {way}: {multiple}× stock, at most {AT_MOST}× is promised")
            if growth > GROWTH:
                broken.append(f"{name}, {way}: {growth:.2f}× after {last} rounds, at most {GROWTH}× is promised")
    return broken


if __name__ == "__main__":
    sys.exit(main())
