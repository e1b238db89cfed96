"""What every specification of the door has in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from engine.spiff.specs.token import Token
from engine.spiff.zeebe import Exchange


@dataclass(frozen=True, kw_only=True)
class About:
    """The author's element behind a specification.

    Args:
        element_id: the author's id.
        process_id: the process it is in, whatever sub-processes lie between.
        kind: its BPMN tag, such as `userTask`.
        name: what the drawing shows.
        settings: its `chuishao:` properties.
    """

    element_id: str
    process_id: str
    kind: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)


class Element(BpmnSpecMixin):
    """A node of a process.

    Attributes:
        about: the author's element; None for what the door has added.
        joins: tokens wait here for others.
        urgent: acts before everything else that is ready.
        shares_scope: a sub-process whose data is that of the process around it.
        conditional: waits for a condition over the data.
        is_start, triggered: it is a start event, and one with a trigger.
        takes, gives: its input and output mapping.
    """

    about: About | None = None
    is_start = False
    triggered = False
    joins = False
    urgent = False
    shares_scope = False
    conditional = False
    takes: tuple[Exchange, ...] = ()
    gives: tuple[Exchange, ...] = ()

    @cached_property
    def targets(self) -> list[Any]:
        """The specifications that follow."""
        return [self._wf_spec.task_specs[name] for name in self._outputs]

    @cached_property
    def sources(self) -> frozenset[str]:
        """The names of the specifications that lead here."""
        return frozenset(self._inputs)

    def choose(self, task: Token) -> list[Any]:
        """Which of the targets get a token when `task` completes."""
        return self.targets

    def _predict(self, *_: Any, **__: Any) -> None:
        """Predict nothing; see Token."""
