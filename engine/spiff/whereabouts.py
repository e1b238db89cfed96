"""Where the elements of a version of a diagram are: in a scope, or in the sub-processes in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.spiff.moves import Moves, moved_name
from engine.spiff.remains import Place
from engine.spiff.specs.activities import SubProcess
from engine.spiff.specs.control import BEGIN, FINISH, JOIN
from engine.spiff.specs.gateways import Undo
from engine.spiff.specs.instances import Repeated

#: The way from a scope into it: the names of the sub-processes around an element, outermost first.
Inwards = tuple[str, ...]

_NOWHERE = frozenset({BEGIN, JOIN, FINISH})


@dataclass(kw_only=True, eq=False)
class Whereabouts:
    """Finds elements by the names of their specifications.

    Args:
        spec: the scope that is looked in.
        inner: the specifications of all sub-processes and called processes.
    """

    spec: Any
    inner: Mapping[str, Any] = field(repr=False)

    def find(self, name: str) -> Inwards | None:
        """Return the way to an element; None when it is neither in the scope nor in a sub-process of it."""
        if name in _NOWHERE:
            return None
        return () if name in self.spec.task_specs else self._deeper.get(name)

    def barrier(self, way: Inwards) -> Any | None:
        """Return the first sub-process on a way into which nothing can be put from outside; None when there is none.

        One that runs several times has counted its instances when it began, and one that begins with an event or a
        compensation begins with nothing else.
        """
        scope = self.spec
        for name in way:
            spec = scope.task_specs[name]
            by_event = f"{name}/on" in scope.task_specs
            undoing = any(isinstance(scope.task_specs[source], Undo) for source in spec.sources)
            if type(spec) is not SubProcess or by_event or undoing:
                return spec
            scope = self.inner[spec.spec]
        return None

    def last_of(self, way: Inwards) -> Any:
        """Return the specification of the innermost sub-process of a way."""
        scope = self.spec
        for name in way[:-1]:
            scope = held_by(scope.task_specs[name], self.inner)
        return scope.task_specs[way[-1]]

    @property
    def names(self) -> set[str]:
        """The names of all that is in the scope and in the sub-processes in it."""
        return {*self.spec.task_specs, *self._deeper} - _NOWHERE

    def exit_of(self, names: Collection[str]) -> Any | None:
        """Return the only one of these elements that leads to others than these; None when there is none, or more."""
        specs = [self.spec.task_specs[name] for name in names if name in self.spec.task_specs]
        leaving = [spec for spec in specs if any(target.name not in names for target in spec.targets)]
        return leaving[0] if len(leaving) == 1 else None

    @cached_property
    def _deeper(self) -> dict[str, Inwards]:
        found: dict[str, Inwards] = {}
        stack: list[tuple[Any, Inwards]] = [(self.spec, ())]
        while stack:
            scope, way = stack.pop()
            for name in scope.task_specs:
                if way and name not in _NOWHERE:
                    found.setdefault(name, way)
            for name, spec in scope.task_specs.items():
                # of several instances the wrapper leads inside; a called process is another process
                held = held_by(spec, self.inner) if not name.endswith(" [child]") else None
                if held is not None and held.process_id == self.spec.process_id:
                    stack.append((held, (*way, name)))
        return found


def held_by(spec: Any, inner: Mapping[str, Any]) -> Any | None:
    """Return the specification of the inside of a sub-process or call, or of one of its several instances."""
    if isinstance(spec, Repeated):
        spec = spec._wf_spec.task_specs[spec.each]
    return inner.get(spec.spec) if isinstance(spec, SubProcess) else None


def relocated(
    names: Sequence[str], spec: Any, inner: Mapping[str, Any], moves: Moves
) -> list[tuple[str, str, int | None]] | None:
    """Return the way to an activity in a newer version, where sub-processes were added around it or removed.

    Args:
        names: of the specifications on the way in the older version, from the process down.
        spec: the process in the newer version.

    Returns:
        (process id, name, position of the step in `names`, None for a sub-process that was added); None where the
        newer version does not have the activity, or has it in what runs several times.
    """
    found: list[tuple[str, str, int | None]] = []
    for position, name in enumerate(names):
        if spec is None:
            return None
        process = spec.process_id
        new = moved_name(process, name, moves)
        steps = Whereabouts(spec=spec, inner=inner).find(new)
        if steps is None:
            if position == len(names) - 1:
                return None
            continue
        for step in steps:
            if type(spec.task_specs[step]) is not SubProcess:
                return None
            found.append((process, step, None))
            spec = inner[spec.task_specs[step].spec]
        found.append((process, new, position))
        spec = held_by(spec.task_specs[new], inner)
    return found


def moved_remains(
    remains: Mapping[Place, dict[str, Any]], spec: Any, inner: Mapping[str, Any], moves: Moves
) -> dict[Place, dict[str, Any]]:
    """Return what is kept, at its places in another version of the diagram; what has no place there is forgotten.

    Args:
        spec: the process in the other version.
        inner: the specifications of its sub-processes.
    """
    found = {}
    for place, known in remains.items():
        way = relocated([name for _, name, _ in place], spec, inner, moves)
        if way is not None:
            found[_place(way, place)] = known
    return found


def _place(way: Sequence[tuple[str, str, int | None]], was: Place) -> Place:
    return tuple((process, name, -1 if step is None else was[step][2]) for process, name, step in way)
