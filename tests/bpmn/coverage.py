"""Which flows and timers of the processes the tests walk: `python -m tests.bpmn.coverage` prints it, and fails when one
is not walked. Each process's own `test_every_flow_and_every_timer_is_walked` asks the same.
"""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib import import_module
from itertools import product
from typing import Any, Final

from engine.sandbox.flows import Way, flows_of, timers_of, walked_ways
from engine.spiff import Definitions
from tests.bpmn.walk import Walk, read_package

PROCESSES: Final = ("petition", "mediation", "agency", "accusation", "proposal")
#: What each process is called that asks whether everything was walked; it is no path itself.
_QUESTION: Final = "test_every_flow_and_every_timer_is_walked"


def walked(definitions: Definitions, walks: Iterable[Walk]) -> Counter[Way]:
    """The flows and timers that these walks used, and in how many of them."""
    return Counter(way for walk in walks for way in walked_ways(definitions, walk.passed))


def paths(tests: Mapping[str, Any]) -> Iterator[tuple[Callable[..., None], dict[str, Any]]]:
    """The tests of a file with the arguments of each of their cases.

    Args:
        tests: the names of the file, as `globals()` has them.
    """
    for name, test in list(tests.items()):
        if not name.startswith("test_") or name == _QUESTION:
            continue
        marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        rows = [[_named(mark.args[0], row) for row in mark.args[1]] for mark in marks]
        for chosen in product(*rows):
            yield test, {name: value for each in chosen for name, value in each.items()}


def _named(names: str | Collection[str], row: Any) -> dict[str, Any]:
    named = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
    return {named[0]: row} if len(named) == 1 else dict(zip(named, row, strict=True))


def walk_all(tests: Mapping[str, Any], walks: list[Walk]) -> None:
    """Walk every path of a file; `walks` are then those that it took, and no others."""
    walks.clear()
    for path, arguments in paths(tests):
        path(**arguments)


def assert_all_walked(key: str, tests: Mapping[str, Any], walks: list[Walk], ran: Collection[str]) -> None:
    """Fail with the flows and timers of a process that no path of its file uses.

    Args:
        ran: names of what was run before; every path is walked again where not all of them were.
    """
    definitions = read_package(key).definitions
    if len(ran) <= len(list(paths(tests))):
        walk_all(tests, walks)
    missing = (flows_of(definitions) | timers_of(definitions)) - set(walked(definitions, walks))
    assert not missing, "never walked:\n" + "\n".join(sorted(f"{process}: {id}" for process, id in missing))


def report(key: str) -> tuple[list[str], int]:
    """Walk the paths of a process and return a line a page, with what was never walked, and how many those are."""
    file = import_module(f"tests.bpmn.{key}.test_paths")
    walk_all(vars(file), file.WALKS)
    definitions = read_package(key).definitions
    used, flows, timers = walked(definitions, file.WALKS), flows_of(definitions), timers_of(definitions)
    lines = [f"{key}: {len(file.WALKS)} walks, {_share(flows, used)} flows, {_share(timers, used)} timers"]
    for page in definitions.processes:
        own_flows, own_timers = ({way for way in ways if way[0] == page} for ways in (flows, timers))
        rarest = min((used[way] for way in own_flows), default=0)
        lines.append(
            f"  {page:<22} {_share(own_flows, used):>9} flows {_share(own_timers, used):>7} timers, "
            f"the rarest flow in {rarest} walks"
        )
    missing = sorted((flows | timers) - set(used))
    return lines + [f"  never walked: {page}: {id}" for page, id in missing], len(missing)


def _share(ways: set[Way], used: Counter[Way]) -> str:
    return f"{sum(way in used for way in ways)}/{len(ways)}"


def main() -> int:
    """Print the report of every process."""
    missing = 0
    for key in PROCESSES:
        lines, unwalked = report(key)
        sys.stdout.write("\n".join(lines) + "\n")
        missing += unwalked
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
