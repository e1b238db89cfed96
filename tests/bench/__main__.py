"""`python -m tests.bench`: print what the engine costs, part by part; `--check` fails when it is too much."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from tests.bench import completion, crew, inbox, limits, migrating, profiling, timers, work
from tests.bench.places import BACKENDS, PLACES
from web.logs import configure_logs
from web.memory import settle

PARTS = ("completion", "limits", "memory", "inbox", "migration", "timers", "workers")


def main() -> int:
    """Measure, print a table and JSON, and judge when asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is broken")
    parser.add_argument("--runs", type=int, default=12, help="instances a measurement")
    parser.add_argument("--database", choices=tuple(PLACES), action="append", help="default: both")
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--profile", action="store_true", help="show where the time of a completion goes")
    parser.add_argument("--timers", type=int, default=100_000, help="timers that are due at once")
    parser.add_argument("--items", type=int, default=inbox.SIZES[-1], help="most open items of an inbox")
    parser.add_argument("--completions", type=int, default=100_000, help="tasks after which memory is looked at")
    options = parser.parse_args()
    configure_logs("WARNING")
    parts = options.part or list(PARTS)
    report: dict[str, Any] = {"databases": {}}
    broken: list[str] = []
    if "completion" in parts:
        broken += completions(options, report)
    if "limits" in parts:
        broken += limited(options, report)
    if "memory" in parts:
        broken += memory(options, report)
    if {"inbox", "timers"} & set(parts):
        settle()  # as every process that serves; what is held against stock is measured as Python comes
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
    print(f"{'database':<12}{'state':>7}{'stock':>10}{'bare':>9}{'start':>9}{'×':>7}{'call':>9}{'request':>9}{'×':>7}")
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
    sizes = [size for size in inbox.SIZES if size <= options.items]
    columns = "".join(f"{size:>11}" for size in sizes)
    print(f"\nfirst page of an inbox, ms CPU, by open items\n\n{'database':<12}{'part':<16}{columns}{'ratio':>9}")
    for name in options.database or list(PLACES):
        with PLACES[name]() as engine:
            faces = inbox.measure(engine, BACKENDS[name], most=options.items)
        for part, said in (("page", "page, median"), ("slow", "page, p95"), ("queries", "queries, median")):
            spent = [getattr(faces[size], part) for size in sizes]
            print(f"{name:<12}{said:<16}" + "".join(f"{ms:>11.1f}" for ms in spent) + f"{spent[-1] / spent[0]:>9.2f}")
        report["databases"].setdefault(name, {})["inbox"] = {
            str(size): {part: round(ms, 1) for part, ms in asdict(face).items()} for size, face in faces.items()
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
    broken: list[str] = []
    work.stock_in_memory(0, 2)
    print("ms CPU a completion, the database server's included. Both databases wait for the disk at each commit.\n")
    print(f"{'database':<12}{'way':<26}{'ms':>8}{'server':>9}{'× S':>9}{'× (S+T)':>9}{'state':>8}")
    for name in options.database or list(PLACES):
        found = completion.measure(name, options.runs)
        report["databases"].setdefault(name, {})["completion"] = completion.show(name, found)
        broken += completion.judge(name, found)
        if options.profile:
            print(profiling.show(name, options.runs))
    return broken


if __name__ == "__main__":
    sys.exit(main())
