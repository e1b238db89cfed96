"""Durable completions against their two limits: stock SpiffWorkflow in memory, and a transaction that only writes."""

from dataclasses import dataclass
from statistics import median
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

#: What the two limits are called in the table.
_CALLED: Final = {"stock": "S: stock in memory", "bare": "T: the same rows, bare"}

#: What one turn measured, by way: a case each.
Turn = dict[str, Cost]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured on one database, turn by turn: in each turn every way completes a case, one after the other.

    A machine that others use is fast in one second and slow in the next, by a third and more. What stands in one turn
    was measured within the same half second, so ratios are formed within a turn, and their median counts.

    Args:
        turns: of whole cases, by way: stateless, with the live objects, a transaction that writes the same rows and
            bytes (`bare`), stepping in memory with nothing kept (`stock`).
        naive: what one would build at first.
        late: of the tasks behind the loop, by the way; a turn has how many rounds were finished before.
    """

    turns: list[Turn]
    naive: Cost
    late: dict[str, list[dict[int, Cost]]]

    def of_stock(self, way: str) -> float:
        """How much a way costs in multiples of stock in memory."""
        return median(turn[way].each / turn["stock"].each for turn in self.turns)

    def of_limit(self, way: str) -> float:
        """How much a way costs in multiples of what no durable engine on this library and database can be below."""
        return median(turn[way].each / (turn["stock"].each + turn["bare"].each) for turn in self.turns)

    def cost(self, way: str) -> Cost:
        """The case of a way that stands in the middle."""
        return sorted((turn[way] for turn in self.turns), key=lambda cost: cost.each)[len(self.turns) // 2]

    def growth(self, way: str, rounds: int) -> float:
        """How much a task costs after so many rounds, in multiples of one with none."""
        return median(turn[rounds].each / turn[0].each for turn in self.late[way])


def measure(name: str, runs: int, rounds: tuple[int, ...] = (0, *GROWTH)) -> Figures:
    """Measure every way on one database, and the limits between them.

    Args:
        runs: a quarter of the turns.
        rounds: how often the loop is gone round before the late tasks are measured.
    """
    with PLACES[name]() as engine:
        pids = BACKENDS[name](engine)
        place = Place(engine, sessions(engine), lambda: pids)
        for cache in CACHES.values():  # statements are prepared and pages cached, as after a minute of service
            work.ours(place, 6, cache=cache)
        writing = bare(place)
        turns = []
        for _ in range(4 * runs):
            turn = {way: work.ours(place, 1, cache=cache) for way, cache in CACHES.items()}
            turns.append(turn | {"bare": writing(), "stock": work.stock_in_memory(0, 1)})
        naive = work.naive(place, 0, max(1, runs // 3))
        late = {
            way: [
                {count: work.late(place, count, 1, cache=cache) for count in rounds} for _ in range(max(3, runs // 2))
            ]
            for way, cache in CACHES.items()
        }
    return Figures(turns=turns, naive=naive, late=late)


def show(name: str, found: Figures) -> dict[str, Any]:
    """Print what was measured on a database, and return it for the report."""

    def line(called: str, cost: Cost, of_stock: float | None = None, of_limit: float | None = None) -> None:
        server = 1000 * cost.server / max(cost.steps, 1)
        ratios = "".join(f"{'' if ratio is None else f'{ratio:.2f}':>9}" for ratio in (of_stock, of_limit))
        print(f"{name:<12}{called:<26}{cost.each:>8.3f}{server:>9.3f}{ratios}{cost.state_bytes or '':>8}")

    for way in ("stock", "bare", *CACHES):
        line(_CALLED.get(way, way), found.cost(way), found.of_stock(way), found.of_limit(way))
    line("naive", found.naive, found.naive.each / found.cost("stock").each)
    growth = {way: {rounds: found.growth(way, rounds) for rounds in turns[0]} for way, turns in found.late.items()}
    for way, by_rounds in growth.items():
        for rounds, times in by_rounds.items():
            print(f"{name:<12}{f'{way}, {rounds} rounds':<26}{'':>26}   × {times:.2f} of the first round")
    return {
        "stock_ms": round(found.cost("stock").each, 3),
        "bare_ms": round(found.cost("bare").each, 3),
        "naive_ms": round(found.naive.each, 3),
        "turns": len(found.turns),
        "ways": {
            way: {"ms": round(found.cost(way).each, 3), "of_stock": round(found.of_stock(way), 2),
                  "of_limit": round(found.of_limit(way), 2), "state_bytes": found.cost(way).state_bytes}
            for way in CACHES
        },
        "of_first_round": {
            way: {str(rounds): round(times, 2) for rounds, times in by_rounds.items()}
            for way, by_rounds in growth.items()
        },
    }  # fmt: skip


def judge(name: str, found: Figures) -> list[str]:
    """Return the promises that the figures of a database break."""
    broken = []

    def hold(what: str, value: float, limit: float, of: str) -> None:
        if value > limit:
            broken.append(f"{name}, {what}: {value:.2f} times {of}, at most {limit} times is promised")

    for way, most in TIMES_LIMIT.items():
        hold(way, found.of_stock(way), TIMES_STOCK, "stock")
        hold(way, found.of_limit(way), most, "stock and the bare transaction")
        for rounds in set(GROWTH) & set(found.late[way][0]):
            hold(f"{way}, {rounds} rounds", found.growth(way, rounds), GROWTH[rounds], "the first round")
    return broken
