"""Durable completions against their two limits: stock SpiffWorkflow in memory, and a transaction that only writes."""

from dataclasses import dataclass
from typing import Any, Final

from engine.db import sessions
from tests.bench import work
from tests.bench.bare import bare
from tests.bench.places import BACKENDS, PLACES
from tests.bench.work import Cost, Place

#: What is promised, in multiples of stock in memory.
TIMES_STOCK: Final = 3.0
#: What is promised, in multiples of stock in memory and the bare transaction together.
TIMES_LIMIT: Final = {"stateless": 1.6, "live cache": 1.2}
#: What is promised of a completion after so many finished rounds, in multiples of one with none.
GROWTH: Final = {100: 1.1, 1000: 1.2}
#: How many processes are kept as live objects.
CACHES: Final = {"stateless": 0, "live cache": 512}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured on one database, in milliseconds of CPU a completion, the database's included.

    Args:
        stock: stepping in memory, nothing kept.
        bare: a transaction that writes the same rows and bytes.
        ways: of a whole case, by the way: naive, stateless, with the live objects.
        late: of the tasks behind the loop, by the way and how many rounds were finished before.
    """

    stock: float
    bare: Cost
    ways: dict[str, Cost]
    late: dict[str, dict[int, Cost]]

    @property
    def limit(self) -> float:
        """What no durable engine on this library and this database can be below."""
        return self.stock + self.bare.each


def measure(name: str, runs: int, rounds: tuple[int, ...] = (0, *GROWTH)) -> Figures:
    """Measure every way on one database, and the limits between them, since a machine's speed changes.

    The best counts for each: other programs only ever add.

    Args:
        runs: cases a measurement.
        rounds: how often the loop is gone round before the late tasks are measured.
    """
    with PLACES[name]() as engine:
        pids = BACKENDS[name](engine)
        place = Place(engine, sessions(engine), lambda: pids)
        for cache in CACHES.values():  # statements are prepared and pages cached, as after a minute of service
            work.ours(place, 6, cache=cache)
        ways: dict[str, list[Cost]] = {way: [] for way in (*CACHES, "naive", "bare", "stock")}
        for turn in range(4):
            for way, cache in CACHES.items():
                ways[way].append(work.ours(place, runs, cache=cache))
            ways["bare"].append(bare(place, runs))
            ways["stock"].append(work.stock_in_memory(0, runs))
            if not turn:
                ways["naive"].append(work.naive(place, 0, max(1, runs // 3)))
        late = {way: {count: _late(place, count, runs, cache) for count in rounds} for way, cache in CACHES.items()}
    best = {way: min(costs, key=lambda cost: cost.each) for way, costs in ways.items()}
    return Figures(stock=best.pop("stock").each, bare=best.pop("bare"), ways=best, late=late)


def _late(place: Place, rounds: int, runs: int, cache: int) -> Cost:
    times = max(2, runs // (1 + rounds // 20))
    return min((work.late(place, rounds, times, cache=cache) for _ in range(3)), key=lambda cost: cost.each)


def show(name: str, found: Figures) -> dict[str, Any]:
    """Print what was measured on a database, and return it for the report."""

    def line(way: str, cost: Cost, note: str = "") -> None:
        server = 1000 * cost.server / max(cost.steps, 1)
        print(
            f"{name:<12}{way:<26}{cost.each:>8.3f}{server:>9.3f}{cost.each / found.stock:>9.2f}"
            f"{cost.each / found.limit:>9.2f}{cost.state_bytes or '':>8}{note}"
        )

    print(f"{name:<12}{'S: stock in memory':<26}{found.stock:>8.3f}{0:>9.3f}{1:>9.2f}")
    line("T: the same rows, bare", found.bare)
    for way, cost in found.ways.items():
        line(way, cost)
    for way, by_rounds in found.late.items():
        first = next(iter(by_rounds.values()))
        for rounds, cost in by_rounds.items():
            line(f"{way}, {rounds} rounds", cost, f"   × {cost.each / first.each:.2f} of the first round")
    return {
        "stock_ms": round(found.stock, 3),
        "bare_ms": round(found.bare.each, 3),
        "ways": {
            way: {"ms": round(cost.each, 3), "of_stock": round(cost.each / found.stock, 2),
                  "of_limit": round(cost.each / found.limit, 2), "state_bytes": cost.state_bytes, "steps": cost.steps}
            for way, cost in found.ways.items()
        },
        "late_ms": {
            way: {str(rounds): round(cost.each, 3) for rounds, cost in by_rounds.items()}
            for way, by_rounds in found.late.items()
        },
    }  # fmt: skip


def judge(name: str, found: Figures) -> list[str]:
    """Return the promises that the figures of a database break."""
    broken = []

    def hold(what: str, value: float, limit: float, of: str) -> None:
        if value > limit:
            broken.append(f"{name}, {what}: {value:.2f} times {of}, at most {limit} times is promised")

    for way, most in TIMES_LIMIT.items():
        hold(way, found.ways[way].each / found.stock, TIMES_STOCK, "stock")
        hold(way, found.ways[way].each / found.limit, most, "stock and the bare transaction")
        first = found.late[way][0].each
        for rounds in set(GROWTH) & set(found.late[way]):
            hold(f"{way}, {rounds} rounds", found.late[way][rounds].each / first, GROWTH[rounds], "the first round")
    return broken
