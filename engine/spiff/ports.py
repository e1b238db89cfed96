"""What the runtime hands in, and what the door asks of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class ServiceCall:
    """A send or service task that must be carried out now.

    Args:
        element_id: the element, in `process_id`.
        type: `zeebe:taskDefinition type`, such as `notify`.
        headers: `zeebe:taskHeaders`.
        settings: the element's `chuishao:` properties, those of its lane included.
        data: what the task sees; read only.
        task_id: the task, stable when the step is retried from the same snapshot.
    """

    element_id: str
    process_id: str
    type: str
    headers: Mapping[str, str]
    settings: Mapping[str, str]
    data: Mapping[str, Any]
    task_id: str


class Host(Protocol):
    """The runtime, as the door sees it."""

    def now(self) -> datetime:
        """The time, aware."""
        ...

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """FEEL functions beyond the standard's, by name."""
        ...

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the package."""
        ...

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        """Carry out a send or service task; what is returned is merged into the data."""
        ...
