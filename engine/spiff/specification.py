"""A process that can be executed: corrected, built, and tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.errors import Invalid
from engine.spiff.building import Builder
from engine.spiff.environment import Environment
from engine.spiff.execution import Execution
from engine.spiff.failure import StepFailed
from engine.spiff.outline import Definitions
from engine.spiff.ports import ServiceCall
from engine.spiff.rewrites import corrected
from engine.spiff.specs.control import ProcessSpec

#: A process with all it calls has at most this many nodes.
MAX_NODES = 5_000
#: The trial makes at most this many steps.
TRIAL_STEPS = 2_000


@dataclass(frozen=True, kw_only=True)
class Specification:
    """A process and the sub-processes and processes it calls. It never changes, so all cases and threads share it."""

    process_id: str
    process: ProcessSpec = field(repr=False)
    inner: Mapping[str, ProcessSpec] = field(repr=False)


def compile_process(definitions: Definitions, process_id: str) -> Specification:
    """Correct and build a process, and try that it starts.

    Args:
        definitions: the package; called processes are looked for in it.
        process_id: the process.

    Raises:
        Invalid: it does not exist, calls one that does not, or holds something that cannot be executed; the message
            names the element, the reason and the mend.
    """
    built: dict[str, ProcessSpec] = {}
    inner: dict[str, ProcessSpec] = {}
    wanted = [process_id]
    while wanted:
        name = wanted.pop()
        if name in built:
            continue
        if name not in definitions.processes:
            raise Invalid("process-unknown", "there is no process {process} in this package", process=name)
        builder = Builder(definitions, name)
        built[name] = builder.build(corrected(definitions.process_node(name)), name)
        inner.update(builder.inner)
        wanted.extend(sorted(builder.called))
    inner.update(built)
    if sum(len(spec.task_specs) for spec in inner.values()) > MAX_NODES:
        raise Invalid("process-too-large", "{process} and what it calls are too large", process=process_id)
    specification = Specification(process_id=process_id, process=built[process_id], inner=inner)
    _try(specification)
    return specification


class _Trial:
    """A host in which nothing answers: the trial only shows that the process can be started."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def functions(self) -> Mapping[str, Any]:
        return {}

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        return None

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        return None


def _try(specification: Specification) -> None:
    """Start the process with no data. A step that misses its data is no mistake of the diagram; another error is."""
    execution = Execution(specification.process, dict(specification.inner), Environment(_Trial()))
    execution.begin({})
    try:
        execution.advance(TRIAL_STEPS)
    except StepFailed as failure:
        if failure.code in ("step-failed", "calls-too-deep", "too-many-steps"):
            raise Invalid(
                "process-does-not-start",
                "{process} cannot be started: {element}: {reason}",
                process=specification.process_id,
                element=failure.element_id,
                reason=failure.reason,
            ) from failure
