"""Where the elements of one version are in another: what is known by its id, what is proposed by its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.definitions import LoadedVersion
from engine.errors import Invalid, Phrase
from engine.spiff import ElementOutline, Moves

#: Kinds of elements at which a case can stand.
_STANDS: Final = frozenset(
    {
        "userTask", "manualTask", "receiveTask", "subProcess", "transaction", "callActivity", "eventBasedGateway",
        "intermediateCatchEvent", "parallelGateway", "inclusiveGateway",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A plan that a person may correct.

    Args:
        moves: {process: {older id: newer id}} for elements whose id changed, as their kind and name tell.
        missing: elements of the older version at which a case can stand, and which have no counterpart.
    """

    moves: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: tuple[ElementOutline, ...] = ()


def propose(old: LoadedVersion, new: LoadedVersion) -> Proposal:
    """Return where elements went. One whose id is in both versions stays; one with another id is known by its name."""
    moves: dict[str, dict[str, str]] = {}
    missing: list[ElementOutline] = []
    for process in old.definitions.processes.values():
        there = new.definitions.processes.get(process.id)
        after = there.elements if there is not None else {}
        added = [element for key, element in after.items() if key not in process.elements]
        for element in process.elements.values():
            if element.id in after:
                continue
            alike = [each for each in added if (each.kind, each.name) == (element.kind, element.name) and each.name]
            if len(alike) == 1:
                moves.setdefault(process.id, {})[element.id] = alike[0].id
            elif element.kind in _STANDS:
                missing.append(element)
    return Proposal(moves=moves, missing=tuple(missing))


def read_moves(moves: Mapping[str, Mapping[str, str]], old: LoadedVersion, new: LoadedVersion) -> Moves:
    """Check a plan's moves and return them as the door takes them.

    Raises:
        Invalid: `migration-plan`: a process or element of it does not exist, two elements go to one, or the plan is no
            object of objects.
    """
    found: dict[tuple[str, str], str] = {}
    for process, element, target in _entries(moves):
        facts = {"process": process, "element": element}
        before, after = old.definitions.processes.get(process), new.definitions.processes.get(process)
        if before is None or after is None:
            raise _wrong(Phrase("there is no process {process} in both versions", process=process))
        if element not in before.elements:
            raise _wrong(Phrase("{process} of the older version has no element {element}", **facts))
        if target not in after.elements:
            raise _wrong(
                Phrase("{process} of the newer version has no element {element}", **facts | {"element": target})
            )
        if (process, target) in {(key[0], value) for key, value in found.items()}:
            raise _wrong(Phrase("two elements of {process} go to {element}", process=process, element=target))
        found[process, element] = target
    return found


def _entries(moves: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    if not isinstance(moves, Mapping):
        raise _wrong(Phrase("it is no object of the form {shape}", shape='{"process": {"older id": "newer id"}}'))
    for process, elements in moves.items():
        if not isinstance(elements, Mapping) or not all(isinstance(value, str) for value in elements.values()):
            shape = '{"older id": "newer id"}'
            raise _wrong(
                Phrase("the entry of {process} is no object of the form {shape}", process=process, shape=shape)
            )
        yield from ((process, element, target) for element, target in elements.items())


def _wrong(reason: Phrase) -> Invalid:
    return Invalid("migration-plan", "The plan cannot be used: {reason}. Nothing was changed.", reason=reason)
